# SPDX-License-Identifier: Apache-2.0
"""The units from the beginning of a boot to its end, with /var a file system of its own: see lib/at_boot."""
import glob
import os
import shutil
import sqlite3

import dm
from multipath import Map
from rules import finished, rules
from scenario import scenario
from systemd import LAUNCHER, UNIT, Service, systemctl

RULE = {"name": "tell", "on": "multipath.path_failed"}


def times(service, unit: str) -> dict:
    """When it began to start, and when it had, in microseconds of this boot."""
    names = {"began": "InactiveExitTimestampMonotonic", "was": "ActiveEnterTimestampMonotonic"}
    shown = service.show(*names.values(), unit=unit)
    return {key: int(shown[name]) for key, name in names.items()}


def mounted(place: str) -> bool:
    return any(line.split()[4] == place for line in open("/proc/self/mountinfo"))


def remembered(kind: str) -> int:
    """How many events of this type the history has on /var."""
    files = glob.glob("/var/lib/dmevent_tool/*.db")
    if not files:
        return 0
    connection = sqlite3.connect(f"file:{files[0]}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT count(*) FROM history WHERE type = ?", (kind,)).fetchone()[0]
    except sqlite3.Error:
        return 0  # not made yet
    finally:
        connection.close()


class Hold:
    """A unit whose stop waits for `go`: shutdown stays where that is."""

    def __init__(self, name: str, order: str):
        self.flag = f"/run/{name}.go"
        with open(f"/run/systemd/system/{name}.service", "w") as file:
            file.write("[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\n" + order +
                       "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nTimeoutStopSec=infinity\n"
                       f"ExecStop=/bin/sh -c 'while [ ! -e {self.flag} ]; do sleep 0.1; done'\n")
        systemctl("daemon-reload")
        done = systemctl("start", name + ".service")
        assert done.returncode == 0, done.stderr

    def go(self) -> None:
        open(self.flag, "w").close()


@scenario
def first_to_come_and_last_to_go(stage):
    """It is ready before /var is mounted; its history comes to /var once that is there. At shutdown /var is unmounted
    while it goes on: a path that fails then is told, and what a rule says is done. It ends after that, by itself."""
    map = Map(stage)
    config = rules({**RULE, "do": {"exec": ["/bin/echo", "{device}"]}})
    service = Service(stage, config, start=False)
    watcher, launcher, var = (times(service, unit) for unit in (UNIT, LAUNCHER, "var.mount"))
    assert 0 < watcher["was"] <= var["began"], (watcher, var)
    assert 0 < launcher["was"] <= var["began"], (launcher, var)
    assert systemctl("reload", UNIT).returncode == 0
    service.journal.says("rules[tell]")
    map.fail(0)
    service.journal.expect(map.failed(0, 3), finished("map", rule="tell"))
    dm.until(lambda: remembered("multipath.path_failed"), "the failed path in the history", 60)

    # Of shutdown: the unmount, then the watcher's stop, then the end.
    late = Hold("late", f"Before=local-fs-pre.target shutdown.target\nAfter={UNIT} {LAUNCHER}\n")
    Hold("last", "Before=shutdown.target\n")
    pid = service.pid()
    systemctl("poweroff", "--no-block")
    dm.until(lambda: not mounted("/var"), "/var unmounted", 60)
    assert os.path.exists(f"/proc/{pid}"), "the watcher ended before the unmount"
    map.fail(1)
    service.journal.expect(map.failed(1, 2), finished("map", rule="tell"))
    late.go()
    service.journal.says("SIGTERM: ending")
    dm.until(lambda: not os.path.exists(f"/proc/{pid}"), "the watcher's end", 10)
    shown = service.show("Result", "ActiveState")
    assert shown == {"Result": "success", "ActiveState": "inactive"}, shown
