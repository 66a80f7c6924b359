# SPDX-License-Identifier: Apache-2.0
"""An lvm that was started before there is a command for it: whether it is there when it should be, runs the command of
a hook, does without what is not so any longer, and is in nobody's way."""
import os
import re
import signal

import dm
from lvm2 import Lvm
from lvm_rules import DATA, LIMITS, MIB, MIRROR, ONLY_ACTIONS, POOL, blocks
from rules import failed, finished, has, rules
from scenario import scenario

SCRIPT = b"lvm\0/proc/self/fd/0\0"


def waiting() -> list[int]:
    """Processes of such an lvm that wait for a line."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/wchan") as place:
                if SCRIPT in line.read() and "pipe" in place.read():
                    found.append(int(pid))
        except OSError:  # it is gone
            continue
    return found


def wait_for_one(other_than: int = 0) -> int:
    """One that has waited for a while, since its first lines let it wait as well."""
    seen = {"pid": 0, "looks": 0}

    def look() -> bool:
        pids = waiting()
        pid = pids[0] if len(pids) == 1 and pids[0] != other_than else 0
        seen["looks"] = seen["looks"] + 1 if pid and pid == seen["pid"] else 0
        seen["pid"] = pid
        return seen["looks"] >= 50
    dm.until(look, "an lvm that waits", 60)
    return seen["pid"]


def runs(monitor) -> list[int]:
    """Which process each program was, at last."""
    with open(monitor.stem + ".stderr", errors="replace") as file:
        last = dict(re.findall(r"job ([0-9a-z-]+): process (\d+) is the program's", file.read()))
    return [int(pid) for pid in last.values()]


def until_result(monitor, want) -> None:
    """Other results may come before it: the kernel's mark is at the limit, LVM acts above it, and tries go on."""
    while not want.accepts(monitor._next(want, 30)):
        pass


def is_in_nobodys_way(pid: int) -> None:
    """It holds no device, no lock, and no memory that cannot be taken away."""
    files = {os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd")}
    assert files == {"pipe"}, files
    with open("/proc/locks") as locks:
        assert not any(line.split()[4] == str(pid) for line in locks)
    with open(f"/proc/{pid}/status") as status:
        facts = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    assert facts["VmLck"].split()[0] == "0" and int(facts["VmRSS"].split()[0]) < 16 << 10, facts


@scenario
def it_extends_a_pool(stage):
    """It is there once a pool is near its limit and not before, extends it, and is followed by another. One that is
    killed, and one that has waited while lvm.conf was changed, do no harm."""
    lvm = Lvm(stage, 100)
    pool, thin = lvm.thin_pool(16)
    monitor = stage.monitor("-a", "--debug", ignore=ONLY_ACTIONS, config=rules(DATA, thresholds=LIMITS))
    dm.write(thin, 0, 2 * MIB)
    monitor.nothing_else(3)
    assert not waiting(), "there is one though nothing is near a limit"
    dm.write(thin, 0, 10 * MIB)
    first = wait_for_one()
    is_in_nobodys_way(first)

    dm.write(thin, 0, 12 * MIB)
    until_result(monitor, finished(POOL, action="thin.extend", exit_status=0))
    assert blocks(pool, 1)[1] == 320 and runs(monitor) == [first], (runs(monitor), first)

    second = wait_for_one(first)
    os.kill(second, signal.SIGKILL)
    dm.write(thin, 0, 15 * MIB)
    until_result(monitor, finished(POOL, action="thin.extend", exit_status=0))
    assert blocks(pool, 1)[1] == 384 and second not in runs(monitor)[1:], (runs(monitor), second)

    third = wait_for_one(second)
    lvm.configure({"devices/global_filter": ["r|.*|"]})
    dm.write(thin, 0, 18 * MIB)
    until_result(monitor, failed(POOL, action="thin.extend", exit_status=5, output=has('Volume group "vg" not found')))
    assert runs(monitor)[2:] == [third], (runs(monitor), third)
    lvm.configure({})
    until_result(monitor, finished(POOL, action="thin.extend", exit_status=0))
    assert blocks(pool, 1)[1] > 384
    monitor.stop()
    dm.until(lambda: not waiting(), "the end of the last one")


@scenario
def it_repairs_a_mirror(stage):
    """While a mirror is watched that holds its writes; unless it is told not to."""
    for allowed in (True, False):
        lvm = Lvm(stage, 20, 20)
        mirror = lvm.mirror(16)
        config = rules({"on": "mirror.leg_failed", "do": "mirror.repair"}, limits={"waiting_lvm": allowed})
        monitor = stage.monitor("-a", "--debug", ignore=ONLY_ACTIONS, config=config)
        one = wait_for_one() if allowed else 0
        if not allowed:
            monitor.nothing_else(3)
            assert not waiting()
        lvm.pvs[1].fail()
        writer = dm.Writer(mirror, 0, 4096)
        assert writer.wait(60) == 0
        monitor.expect(finished(MIRROR, action="mirror.repair", exit_status=0), within=30)
        assert (runs(monitor) == [one]) == allowed, (runs(monitor), one)
        monitor.stop()
        stage.clear()
