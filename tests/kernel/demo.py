# SPDX-License-Identifier: Apache-2.0
"""The demonstration, in the guest: demo.py PROGRAM. Each act is announced, and waits for what the program says."""
import os
import select
import subprocess
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here + "/lib", here + "/scenarios"]
sys.dont_write_bytecode = True

import dm  # noqa: E402
import mirror  # noqa: E402
import multipath  # noqa: E402
import raid  # noqa: E402
import thin  # noqa: E402

MOMENT = 0.7  # what belongs to an act is shown under it
BOLD, PLAIN = "\033[1m", "\033[0m"


class World:
    """What the scenarios' devices want of their stage."""

    def __init__(self):
        self.disk = dm.Disk()
        self.undo = []

    def piece(self, name: str, mib: float) -> dm.Device:
        return self.disk.piece(name, int(mib * dm.MIB))

    def set(self, path: str, value) -> None:
        with open(path, "w") as file:
            file.write(str(value))


class Watcher:
    """The program, whose lines are shown as they come."""

    def __init__(self, program: str):
        self.process = subprocess.Popen([program, "-f", "thin", "raid", "mirror", "multipath"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.shown = b""

    def show(self, *words: str, seconds: float = 30.0) -> None:
        """Until every one of WORDS has been in what it prints, and then what else comes within a moment."""
        wanted, text, end = [word.encode() for word in words], b"", time.monotonic() + seconds
        while not all(word in text for word in wanted):
            more = self._line(end - time.monotonic())
            if not more:
                sys.exit(f"demo: {words} did not come within {seconds:g} s")
            text += more
        while self._line(MOMENT):
            pass

    def _line(self, seconds: float) -> bytes:
        if seconds <= 0 or not select.select([self.process.stdout], [], [], seconds)[0]:
            return b""
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        if not data:
            sys.exit(f"demo: the program ended, status {self.process.wait()}")
        self.shown += data
        sys.stdout.write(data.decode(errors="replace"))
        sys.stdout.flush()
        return data


def act(text: str) -> None:
    print(f"\n{BOLD}==> {text}{PLAIN}", flush=True)


def main(program: str) -> None:
    began = time.monotonic()
    act("making a thin pool, a RAID 1, a mirror and a multipath map of real kernel targets")
    for module in ("dm-thin-pool", "dm-raid", "dm-mirror", "dm-multipath", "dm-service-time", "dm-round-robin",
                   "raid1"):
        dm.modprobe(module)
    world = World()
    pool = thin.Pool(world, features="")
    volume = pool.volume()
    array = raid.Array(world, "raid1", 2)
    mirror.slow(world)
    copies = mirror.Mirror(world, synced=False)
    paths = multipath.Map(world)

    act("dmevent_tool -f thin raid mirror multipath")
    watcher = Watcher(program)
    # It has begun once it reports this; a failed path that returns leaves nothing behind.
    paths.fail(3)
    watcher.show("multipath.path_failed")
    paths.reinstate(3)
    watcher.show("multipath.path_reinstated")

    act("the volume is written to: 100 of the pool's 128 blocks, its low water mark is 32 free")
    thin.fill(volume, 0, 100)
    watcher.show("thin.low_water")
    act("and on, until the pool is full: the kernel makes writers wait")
    writer = dm.Writer(volume, 100 * thin.BLOCK, 60 * thin.BLOCK)
    watcher.show("thin.overflow")
    act("the pool is extended, and the writer goes on")
    pool.extend(256)
    writer.wait()
    watcher.show("thin.recovered", "thin.extended")

    act("a leg of the RAID dies; the next write finds out")
    array.legs[1][1].fail()
    dm.write(array.device, 0, 1 << 18)
    watcher.show("raid.device_failed", "raid.degraded")
    act("the leg is back: the array rebuilds it")
    array.legs[1][1].heal()
    array.revive()
    watcher.show("raid.device_recovered", "raid.optimal")

    if b"mirror.sync_finished" not in watcher.shown:  # on a slow machine it has finished meanwhile
        act("the mirror, which was copying all the time, is let go")
        mirror.fast()
        watcher.show("mirror.sync_finished")

    act("a path of the multipath map fails, by a read that gets an error")
    paths.paths[0].fail()
    paths.paths[1].fail()
    dm.read(paths.device)
    watcher.show("multipath.path_failed")
    act("both paths of the group return")
    for index in (0, 1):
        paths.paths[index].heal()
        paths.reinstate(index)
    watcher.show("multipath.path_reinstated")

    act("SIGTERM")
    watcher.process.terminate()
    print(f"dmevent_tool ended with status {watcher.process.wait(5)}; {time.monotonic() - began:.0f} s in all")


main(sys.argv[1])
