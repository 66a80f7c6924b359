# SPDX-License-Identifier: Apache-2.0
"""What rules do about a map without paths."""
import time

import dm
from monitor import happened
from multipath import Map
from rules import failed, finished, has, rules
from scenario import scenario

QUIET = ("multipath.*", "device.*")
FAIL = {"name": "fail", "on": "multipath.all_paths_failed", "for": "10s", "do": "multipath.fail_if_no_path"}
QUEUE = {"name": "queue", "on": "multipath.recovered", "do": "multipath.queue_if_no_path"}


@scenario
def gives_up_only_if_no_path_comes_back(stage):
    """A queueing map without paths: a path that returns within ten seconds leaves everything as it was; when none
    does, whoever waits gets an error, and with the paths comes the queueing back."""
    map = Map(stage, queueing=True)
    monitor = stage.monitor(ignore=QUIET, config=rules(FAIL, QUEUE))
    for index in range(4):
        map.fail(index)
    began = time.monotonic()
    dm.until(lambda: time.monotonic() - began > 4, "four seconds to pass")
    map.reinstate(2)
    monitor.expect(failed("map", rule="queue", refused=True))  # it queues already
    monitor.nothing_else(8)
    assert "queue_if_no_path" in map.device.table()

    map.fail(2)
    began = time.monotonic()
    reader = dm.Writer(map.device, 0, 4096)
    reader.wait_held()
    monitor.expect(finished("map", rule="fail", action="multipath.fail_if_no_path"), within=20)
    waited = time.monotonic() - began
    assert 9.5 < waited < 14, waited
    assert reader.wait(10) != 0, "the write was told nothing"
    assert "queue_if_no_path" not in map.device.table()
    map.reinstate(0)
    monitor.expect(finished("map", rule="queue", action="multipath.queue_if_no_path"))
    assert "queue_if_no_path" in map.device.table()


@scenario
def hostile_map(stage):
    """The hooks' program finds the map whatever its name."""
    for number, name in enumerate(("-rf", "two words", "$(id)", "back\\slash", "a\\x20b", "{device}", "'\"")):
        map = Map(stage, queueing=True, name=name)
        monitor = stage.monitor(ignore=QUIET, config=rules({**FAIL, "for": "0s"}))
        for index in range(4):
            map.fail(index)
        monitor.expect(finished(name, action="multipath.fail_if_no_path"))
        assert "queue_if_no_path" not in map.device.table()
        monitor.stop()
        map.device.remove()
        for path in map.paths:
            path.remove()
