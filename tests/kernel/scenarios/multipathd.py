# SPDX-License-Identifier: Apache-2.0
"""Beside the real multipathd, which needs udevd: it makes the map, fails the path and reinstates it."""
import subprocess

import dm
import ioctl
from monitor import happened, raised
from multipath import remove_scsi_disks, scsi_disks, write_file
from scenario import scenario

CONFIGURATION = """
defaults {
  find_multipaths no
  polling_interval 1
  user_friendly_names yes
  missing_uev_wait_timeout 2
}
"""


def map_over(numbers: list[str]):
    """The map that multipathd made, once it has these paths."""
    for name in ioctl.names():
        device = dm.Device(name)
        if all(f" {number} A " in device.status() for number in numbers):
            device.number = "%d:%d" % ioctl.major_minor(device.call(ioctl.STATUS).dev)
            return device
    return None


@scenario
def checker_fails_and_reinstates(stage):
    """A disk goes offline with no request on the way: multipathd's checker fails its path, and reinstates it later;
    its reloads are no news of paths."""
    write_file("/etc/multipath.conf", CONFIGURATION)
    disks = scsi_disks(2, one_disk=True)
    stage.undo.append(remove_scsi_disks)
    stage.undo.append(dm.remove_all)
    subprocess.run(["udevadm", "settle"], check=True)  # multipathd takes only what udevd has seen
    log = open(stage.path("multipathd"), "w")
    daemon = subprocess.Popen(["multipathd", "-d", "-s"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    stage.undo.append(lambda: (daemon.terminate(), daemon.wait(20)))
    numbers = [open(f"/sys/block/{disk}/dev").read().strip() for disk in disks]
    map = dm.until(lambda: map_over(numbers), "multipathd's map with both paths", 60)
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
