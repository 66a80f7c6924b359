# SPDX-License-Identifier: Apache-2.0
"""What a path change costs the programs that are there on every machine with multipath: udevd, which runs its rules for
each, and multipathd, which manages the map and hears of it from both. All at the same time, as they live."""
import os
import subprocess
import time

import daemons
import dm
import multipathd
import peers
from figures import OURS, Goal
from group import Group

CHANGES = 100
UDEVD = "/usr/lib/systemd/systemd-udevd"


class Quiet:
    """No change for a while is the end of it: multipathd looks each second, which is little."""

    @staticmethod
    def wait(groups: dict, seconds: float = 60) -> None:
        subprocess.run(["udevadm", "settle", f"--timeout={seconds:.0f}"], check=False)
        end = time.monotonic() + seconds
        before = {who: group.cpu() for who, group in groups.items()}
        while time.monotonic() < end:
            time.sleep(0.5)
            now = {who: group.cpu() for who, group in groups.items()}
            if all(now[who] - before[who] < 0.05 for who in groups):
                return
            before = now


def sent() -> int:
    with open("/sys/kernel/uevent_seqnum", encoding="ascii") as file:
        return int(file.read())


def measure(bench) -> None:
    disabled = os.environ.pop("DM_DISABLE_UDEV", None)
    stage = bench.stage("storm_udev")
    groups = {"udevd": Group("udevd"), "multipathd": Group("multipathd")}
    udevd = groups["udevd"].popen([UDEVD], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
    dm.until(lambda: os.path.exists("/run/udev/control"), "udevd")
    _, numbers = multipathd.two_paths(stage)
    manager = daemons.Multipathd(stage)
    groups["multipathd"].add(manager.process.pid)
    map = manager.map_over(numbers)
    ours = peers.Ours(bench, "-a")
    groups[OURS] = ours.group
    cpu = {who: [] for who in groups}
    for _ in range(bench.rounds):
        Quiet.wait(groups)
        before, first = {who: group.cpu() for who, group in groups.items()}, sent()
        for _ in range(CHANGES // 2):
            map.message(f"fail_path {numbers[0]}")
            map.message(f"reinstate_path {numbers[0]}")
        Quiet.wait(groups)
        uevents = sent() - first
        for who, group in groups.items():
            cpu[who].append((group.cpu() - before[who]) / CHANGES * 1e6)
        bench.say(f"{CHANGES} path changes, {uevents} uevents")
    bench.figure("storm", "processor time for a path change, all three at once", "us", cpu,
                 [Goal(1, "multipathd"), Goal(1, "udevd")])
    ours.stop()
    stage.close()
    for group in (groups["multipathd"], groups["udevd"]):
        group.close()
    udevd.wait()
    if disabled:
        os.environ["DM_DISABLE_UDEV"] = disabled
