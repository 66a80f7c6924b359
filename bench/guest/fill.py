# SPDX-License-Identifier: Apache-2.0
"""The pool fill race: a writer with a constant pace fills a thin pool of LVM's, which must grow before it is full. How
fast may the writer be? Takes 8 minutes of a guest."""
import json
import os
import time

import dm
from figures import Goal
from lvm2 import Lvm
from lvm_peers import KernelLog, Watched
from peers import settle

GROUP = "Pool fill race"
MIB = 1 << 20
BLOCK = 64 << 10
POOL, ROOM = 32, 200  # MiB: of the pool at first, and of the group
BEGIN, END = 19, 40  # MiB that are written: before the race, and in all
STEP = 1.2
LADDER = [2.0 * STEP ** rung for rung in range(24)]  # MiB/s
WHO = ("dmevent_tool", "dmeventd")


class Writer:
    """Fresh blocks at RATE MiB/s, in a process of its own. What could not be written in time is written as soon as it
    can be."""

    def __init__(self, device, rate: float, begin: int, end: int):
        self.answer, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.write(answer, json.dumps(self._write(device.node, rate, begin * MIB, end * MIB)).encode())
            finally:
                os._exit(0)
        os.close(answer)

    @staticmethod
    def _write(node: str, rate: float, begin: int, end: int) -> list[float]:
        fd, block = os.open(node, os.O_WRONLY | os.O_DIRECT), dm._buffer(BLOCK, 0x5A)
        start, longest = time.monotonic(), 0.0
        for at in range(begin, end, BLOCK):
            early = start + (at - begin) / MIB / rate - time.monotonic()
            if early > 0:
                time.sleep(early)
            before = time.monotonic()
            os.pwrite(fd, block, at)
            longest = max(longest, time.monotonic() - before)
        return [(end - begin) / MIB / (time.monotonic() - start), longest]

    def wait(self) -> tuple[float, float]:
        """The pace that it had over all, and its longest write, in seconds."""
        pace, longest = json.loads(os.read(self.answer, 1000))
        os.close(self.answer)
        os.waitpid(self.pid, 0)
        return pace, longest


class Race:
    """One pool after another in one volume group. MARK: whether LVM has set the kernel's mark by the threshold when it
    made the pool, so that there is an event; else it must be found out."""

    def __init__(self, bench, mark: bool):
        self.bench, self.mark = bench, mark
        self.stage = bench.stage(f"fill-{'mark' if mark else 'no-mark'}")
        self.lvm = Lvm(self.stage, ROOM)
        self.delays = {who: [] for who in WHO}
        self.extensions = {who: [] for who in WHO}

    def run(self, who: str, rate: float) -> bool:
        """Whether the pool was never full."""
        watched = Watched(self.bench, self.lvm, who)
        try:
            if not self.mark:
                watched.configure(**{"activation/thin_pool_autoextend_threshold": 100})
            self.lvm.run("lvcreate", "-Wn", "-Zn", "-c", "64k", "-L", f"{POOL}m", "--poolmetadatasize", "2m",
                         "--poolmetadataspare", "n", "-V", f"{END}m", "-n", "thin", "--thinpool", "pool", "vg")
            watched.configure()
            pool, thin = self.lvm.device("pool-tpool"), self.lvm.device("thin")
            dm.write(thin, 0, BEGIN * MIB)
            settle(watched.peer)
            log = KernelLog()
            pace, longest = Writer(thin, rate, BEGIN, END).wait()
            settle(watched.peer)
            return self.judge(who, rate, pace, longest, log, pool)
        finally:
            watched.stop()
            self.lvm.configure({})
            self.lvm.run("lvremove", "-ff", "vg/pool")

    def judge(self, who, rate, pace, longest, log, pool) -> bool:
        full = log.times("switching pool to out-of-data-space")
        events, grown = log.times("reached low water mark for data"), log.times("growing the data device")
        log.close()
        self.bench.say(f"  {who} {rate:.1f} MiB/s: {'FULL' if full else 'never full'}, pace {pace:.1f}, longest write "
                       f"{longest:.3f} s, {len(grown)} extensions to {pool.status().split()[2]}")
        self.extensions[who].append(len(grown))
        if events and grown:
            self.delays[who].append((grown[0] - events[0]) * 1000)
        return not full

    def fastest(self, who: str):
        """A bisection, as a generator that stops after each race; its value is the highest pace that was survived."""
        low, high = -1, len(LADDER)
        while high - low > 1:
            middle = (low + high) // 2
            if self.run(who, LADDER[middle]):
                low = middle
            else:
                high = middle
            yield
        return LADDER[low] if low >= 0 else 0.0

    def round(self) -> dict[str, float]:
        """Theirs and ours in turn."""
        found, going = {}, {who: self.fastest(who) for who in WHO}
        while going:
            for who, bisection in list(going.items()):
                try:
                    next(bisection)
                except StopIteration as end:
                    found[who] = end.value
                    del going[who]
        return found


def measure(bench) -> None:
    race = Race(bench, mark=True)
    try:
        rounds = [race.round() for _ in range(bench.rounds)]
        bench.figure(GROUP, "fastest writer that never fills the pool", "MiB/s",
                     {who: [one[who] for one in rounds] for who in WHO}, [Goal(1, "dmeventd")], lower=False)
        bench.figure(GROUP, "low water event to the grown pool", "ms", race.delays, [Goal(1, "dmeventd")])
    finally:
        race.stage.close()
