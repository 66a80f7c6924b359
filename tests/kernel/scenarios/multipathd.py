# SPDX-License-Identifier: Apache-2.0
"""Beside the real multipathd, which needs udevd: it makes the map, fails the path and reinstates it."""
from daemons import Multipathd
import dm
from monitor import happened, raised
from multipath import remove_scsi_disks, scsi_disks, write_file
from rules import finished, rules
from scenario import scenario


def two_paths(stage) -> tuple[list[str], list[str]]:
    """One disk by two ways: their names, and their numbers."""
    disks = scsi_disks(2, one_disk=True)
    stage.undo.append(remove_scsi_disks)
    stage.undo.append(dm.remove_all)
    return disks, [open(f"/sys/block/{disk}/dev").read().strip() for disk in disks]


@scenario
def checker_fails_and_reinstates(stage):
    """A disk goes offline with no request on the way: multipathd's checker fails its path, and reinstates it later;
    its reloads are no news of paths."""
    disks, numbers = two_paths(stage)
    map = Multipathd(stage).map_over(numbers)
    name, number = map.name.decode(), numbers[0]
    monitor = stage.monitor(ignore=("device.table_changed", "multipath.group_switched"))
    write_file(f"/sys/block/{disks[0]}/device/state", "offline\n")
    dm.until(lambda: " F " in map.status(), "the checker's verdict", 20)
    monitor.expect(raised("multipath.path_failed", device=name, part=number, source="uevent",
                          data={"valid_paths": 1}), within=20)
    write_file(f"/sys/block/{disks[0]}/device/state", "running\n")
    dm.until(lambda: " F " not in map.status(), "the path's return", 20)
    monitor.expect(happened("multipath.path_reinstated", device=name, part=number, source="uevent",
                            data={"valid_paths": 2}), within=20)


@scenario
def queueing_disabled(stage):
    """multipathd's own command turns queueing off, which holds though no path is left; of a map that is not its own
    it knows nothing."""
    disks, numbers = two_paths(stage)
    multipathd = Multipathd(stage, no_path_retry="queue")
    map = multipathd.map_over(numbers)
    name = map.name.decode()
    assert multipathd.ask('show maps raw format "%n %w"') == f"{name} {map.dm_uuid().removeprefix('mpath-')}\n"
    assert multipathd.ask("disablequeueing map other") == "fail\n"
    monitor = stage.monitor(ignore=("device.table_changed", "multipath.group_switched"))
    assert multipathd.ask(f"disablequeueing map {name}") == "ok\n"
    assert "queue_if_no_path" not in map.table(), map.table()
    for disk in disks:
        write_file(f"/sys/block/{disk}/device/state", "offline\n")
    # Of queueing the kernel tells nothing: it is seen at the next look, whatever that is for.
    monitor.any_order(happened("multipath.queueing_off", device=name),
                      *(raised("multipath.path_failed", device=name, part=number) for number in numbers),
                      raised("multipath.all_paths_failed", device=name), within=20)
    monitor.nothing_else(3)  # three of multipathd's looks
    assert "queue_if_no_path" not in map.table(), map.table()
    dm.fails(dm.read, map)


@scenario
def rule_uses_its_command(stage):
    """A rule gives up on a map without paths by multipathd's own command, since the kernel's message would be undone
    within a second. A reload of multipathd's undoes even that; while it lasts, the rule sees to it again."""
    disks, numbers = two_paths(stage)
    map = Multipathd(stage, no_path_retry="queue").map_over(numbers)
    name = map.name.decode()
    config = rules({"name": "fail", "on": "multipath.all_paths_failed", "for": "2s", "remind": "every 2s",
                    "do": "multipath.fail_if_no_path"})
    monitor = stage.monitor(ignore=("multipath.*", "device.*"), config=config)
    for disk in disks:
        write_file(f"/sys/block/{disk}/device/state", "offline\n")
    monitor.expect(finished(name, action="multipath.fail_if_no_path", managed_by="multipathd", exit_status=0), within=30)
    assert "queue_if_no_path" not in map.table(), map.table()
    dm.fails(dm.read, map)
    write_file(f"/sys/block/{disks[1]}/device/delete", "1\n")
    dm.until(lambda: numbers[1] not in map.table(), "multipathd's reload without the path", 30)
    if "queue_if_no_path" in map.table():  # multipathd forgets what it was told when it has a path to reload
        monitor.expect(finished(name, action="multipath.fail_if_no_path", managed_by="multipathd"))
    monitor.nothing_else(5)  # reminders of what is done already are no news
    assert "queue_if_no_path" not in map.table(), map.table()
    dm.fails(dm.read, map)


@scenario
def rule_queues_again(stage):
    """And its own command queues again when a path is back."""
    disks, numbers = two_paths(stage)
    multipathd = Multipathd(stage, no_path_retry="queue")
    map = multipathd.map_over(numbers)
    name = map.name.decode()
    assert multipathd.ask(f"disablequeueing map {name}") == "ok\n"
    write_file(f"/sys/block/{disks[0]}/device/state", "offline\n")
    dm.until(lambda: " F " in map.status(), "the checker's verdict", 20)
    config = rules({"on": "multipath.path_reinstated", "do": "multipath.queue_if_no_path"})
    monitor = stage.monitor(ignore=("multipath.*", "device.*"), config=config)
    write_file(f"/sys/block/{disks[0]}/device/state", "running\n")
    monitor.expect(finished(name, action="multipath.queue_if_no_path", managed_by="multipathd"), within=30)
    assert "queue_if_no_path" in map.table(), map.table()
