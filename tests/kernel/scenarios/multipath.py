# SPDX-License-Identifier: Apache-2.0
"""Maps whose paths are linear pieces (bio-based), in two groups of two."""
import glob
import os

import dm
from monitor import happened, raised
from scenario import scenario

RELOAD = ("device.table_changed",)  # also when the map moves to another group: its number is in the table line
SIZE = 16384  # sectors


class Map:
    def __init__(self, stage, queueing=False, name="map"):
        self.paths = [stage.piece(f"{name}-path{index}", SIZE / dm.MIB) for index in range(4)]
        self.queueing, self.name = queueing, name
        self.device = dm.create(name, self.table(), uuid=f"mpath-{name}")

    def table(self) -> str:
        features = "queue_if_no_path queue_mode bio" if self.queueing else "queue_mode bio"
        a, b, c, d = (path.number for path in self.paths)
        return (f"0 {SIZE} multipath {len(features.split())} {features} 0 2 1 "
                f"service-time 0 2 1 {a} 1 {b} 1 round-robin 0 2 1 {c} 1000 {d} 1000")

    def fail(self, index: int) -> None:
        self.device.message(f"fail_path {self.paths[index].number}")

    def reinstate(self, index: int) -> None:
        self.device.message(f"reinstate_path {self.paths[index].number}")

    def failed(self, index: int, valid: int, **fields):
        return raised("multipath.path_failed", device=self.name, part=self.paths[index].number,
                      data={"path": self.paths[index].number, "valid_paths": valid}, **fields)

    def reinstated(self, index: int, valid: int, **fields):
        return happened("multipath.path_reinstated", device=self.name, part=self.paths[index].number,
                        data={"path": self.paths[index].number, "valid_paths": valid}, **fields)

    def all_failed(self, **fields):
        return raised("multipath.all_paths_failed", device=self.name, severity="critical", **fields)

    def recovered(self):
        return happened("multipath.recovered", device=self.name, severity="notice")


def numbered(seqnum: int) -> dict:
    """A path uevent's own number."""
    return {"uevent": {"action": "change", "dm_seqnum": seqnum}}


@scenario
def by_message(stage):
    """One event for one uevent, with the path, the valid paths and the uevent's number; a path that is failed
    again says nothing."""
    map = Map(stage)
    monitor = stage.monitor()
    map.fail(0)
    monitor.expect(map.failed(0, 3, severity="warning", source="uevent", **numbered(1)))
    map.fail(0)
    monitor.nothing_else()
    map.reinstate(0)
    monitor.expect(map.reinstated(0, 4, severity="notice", source="uevent", **numbered(2)))


def two_or_three(number) -> bool:
    return number in (2, 3)


@scenario
def by_io_errors(stage):
    """Paths that really fail: the map goes on over the next one, and then over the other group."""
    map = Map(stage)
    dm.read(map.device)  # from here on a group is in use, so that leaving it is a switch
    monitor = stage.monitor(ignore=RELOAD)
    for index in (0, 1):
        stage.lose(map.paths[index], monitor=monitor)
    dm.read(map.device)
    # Which of the group's two paths is tried first is the selector's choice; the other one is left with two.
    events = monitor.any_order(map.failed(0, two_or_three), map.failed(1, two_or_three))
    assert events[0]["data"]["valid_paths"] == 3 and events[1]["data"]["valid_paths"] == 2, events
    monitor.expect(happened("multipath.group_switched", device="map", severity="notice"), within=15)


@scenario
def all_at_once(stage):
    """Four paths fail in one burst, whose uevents the kernel sends newest first: the events come in the order of
    what happened, and the map has failed."""
    map = Map(stage)
    monitor = stage.monitor()
    for index in range(4):
        map.fail(index)
    # The map's failure is the last uevent's, or the look's that follows.
    monitor.expect(*(map.failed(index, 3 - index, **numbered(index + 1)) for index in range(4)), map.all_failed())
    for index in range(4):
        map.reinstate(index)
    monitor.any_order(map.reinstated(0, 1), map.recovered(), map.reinstated(1, 2), map.reinstated(2, 3),
                      map.reinstated(3, 4))


@scenario
def all_by_io_errors(stage):
    """The same by a dead fabric: every path is an error target before one request fails on all of them."""
    map = Map(stage)
    monitor = stage.monitor(ignore=(*RELOAD, "multipath.group_switched"))
    stage.lose(*map.paths, monitor=monitor)
    dm.fails(dm.read, map.device)
    dm.until(lambda: map.device.status().count(" F ") == 4, "four failed paths")
    events = monitor.any_order(*(raised("multipath.path_failed", device="map", part=path.number)
                                 for path in map.paths), map.all_failed())
    failures = [event for event in events if event.get("type") == "multipath.path_failed"]
    assert [event["data"]["valid_paths"] for event in failures] == [3, 2, 1, 0][:len(failures)], failures
    assert [event["uevent"]["dm_seqnum"] for event in failures] == [1, 2, 3, 4][:len(failures)], failures


@scenario
def fail_and_reinstate_within_a_millisecond(stage):
    """No look is fast enough to see it; the uevents tell both."""
    map = Map(stage)
    monitor = stage.monitor()
    map.fail(2)
    map.reinstate(2)
    monitor.expect(map.failed(2, 3, **numbered(1)), map.reinstated(2, 4, **numbered(2)))


@scenario
def reload_resets_paths(stage):
    """A reload of the same table prints every path as good, without a word: that is no reinstatement. A failure
    after it is a uevent about what already holds."""
    map = Map(stage)
    monitor = stage.monitor(ignore=RELOAD)
    map.fail(0)
    monitor.expect(map.failed(0, 3))
    map.device.reload(map.table())
    assert " F " not in map.device.status()
    monitor.nothing_else(quiet=2)
    map.fail(0)
    monitor.expect(map.failed(0, 3, repeat=True))
    map.reinstate(0)
    monitor.expect(map.reinstated(0, 4))


@scenario
def path_leaves_the_table(stage):
    """A failed path that a reload leaves out is forgotten; the change of the set is told."""
    map = Map(stage)
    monitor = stage.monitor(ignore=RELOAD)
    map.fail(3)
    monitor.expect(map.failed(3, 3))
    a, b, c, _ = (path.number for path in map.paths)
    map.device.reload(f"0 {SIZE} multipath 2 queue_mode bio 0 1 1 service-time 0 3 1 {a} 1 {b} 1 {c} 1")
    monitor.expect(happened("multipath.paths_changed", device="map", severity="notice"))


@scenario
def queueing(stage):
    """Queueing is only in the table line, and changes without any event: found by the poll, or the next look."""
    map = Map(stage)
    monitor = stage.monitor(ignore=(*RELOAD, "device.renamed"))
    map.device.message("queue_if_no_path")
    assert "queue_if_no_path" in map.device.table()
    monitor.expect(happened("multipath.queueing_on", device="map", severity="notice", source="poll"), within=45)
    map.device.message("fail_if_no_path")
    assert "queue_if_no_path" not in map.device.table()
    map.device.nudge()
    monitor.expect(happened("multipath.queueing_off", severity="notice"), within=45)


@scenario
def queued_request_is_released(stage):
    """With queueing and no path a request waits; a path that returns lets it go on."""
    map = Map(stage, queueing=True)
    monitor = stage.monitor()
    for index in range(4):
        map.fail(index)
    monitor.expect(*(map.failed(index, 3 - index) for index in range(4)), map.all_failed())
    writer = dm.Writer(map.device, 0, 4096)
    writer.wait_held()
    map.reinstate(1)
    assert writer.wait() == 0
    # The path's uevent and the map's end are of one moment.
    monitor.any_order(map.reinstated(1, 1), map.recovered())


@scenario
def groups(stage):
    """Groups are switched, disabled and enabled by message, with an event number and no uevent."""
    map = Map(stage)
    dm.read(map.device)
    monitor = stage.monitor(ignore=RELOAD)
    map.device.message("switch_group 2")
    monitor.expect(happened("multipath.group_switched", device="map", severity="notice"))
    dm.read(map.device)
    assert " A 0 2 0 " in map.device.status()
    map.device.message("disable_group 1")
    assert " D 0 2 " in map.device.status()
    monitor.expect(raised("multipath.group_disabled", device="map", severity="notice"))
    map.device.message("enable_group 1")
    monitor.expect(happened("multipath.group_enabled", device="map", severity="notice"))


@scenario
def already_failed(stage):
    """Paths that failed before the start are told as initial, without waiting for a uevent."""
    map = Map(stage)
    for index in range(4):
        map.fail(index)
    monitor = stage.monitor()
    # One look.
    monitor.any_order(*(raised("multipath.path_failed", device="map", part=path.number, initial=True, source="start")
                        for path in map.paths), map.all_failed(initial=True))
    map.reinstate(0)
    monitor.any_order(map.reinstated(0, 1), map.recovered())


def write_file(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def scsi_disks(hosts: int, one_disk=False) -> list[str]:
    """Names of scsi_debug's disks, one for each of HOSTS; ONE_DISK: all of them have one identity."""
    before = set(glob.glob("/sys/block/sd*"))
    dm.modprobe("sd_mod")
    dm.modprobe("scsi_debug", "dev_size_mb=8", f"add_host={hosts}", f"vpd_use_hostno={0 if one_disk else 1}", "delay=0")
    disks = lambda: sorted(set(glob.glob("/sys/block/sd*")) - before)
    dm.until(lambda: len(disks()) == hosts, "the disks of scsi_debug")
    return [os.path.basename(path) for path in disks()]


def remove_scsi_disks() -> None:
    dm.until(lambda: os.system("modprobe -r scsi_debug 2>/dev/null") == 0, "scsi_debug unloaded", 30)


@scenario
def request_based(stage):
    """The mode that real disks use, over two of scsi_debug's; one is taken offline and returns."""
    disks = scsi_disks(2)
    stage.undo.append(remove_scsi_disks)
    stage.undo.append(dm.remove_all)
    numbers = [open(f"/sys/block/{disk}/dev").read().strip() for disk in disks]
    map = dm.create("rq", f"0 {SIZE} multipath 0 0 1 1 service-time 0 2 1 {numbers[0]} 1 {numbers[1]} 1")
    monitor = stage.monitor()
    state = f"/sys/block/{disks[0]}/device/state"
    write_file(state, "offline\n")
    for _ in range(16):  # the selector takes the paths in turns
        dm.read(map)
    dm.until(lambda: map.status().count(" F ") == 1, "a failed path")
    monitor.expect(raised("multipath.path_failed", device="rq", part=numbers[0], data={"valid_paths": 1}))
    write_file(state, "running\n")
    map.message(f"reinstate_path {numbers[0]}")
    monitor.expect(happened("multipath.path_reinstated", device="rq", part=numbers[0], data={"valid_paths": 2}))
