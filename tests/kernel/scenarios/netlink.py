# SPDX-License-Identifier: Apache-2.0
"""The kernel's messages come faster than they are read, and some are lost."""
import signal

import dm
from monitor import happened, raised
from multipath import Map
from scenario import scenario


def flood(stage, monitor) -> None:
    """Uevents that say nothing, until the program's buffer has no room."""
    noise = dm.create("noise", "0 8 zero")
    before = monitor.uevents_lost()
    with open(noise.sysfs + "/uevent", "wb", buffering=0) as file:
        for count in range(400000):
            file.write(b"change")
            if count % 500 == 0 and monitor.uevents_lost() > before:
                stage.say(f"uevents are lost after {count}")
                return
    raise AssertionError("the buffer takes everything")


@scenario
def overrun(stage):
    """While the program is stopped its buffer overflows, and then a path fails, whose uevent is lost: the loss is
    said, and the failure is found by reading everything again."""
    map = Map(stage)
    monitor = stage.monitor(ignore=("device.added", "device.table_changed"))
    monitor.process.send_signal(signal.SIGSTOP)
    flood(stage, monitor)
    map.fail(1)
    assert map.device.status().count(" F ") == 1
    monitor.process.send_signal(signal.SIGCONT)
    monitor.expect(happened("monitor.overrun", severity="warning"), within=60)
    monitor.expect(raised("multipath.path_failed", device="map", part=map.paths[1].number, inferred=True), within=30)
    map.reinstate(1)
    monitor.expect(map.reinstated(1, 4), within=30)
    map.fail(0)
    monitor.expect(map.failed(0, 3))


@scenario
def path_flood(stage):
    """A path fails and returns faster than anybody reads, while the program is stopped: every uevent that was kept
    is one event, in the kernel's order, and the end is what holds."""
    map = Map(stage)
    monitor = stage.monitor()
    monitor.process.send_signal(signal.SIGSTOP)
    for _ in range(100):
        map.fail(0)
        map.reinstate(0)
    map.fail(0)
    monitor.process.send_signal(signal.SIGCONT)
    number = 1
    for _ in range(100):
        monitor.expect(map.failed(0, 3, uevent={"dm_seqnum": number}),
                       map.reinstated(0, 4, uevent={"dm_seqnum": number + 1}), within=20)
        number += 2
    monitor.expect(map.failed(0, 3, uevent={"dm_seqnum": number}))
