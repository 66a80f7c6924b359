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

KEPT = 2
SCRIPT = b"lvm\0/proc/self/fd/0\0"


def waiting() -> list[int]:
    """Processes of such an lvm that wait for a line, the oldest first."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/wchan") as place:
                if SCRIPT in line.read() and "pipe" in place.read():
                    found.append(int(pid))
        except OSError:  # it is gone
            continue
    return sorted(found)


def wait_for_all(without: int = 0) -> list[int]:
    """As many as are kept have waited for a while, since their first lines let them wait as well."""
    seen = {"pids": [], "looks": 0}

    def look() -> bool:
        pids = waiting()
        good = len(pids) == KEPT and without not in pids
        seen["looks"] = seen["looks"] + 1 if good and pids == seen["pids"] else 0
        seen["pids"] = pids
        return seen["looks"] >= 50
    dm.until(look, "lvms that wait", 60)
    return seen["pids"]


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
    """It is there once a pool is new, or near its limit, extends it, and is followed by another. One that is killed, and
    one that has waited while lvm.conf was changed, do no harm."""
    lvm = Lvm(stage, 100)
    assert not waiting()
    pool, thin = lvm.thin_pool(16)
    monitor = stage.monitor("-a", "--debug", ignore=ONLY_ACTIONS, config=rules(DATA, thresholds=LIMITS))
    dm.write(thin, 0, 10 * MIB)
    first = wait_for_all()
    for pid in first:
        is_in_nobodys_way(pid)

    dm.write(thin, 0, 12 * MIB)
    until_result(monitor, finished(POOL, action="thin.extend", exit_status=0))
    assert blocks(pool, 1)[1] == 320 and runs(monitor) == first[:1], (runs(monitor), first)

    second = wait_for_all(without=first[0])
    os.kill(second[0], signal.SIGKILL)
    dm.write(thin, 0, 15 * MIB)
    until_result(monitor, finished(POOL, action="thin.extend", exit_status=0))
    assert blocks(pool, 1)[1] == 384 and len(runs(monitor)) == 2, runs(monitor)
    assert not set(second) & set(runs(monitor)[1:]), "what was killed did it, or what was not asked"

    third = wait_for_all(without=second[0])
    lvm.configure({"devices/global_filter": ["r|.*|"]})
    dm.write(thin, 0, 18 * MIB)
    until_result(monitor, failed(POOL, action="thin.extend", exit_status=5, output=has('Volume group "vg" not found')))
    assert runs(monitor)[2:3] == third[:1], (runs(monitor), third)
    lvm.configure({})
    until_result(monitor, finished(POOL, action="thin.extend", exit_status=0))
    assert blocks(pool, 1)[1] > 384
    monitor.stop()
    dm.until(lambda: not waiting(), "the end of the last ones")


@scenario
def it_repairs_a_mirror(stage):
    """While a mirror is watched that holds its writes; unless it is told not to."""
    for allowed in (True, False):
        lvm = Lvm(stage, 20, 20)
        mirror = lvm.mirror(16)
        config = rules({"on": "mirror.leg_failed", "do": "mirror.repair"}, limits={"waiting_lvm": allowed})
        monitor = stage.monitor("-a", "--debug", ignore=ONLY_ACTIONS, config=config)
        first = wait_for_all()[:1] if allowed else []
        if not allowed:
            monitor.nothing_else(3)
            assert not waiting()
        lvm.pvs[1].fail()
        writer = dm.Writer(mirror, 0, 4096)
        assert writer.wait(60) == 0
        monitor.expect(finished(MIRROR, action="mirror.repair", exit_status=0), within=30)
        assert (runs(monitor) == first) == allowed, (runs(monitor), first)
        monitor.stop()
        stage.clear()
