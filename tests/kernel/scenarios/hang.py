# SPDX-License-Identifier: Apache-2.0
"""A status call that does not return: a pool whose metadata is on a map that queues without a path. It hangs for the
pool and all its volumes, unkillable, and must not be felt anywhere else."""
import os
import time

import dm
from monitor import happened, raised
from multipath import Map
from scenario import scenario

VOLUMES = 100


class HangingPool:
    """A pool of thins that `hang` makes unresponsive and `release` brings back."""

    def __init__(self, stage, volumes=VOLUMES):
        self.map = Map(stage, queueing=True, name="metadata")
        data = stage.piece("data", 64)
        self.pool = dm.create("pool", f"0 131072 thin-pool {self.map.device.number} {data.number} 128 0 "
                                      "1 skip_block_zeroing")
        self.volumes = []
        for number in range(volumes):
            self.pool.message(f"create_thin {number}")
            self.volumes.append(dm.create(f"thin{number}", f"0 8192 thin {self.pool.number} {number}"))
        dm.write(self.volumes[0], 0, 1 << 16)
        self.writer = None
        stage.undo.append(self.release)  # nothing of the pool could be removed

    def hang(self) -> None:
        for index in range(4):
            self.map.fail(index)
        self.writer = dm.Writer(self.volumes[1], 0, 1 << 16, os.O_DSYNC)  # waits for the commit
        self.writer.wait_held()

    def release(self) -> None:
        self.map.reinstate(0)
        if self.writer:
            self.writer.wait()


@scenario
def hanging_pool(stage):
    """The hang is one event that lists its devices; another device's failure is told within a second; SIGTERM is
    obeyed within two, though a reader is stuck; a successor takes the pidfile and tells the recovery."""
    pool = HangingPool(stage)
    other = Map(stage, name="other")
    pidfile = stage.path("pid")
    monitor = stage.monitor("-a", "-p", pidfile, ignore=("device.table_changed",))
    pool.hang()
    map = pool.map
    monitor.expect(*(map.failed(index, 3 - index) for index in range(4)), map.all_failed())
    event, = monitor.expect(raised("device.unresponsive", severity="critical"), within=40)
    listed = set(event.get("data", {}).get("devices", []))
    assert listed >= {"pool"} | {f"thin{number}" for number in range(VOLUMES)}, listed
    began = time.monotonic()
    other.fail(2)
    monitor.expect(other.failed(2, 3), within=1.0)
    stage.say(f"another device is reported after {time.monotonic() - began:.3f} s")
    monitor.nothing_else()
    began = time.monotonic()
    monitor.stop(within=2.0)
    stage.say(f"ended {time.monotonic() - began:.3f} s after SIGTERM")

    successor = stage.monitor("-a", "-p", pidfile, ignore=("device.table_changed",), replay=False)
    assert open(pidfile).read().strip() == str(successor.process.pid)
    # What held before is initial; the hang is known after its deadline, the rest at once.
    successor.any_order(*(raised("multipath.path_failed", device="metadata", part=path.number, initial=True)
                          for path in map.paths), map.all_failed(initial=True),
                        raised("multipath.path_failed", device="other", part=other.paths[2].number, initial=True),
                        raised("device.unresponsive", severity="critical", initial=lambda value: value in (True, False)),
                        within=40)
    other.reinstate(2)
    successor.expect(other.reinstated(2, 4), within=1.0)
    pool.release()
    # The path, the map and the pool come back on ways of their own.
    successor.any_order(map.reinstated(0, 1), map.recovered(), happened("device.responsive", severity="notice"),
                        within=20)


@scenario
def responsive_again(stage):
    """The same program sees the hang end, and then reads on as before."""
    pool = HangingPool(stage)
    map = pool.map
    monitor = stage.monitor(ignore=("device.table_changed",))
    pool.hang()
    monitor.expect(*(map.failed(index, 3 - index) for index in range(4)), map.all_failed())
    monitor.expect(raised("device.unresponsive"), within=40)
    pool.release()
    monitor.any_order(map.reinstated(0, 1), map.recovered(), happened("device.responsive"), within=20)
    pool.volumes[5].remove()
    monitor.expect(happened("device.removed", device="thin5"))
