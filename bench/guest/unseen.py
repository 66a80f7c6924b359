# SPDX-License-Identifier: Apache-2.0
"""A threshold that raises no kernel event must be found by looking. How long does that take, and what does looking cost
while nothing happens? Ours and dmeventd watch the same pools at the same time. Takes 5 minutes of a guest."""
import os
import random
import shutil
import time

import dm
import thin
from figures import OURS, Goal
from peers import Dmeventd, Ours
from trace import Trace

GROUP = "Thresholds without an event"
DMEVENTD = "dmeventd"
PROGRAMS = {OURS: "/run/bench-ours", DMEVENTD: "/run/bench-theirs"}
LOG = "/run/bench.log"
SCRIPT = f'#!/bin/sh\nread -r up rest </proc/uptime\necho "$up $0 $1" >>{LOG}\n'
# As dmeventd has them, built in.
RULES = """version: 1
monitor: [thin]
thresholds: {{thin.data_threshold: {{at: 50, step: 5, clear: 45}}}}
rules:
  - {{name: react, on: thin.data_threshold, do: {{exec: [{program}, "{{vg}}/{{lv}}"]}}, cooldown: 0s,
     max_runs: 100000 per 1s}}
"""
PACE = 0.01  # of a pool, each second
STARTED_EARLY = 0.1  # seconds
STEPS = range(50, 100, 5)
CROWD, SMALL = 10, 128  # pools that stand still, and their blocks


class Both:
    """The two, on the same pools."""

    def __init__(self, bench, pools):
        self.ours = Ours(bench, rules=RULES.format(program=PROGRAMS[OURS]))
        self.theirs = Dmeventd(bench, PROGRAMS[DMEVENTD])
        self.theirs.register(*(pool.device for pool in pools))

    def cpu(self) -> dict[str, float]:
        return {OURS: self.ours.group.cpu(), DMEVENTD: self.theirs.group.cpu()}

    def stop(self) -> None:
        self.ours.stop()
        self.theirs.stop()


def made(stage, number: int, blocks: int) -> tuple[thin.Pool, dm.Device]:
    """A pool without a mark, and its volume."""
    pool = thin.Pool(stage, blocks=blocks, mark=0, name=f"vg{number}-pool-tpool", uuid=f"LVM-{number:064}-tpool",
                     meta_mib=0.5)
    pool.device.message("create_thin 0")
    return pool, dm.create(f"volume{number}", f"0 {blocks * 128} thin {pool.device.number} 0")


def crossings(volume, blocks: int) -> dict[int, float]:
    """Fills from 47 % to 99 % at PACE; when each step was passed."""
    found, first = {}, blocks * 47 // 100
    start = time.monotonic()
    for block in range(first, blocks * 99 // 100):
        time.sleep(max(0.0, start + (block - first) / (blocks * PACE) - time.monotonic()))
        thin.fill(volume, block, 1)
        passed = max((step for step in STEPS if (block + 1) * 100 > blocks * step), default=None)
        if passed:
            found.setdefault(passed, time.monotonic())
    return found


def rising(bench, delays: dict[str, list[float]]) -> None:
    """A pool that fills steadily: what begins with a step ends with the next start of each program."""
    stage, blocks = bench.stage("unseen-rising"), 1000
    try:
        pool, volume = made(stage, 0, blocks)
        thin.fill(volume, 0, blocks * 47 // 100)
        for program in PROGRAMS.values():
            shutil.copy("/usr/bin/true", program)
        both = Both(bench, [pool])
        trace = Trace(*PROGRAMS.values())
        steps = crossings(volume, blocks)
        time.sleep(11)
        trace.look()
        for who, program in PROGRAMS.items():
            starts = [at for at, kind, path in trace.marks if kind == "exec" and path == program]
            for step, at in steps.items():
                # One that was quicker than the note of the step: it began before the write had returned.
                begun = [start for start in starts if start > at - STARTED_EARLY]
                assert begun, f"{who} did nothing after {step} % at {at:.3f}: {starts}"
                delays[who].append(1000 * max(0.0, begun[0] - at))
        trace.close()
        both.stop()
    finally:
        stage.close()


def standing(bench, delays: dict[str, list[float]], cpu: dict[str, list[float]]) -> None:
    """Pools just below a step that stand still, and then are written to all at once."""
    stage = bench.stage("unseen-standing")
    try:
        pools, volumes = zip(*(made(stage, number, SMALL) for number in range(CROWD)))
        used = SMALL * 80 // 100 - 1
        for volume in volumes:
            thin.fill(volume, 0, used)
        for program in PROGRAMS.values():
            with open(program, "w", encoding="ascii") as file:
                file.write(SCRIPT)
            os.chmod(program, 0o755)
        both = Both(bench, pools)
        time.sleep(25)  # ours looks less and less often
        before, idle = both.cpu(), 20 if bench.quick else 40
        time.sleep(idle)
        for who, seconds in both.cpu().items():
            cpu[who].append(1000 * (seconds - before[who]) * 60 / idle)
        open(LOG, "w", encoding="ascii").close()
        crossed = {}
        for number, volume in enumerate(volumes):
            time.sleep(random.uniform(0, 2))
            crossed[f"vg{number}/pool"] = time.clock_gettime(time.CLOCK_BOOTTIME)
            thin.fill(volume, used, 5)
        time.sleep(12)
        started = [line.split() for line in open(LOG, encoding="ascii")]
        for who, program in PROGRAMS.items():
            for name, at in crossed.items():
                start = next(float(up) for up, path, of in started if path == program and of == name)
                delays[who].append(1000 * max(0.0, start - at))  # to 10 ms, as the script knows it
        both.stop()
    finally:
        stage.close()


def measure(bench) -> None:
    new = lambda: {who: [] for who in PROGRAMS}
    rise, stand, cpu = new(), new(), new()
    for _ in range(bench.rounds):
        rising(bench, rise)
    bench.figure(GROUP, f"filling by {PACE * 100:g} % a second, step to action", "ms", rise,
                 [Goal(250), Goal(0.1, DMEVENTD)])
    for _ in range(1 if bench.quick else 2):
        standing(bench, stand, cpu)
    bench.figure(GROUP, "written to after having stood still, step to action", "ms", stand, [Goal(1, DMEVENTD)])
    bench.figure(GROUP, f"{CROWD} pools that stand still just below a step, processor a minute", "ms", cpu,
                 [Goal(1, DMEVENTD)])
