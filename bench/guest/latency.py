# SPDX-License-Identifier: Apache-2.0
"""From the kernel's event to the start of what is to be done about it: a thin pool passes its low water mark."""
import os
import shutil
import subprocess

import dm
import thin
from figures import Goal
from peers import DmsetupWait, Dmeventd, Floor, Ours, settle
from scenario import Stage
from trace import Trace

ACTION = "/run/act"  # in memory, as all of them have it
RULES = f"""version: 1
rules: [{{name: react, on: thin.low_water, do: {{exec: [{ACTION}]}}, cooldown: 0s, max_runs: 1000000 per 1s}}]
"""
GROUP = "Event to action"
BLOCKS, MARK = 128, 32


class Crowd:
    """Pools: one that is filled and emptied again and again, and others that are healthy. They only become more, since
    to remove them takes longest."""

    def __init__(self, stage: Stage):
        self.stage, self.others = stage, []
        self.pool = thin.Pool(stage, blocks=BLOCKS, mark=MARK, uuid="LVM-" + "f" * 64 + "-tpool")
        self.volume = self.pool.volume()
        thin.fill(self.volume, 0, BLOCKS - MARK - 1)
        self.data = stage.piece("others-data", 8)

    def grow(self, count: int) -> None:
        for number in range(len(self.others), count - 1):
            meta = self.stage.piece(f"meta{number}", 0.125)
            table = f"0 16384 thin-pool {meta.number} {self.data.number} 128 0 1 skip_block_zeroing"
            self.others.append(dm.create(f"pool{number}", table, uuid=f"LVM-{number:064}-tpool"))

    def low(self) -> None:
        thin.fill(self.volume, BLOCKS - MARK - 1, 2)

    def high(self) -> None:
        """As it was, and its mark counts again."""
        thin.discard(self.volume, BLOCKS - MARK - 1, 2)
        self.pool.extend(BLOCKS)


def peers(crowd: Crowd, bench) -> dict:
    """How each is started."""
    def dmeventd():
        peer = Dmeventd(bench, ACTION)
        peer.register(*crowd.others, crowd.pool.device)
        return peer
    made = {"dmevent_tool": lambda: Ours(bench, "thin", rules=RULES), "dmeventd": dmeventd,
            "floor": lambda: Floor(bench, crowd.pool.device, ACTION)}
    if len(crowd.others) == 0:
        made["dmsetup wait"] = lambda: DmsetupWait(bench, crowd.pool.device, ACTION)
    return made


def samples(crowd: Crowd, start, trace: Trace, count: int) -> list[float]:
    """COUNT times from event to start, in milliseconds."""
    peer, found = start(), []
    try:
        settle(peer)
        for _ in range(count):
            trace.forget()
            crowd.low()
            pair = trace.until_exec(20)
            assert pair, f"{peer.name} did not react: {trace.marks}"
            found.append((pair[1] - pair[0]) * 1000)
            settle(peer)
            crowd.high()
            settle(peer)
    finally:
        peer.stop()
    return found


def busy(count: int) -> list[subprocess.Popen]:
    return [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) for _ in range(count)]


def measure(bench) -> None:
    shutil.copy(os.path.join(os.path.dirname(bench.floor), "act"), ACTION)
    trace = Trace(ACTION)
    crowd = Crowd(bench.stage("latency"))
    for count in (1, 100, 1000):
        crowd.grow(count)
        for cores in ("idle", "busy"):
            load = busy(os.cpu_count() or 1) if cores == "busy" else []
            found: dict[str, list[float]] = {}
            try:
                for _ in range(bench.rounds):
                    for name, start in peers(crowd, bench).items():
                        found.setdefault(name, []).extend(samples(crowd, start, trace, 5 if bench.quick else 20))
            finally:
                for process in load:
                    process.kill()
                    process.wait()
            goals = [Goal(1, "dmeventd"), Goal(1, "dmeventd", "p99"), Goal(1.5, "floor")]
            bench.figure(GROUP, f"{count} device{'s' if count > 1 else ''}, cores {cores}", "ms", found, goals)
    trace.close()
