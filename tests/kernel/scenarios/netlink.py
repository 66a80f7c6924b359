# SPDX-License-Identifier: Apache-2.0
"""The kernel's messages come faster than they are read, and some are lost."""
import signal

import dm
from monitor import happened, raised
from multipath import Map
from scenario import scenario


def sent() -> int:
    """The number of the last uevent that the kernel sent."""
    return int(open("/sys/kernel/uevent_seqnum").read())


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
    """While the program is stopped its buffer overflows, and then paths fail, whose uevents are lost: the loss is said,
    and each failure is found by reading everything again."""
    maps = [Map(stage, name=f"map{number}") for number in range(5)]
    monitor = stage.monitor(ignore=("device.added", "device.table_changed"))
    first, before = sent(), monitor.uevents_lost()
    monitor.process.send_signal(signal.SIGSTOP)
    flood(stage, monitor)
    failures = [(map, path) for map in maps for path in (1, 3)]
    for map, path in failures:
        map.fail(path)
    assert all(map.device.status().count(" F ") == 2 for map in maps)
    all_sent, lost = sent() - first, monitor.uevents_lost() - before
    monitor.process.send_signal(signal.SIGCONT)
    monitor.expect(happened("monitor.overrun", severity="warning"), within=60)
    found = monitor.any_order(*(raised("multipath.path_failed", device=map.name, part=map.paths[path].number, inferred=True)
                                for map, path in failures), within=30)
    stage.report(f"{all_sent} uevents sent, {all_sent - lost} received, {lost} lost; of {len(failures)} state changes that "
                 f"these told {len(found)} recovered, {len(failures) - len(found)} lost")
    maps[0].reinstate(1)
    monitor.expect(maps[0].reinstated(1, 3), within=30)
    maps[0].fail(0)
    monitor.expect(maps[0].failed(0, 2))


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
