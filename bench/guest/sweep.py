# SPDX-License-Identifier: Apache-2.0
"""A look at all devices against a bare loop that asks the kernel for the same statuses."""
import subprocess
import time

from figures import Goal
from latency import Crowd
from peers import Ours, settle

GROUP = "What is added"
POLLED = """version: 1
poll: {interval: 1s, fastest: 1s}
"""
SWEEPS = 10


def bare(bench, what: str, rounds: int) -> float:
    """Processor time of one round, in milliseconds."""
    done = subprocess.run([bench.floor, what, str(rounds)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0]) / 1e6 / rounds


def polled(bench) -> float:
    """Processor time in which all pools are looked at once, in milliseconds: they are each second."""
    ours = Ours(bench, "thin", rules=POLLED)
    try:
        settle(ours)
        began, before = time.monotonic(), ours.group.cpu()
        time.sleep(SWEEPS)
        return (ours.group.cpu() - before) * 1000 / (time.monotonic() - began)
    finally:
        ours.stop()


def measure(bench) -> None:
    crowd = Crowd(bench.stage("sweep"))
    for count in (10, 100, 1000):
        crowd.grow(count)
        found: dict[str, list[float]] = {"dmevent_tool": [], "bare loop": []}
        for _ in range(bench.rounds):
            found["dmevent_tool"].append(polled(bench))
            found["bare loop"].append(bare(bench, "sweep", SWEEPS))
        bench.figure(GROUP, f"CPU of one look at {count} thin pools", "ms", found, [Goal(1.25, "bare loop")])
