# SPDX-License-Identifier: Apache-2.0
"""A mirror's failed write is held until somebody acts: how long? And how long is an array without its second leg? Takes
4 minutes of a guest."""
import time

import dm
from figures import Goal
from lvm2 import Lvm
from lvm_peers import Watched
from peers import settle

GROUP = "Held mirror write"
WHO = ("dmevent_tool", "dmeventd")


def held(watched: Watched, lvm: Lvm) -> float:
    """Milliseconds from a leg's failure, at which a write begins, to the end of that write."""
    mirror = lvm.mirror(16)
    settle(watched.peer)
    lvm.pvs[1].fail()
    began = time.monotonic()
    assert dm.Writer(mirror, 0, 4096).wait(60) == 0
    took = (time.monotonic() - began) * 1000
    dm.until(lambda: "mirror" not in mirror.table(), "the repaired volume", 30)
    return took


def replaced(watched: Watched, lvm: Lvm) -> float:
    """Milliseconds from a leg's failure to an array that is in sync on another."""
    array = lvm.raid1(16)
    settle(watched.peer)
    lvm.pvs[1].fail()
    began = time.monotonic()
    dm.write(array, 0, 1 << 16)
    array.wait_status("AD")
    array.wait_status("AA", "idle", seconds=60)
    return (time.monotonic() - began) * 1000


def once(bench, who: str, work, pvs: int) -> float:
    """In a volume group of its own."""
    stage = bench.stage(f"mirror-{work.__name__}-{who}")
    try:
        lvm = Lvm(stage, *[20] * pvs)
        watched = Watched(bench, lvm, who)
        stage.undo.append(watched.stop)
        took = work(watched, lvm)
        settle(watched.peer)
        bench.say(f"  {who}: {work.__name__} {took:.0f} ms")
        return took
    finally:
        stage.close()


def measure(bench) -> None:
    for work, pvs, rounds, what in ((held, 2, 2, "leg failure to the writer going on"),
                                    (replaced, 3, 1, "raid1 leg failure to in sync again")):
        found = {who: [] for who in WHO}
        for _ in range(1 if bench.quick else rounds * bench.rounds):
            for who in WHO:
                found[who].append(once(bench, who, work, pvs))
        bench.figure(GROUP, what, "ms", found, [Goal(1, "dmeventd")])
