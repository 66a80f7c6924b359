# SPDX-License-Identifier: Apache-2.0
"""The disk under the program itself does not answer, and nothing of it is cached: a pool that overflows is told, and
what a rule says is done, at once."""
import os
import time

import dm
from monitor import raised
from root import FileSystem, Root, waiting
from rules import finished, rules
from scenario import scenario
from thin import BLOCK, GAUGES, Pool, RELOAD

ACTIONS = ("action.finished", "device.*", "thin.low_water", *GAUGES)


class Flags:
    """Files on tmpfs whose making is the proof that a program ran, and when."""

    def __init__(self, stage, *names: str):
        self.stage, self.paths = stage, {name: f"/run/{stage.name}-{name}" for name in names}
        stage.undo.append(self.remove)

    def __getitem__(self, name: str) -> str:
        return self.paths[name]

    def await_all(self, since: float, seconds: float, *names: str) -> None:
        """Each, or those of NAMES, is there; how long after SINCE it was made is written down."""
        try:
            for name in names or self.paths:
                path = self.paths[name]
                dm.until(lambda: os.path.exists(path), f"the {name} program's file", seconds)
                self.stage.report(f"{name}: {(os.stat(path).st_mtime - since) * 1000:.0f} ms after the write")
        except AssertionError:
            self.stage.say(waiting())
            raise

    def remove(self) -> None:
        for path in self.paths.values():
            if os.path.exists(path):
                os.unlink(path)


def overflow(stage, pool: Pool, monitor) -> float:
    """The pool is full; the time of the write that did it."""
    began = time.time()
    dm.fails(dm.write, pool.volumes[0], 120 * BLOCK, 20 * BLOCK)
    try:
        monitor.expect(raised("thin.overflow", device="pool", severity="critical"), within=5)
    except AssertionError:
        stage.say(waiting())
        raise
    stage.report(f"event: seen {(time.time() - began) * 1000:.0f} ms after the write")
    return began


@scenario
def var_does_not_answer(stage):
    """/var, where the recording and the history are: the event comes and the action starts; when the disk is back
    everything is there."""
    pool = Pool(stage)
    dm.write(pool.volume(), 0, 120 * BLOCK)
    var = FileSystem(stage, "var", 32, "/var")
    os.makedirs("/var/lib/dmevent_tool", 0o700)  # where the history goes by itself
    flags = Flags(stage, "static")
    config = rules({"on": "thin.overflow", "do": {"exec": ["/bin/busybox", "touch", flags["static"]]}})
    monitor = stage.monitor(ignore=ACTIONS + RELOAD, config=config, recording="/var/record.jsonl", replay=False)
    var.stop_answering()
    began = overflow(stage, pool, monitor)
    flags.await_all(began, 5)
    monitor.nothing_else()
    var.answer()
    monitor.stop(within=5)
    record = open("/var/record.jsonl").read()
    assert "out_of_data_space" in record and '"baseline_done"' in record


@scenario
def root_does_not_answer(stage):
    """The file system that holds the program, its plugins and the programs that rules name: the event comes, and a
    static program starts. The dynamic loader looks for /etc/ld.so.preload, which is not there and so cannot be kept: a
    dynamic program may wait for the disk, and runs when that is back."""
    root = Root(stage, os.environ["DMEVENT_TOOL_INSTALLED"], ["/bin/busybox", "/bin/touch"])
    pool = Pool(stage)
    dm.write(pool.volume(), 0, 120 * BLOCK)
    flags = Flags(stage, "static", "dynamic")
    config = rules({"name": "static", "on": "thin.overflow", "do": {"exec": ["/bin/busybox", "touch", flags["static"]]}},
                   {"name": "dynamic", "on": "thin.overflow", "do": {"exec": ["/bin/touch", flags["dynamic"]]}})
    monitor = stage.monitor(ignore=ACTIONS + RELOAD, config=config, root=root, replay=False,
                            recording=f"/run/{stage.name}.record")
    root.stop_answering()
    began = overflow(stage, pool, monitor)
    flags.await_all(began, 5, "static")
    monitor.nothing_else()
    root.answer()
    flags.await_all(began, 10, "dynamic")
    monitor.stop(within=5)
