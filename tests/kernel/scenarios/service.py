# SPDX-License-Identifier: Apache-2.0
"""The installed units on a running systemd: the watcher under its hardening, programs by way of the launcher's unit."""
import json
import os
import signal
import subprocess
import time

import dm
from hang import HangingPool
from lvm2 import Lvm
from monitor import raised
from multipath import Map
from rules import finished, has, rules, script
from scenario import scenario
from systemd import LAUNCHER, UNIT, Service, configuration, systemctl

MIB = 1 << 20
TELL = {"on": "multipath.path_failed", "do": {"exec": ["/bin/echo", "{device}"]}}


def cgroup(pid) -> str:
    return open(f"/proc/{pid}/cgroup").read().strip().rpartition("/")[2]


def gone(pid: int) -> bool:
    return not os.path.exists(f"/proc/{pid}")


@scenario
def ready_and_closed(stage):
    """systemd has it as ready when it has read what is there; it may do what it needs and nothing else; events are in
    the journal with their fields."""
    map = Map(stage)
    map.fail(3)
    service = Service(stage, rules())
    shown = service.show("ActiveState", "SubState", "MainPID", "StatusText", "Type", "NRestarts")
    assert (shown["Type"], shown["ActiveState"], shown["SubState"]) == ("notify", "active", "running"), shown
    assert shown["StatusText"], shown
    status = dict(line.split(":\t", 1) for line in open(f"/proc/{shown['MainPID']}/status").read().splitlines())
    admin_and_lock = 1 << 21 | 1 << 14
    assert int(status["CapBnd"], 16) == admin_and_lock, status["CapBnd"]
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    service.journal.expect(raised("multipath.path_failed", device="map", initial=True))
    map.fail(0)
    service.journal.expect(map.failed(0, 2))
    done = subprocess.run(["journalctl", "-o", "json", "DMEVENT_TYPE=multipath.path_failed", "DMEVENT_DEVICE=map"],
                          capture_output=True, text=True, check=True)
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert entries[-1]["_SYSTEMD_UNIT"] == UNIT and entries[-1]["PRIORITY"] == "4", entries[-1]
    assert entries[-1]["DMEVENT_SEVERITY"] == "warning" and entries[-1]["DMEVENT_STATE"] == "raised", entries[-1]
    stage.say(f"locked: {status.get('VmLck')}, resident: {status.get('VmRSS')}")


@scenario
def lvm_by_the_launcher(stage):
    """A pool that fills is extended by the real lvextend, with udev's cookies, though the watcher could not do that
    itself; a unit is started; each program is in the launcher's cgroup, with the rights of root."""
    lvm = Lvm(stage, 60)
    pool, thin = lvm.thin_pool(16)
    unit = "/run/systemd/system/page@.service"
    with open(unit, "w") as file:
        file.write("[Service]\nType=oneshot\nExecStart=/bin/touch /run/paged-%i\n")
    stage.undo.append(lambda: os.unlink(unit))
    systemctl("daemon-reload")
    who = script(stage, "who", "cat /proc/self/cgroup; grep CapEff /proc/self/status\n")
    config = rules({"name": "grow", "on": ["thin.low_water", "thin.data_threshold", "thin.overflow"],
                    "do": [{"thin.extend": {"threshold": 70, "percent": 20}}, {"systemd": "start page@{device}"},
                           {"exec": [who]}]},
                   thresholds={"thin.data_threshold": {"at": 70, "step": 5, "clear": 65}})
    service = Service(stage, config)
    dm.write(thin, 0, 12 * MIB)
    service.journal.expect(finished("vg-pool-tpool", rule="grow", action="thin.extend", exit_status=0), within=60)
    assert pool.status().split()[2] == "192/320", pool.status()
    assert not pool.suspended() and not thin.suspended()
    *_, last = service.journal.expect(finished(action="systemd", exit_status=0), finished(action="exec", exit_status=0))
    output = last["data"]["output"]
    assert f"/{LAUNCHER}" in output, output
    assert os.path.exists("/run/paged-vg\\x2dpool\\x2dtpool"), os.listdir("/run")


@scenario
def killed_and_back(stage):
    """SIGKILL: systemd starts it again. The program that ran goes on in the launcher's cgroup, and its end is told
    by the new one, once; the launcher was not touched."""
    map = Map(stage)
    log, go = f"/run/{stage.name}.log", f"/run/{stage.name}.go"
    slow = script(stage, "slow", f"echo $$ >>{log}\nwhile [ ! -e {go} ]; do sleep 0.2; done\necho done\n")
    stage.undo.append(lambda: [os.unlink(path) for path in (log, go) if os.path.exists(path)])
    service = Service(stage, rules({"name": "slow", "on": "multipath.path_failed", "do": {"exec": [slow]}}))
    map.fail(0)
    dm.until(lambda: os.path.exists(log) and open(log).read(), "the program running")
    program, launcher = int(open(log).read()), service.show("MainPID", unit=LAUNCHER)
    first = service.pid()
    os.kill(first, signal.SIGKILL)
    second = service.restarted()
    assert second != first and cgroup(program) == LAUNCHER, (first, second, cgroup(program))
    open(go, "w").close()
    service.journal.expect(finished("map", rule="slow", output=has("done")))
    assert open(log).read().split() == [str(program)], "it ran more than once"
    assert service.show("MainPID", unit=LAUNCHER) == launcher
    map.fail(1)  # and so the next is asked of it
    service.journal.expect(finished("map", rule="slow"))


@scenario
def hanging_and_back(stage):
    """A watcher that does not move is found by the watchdog, killed and started again."""
    map = Map(stage)
    service = Service(stage, rules(TELL), "WatchdogSec=3s\nTimeoutAbortSec=1s\n")
    began = time.monotonic()
    dm.until(lambda: time.monotonic() - began > 5, "more than the watchdog's time")
    first = service.pid()
    assert service.show("NRestarts")["NRestarts"] == "0"
    os.kill(first, signal.SIGSTOP)
    service.journal.says("Watchdog timeout")
    assert service.restarted() != first
    map.fail(0)
    service.journal.expect(finished("map"))


@scenario
def stopped_while_a_reader_hangs(stage):
    """A reader that no signal reaches delays neither stop nor start; the successor tells of the hang."""
    pool = HangingPool(stage, volumes=3)
    service = Service(stage, rules())
    pool.hang()
    service.journal.expect(raised("device.unresponsive"), within=60)
    for verb in ("restart", "stop"):
        began = time.monotonic()
        assert systemctl(verb, UNIT).returncode == 0
        stage.say(f"{verb}: {time.monotonic() - began:.2f} s")
    assert time.monotonic() - began < 5, "stop took too long"
    shown = service.show("Result", "ActiveState")
    assert shown == {"Result": "success", "ActiveState": "inactive"}, shown
    pool.release()


@scenario
def reloaded(stage):
    """`systemctl reload` fails on a wrong configuration, says why in the journal, and changes nothing; a right one is
    in force when it returns or soon after."""
    map = Map(stage)
    service = Service(stage, rules(TELL))
    pid = service.pid()
    service.configure(rules(TELL).replace("multipath.path_failed", "multipath.path_fialed"))
    assert systemctl("reload", UNIT).returncode != 0
    service.journal.says("did you mean")
    map.fail(0)
    service.journal.expect(finished("map", output=has("map")))
    service.configure(rules({**TELL, "do": {"exec": ["/bin/echo", "changed"]}}))
    assert systemctl("reload", UNIT).returncode == 0
    service.journal.says("rules[rule 0].do")
    map.fail(1)
    service.journal.expect(finished("map", output=has("changed")))
    assert service.pid() == pid


@scenario
def wrong_configuration(stage):
    """It ends with 78 and is not started again, since that would mend nothing."""
    service = Service(stage, "version: 1\nrulez: []\n", start=False)
    assert systemctl("start", UNIT).returncode != 0
    service.journal.says(configuration())
    began = time.monotonic()
    dm.until(lambda: time.monotonic() - began > 3, "the time of some restarts")
    shown = service.show("ActiveState", "Result", "ExecMainStatus", "NRestarts")
    assert shown == {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "78", "NRestarts": "0"}, shown
