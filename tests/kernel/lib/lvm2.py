# SPDX-License-Identifier: Apache-2.0
"""The real lvm2, with a configuration of the scenario's own. Its PVs are pieces of the ramdisk, which can fail, hold
what is written to them, and heal; what it makes is reached through dm.Device, as everything else."""
import glob
import os
import shutil
import subprocess

import dm
import ioctl

# Nothing but our pieces is scanned, nothing is kept beside the PVs, and no daemon is started behind our back.
BASE = {
    "activation/monitoring": 0,
    "activation/polling_interval": 1,
    "backup/archive": 0,
    "backup/backup": 0,
    "devices/global_filter": ["a|^/dev/dm-|", "r|.*|"],
    "devices/hints": "none",
    "devices/use_devicesfile": 0,
    "dmeventd/executable": "/bin/false",
    "global/use_lvmpolld": 0,
}
# What LVM's own programs set so that a command does not turn to dmeventd.
BY_MONITOR = {"LVM_RUN_BY_DMEVENTD": "1"}


def setting(key: str, value) -> str:
    """As lvm.conf and --config take it; --config takes several with blanks between."""
    quoted = lambda item: str(item) if isinstance(item, int) else f'"{item}"'
    return f"{key}=" + (f"[{','.join(map(quoted, value))}]" if isinstance(value, list) else quoted(value))


class Lvm:
    """One volume group, `vg`, in extents of 1 MiB, on PVs `pv0`, `pv1`, ... that hold MIBS each."""

    def __init__(self, stage, *mibs: int, settings=None):
        self.stage, self.pvs, self.running = stage, [], []
        self.place = "/etc/lvm"  # where hooks find it too
        os.makedirs(self.place, exist_ok=True)
        self.environment = {**os.environ, "LVM_SUPPRESS_FD_WARNINGS": "1"}
        stage.undo.append(self.close)
        self.configure(settings or {})
        self.pvs = [stage.piece(f"pv{number}", mib + 1) for number, mib in enumerate(mibs)]  # 1 MiB for LVM itself
        self.run("vgcreate", "-s", "1m", "vg", *(pv.node for pv in self.pvs))

    def configure(self, settings: dict) -> None:
        """What lvm.conf says from here on, beside what every scenario needs."""
        udev = 0 if "DM_DISABLE_UDEV" in os.environ else 1
        lines = {**BASE, "activation/udev_sync": udev, "activation/udev_rules": udev,
                 "devices/obtain_device_list_from_udev": udev, **settings}
        with open(self.place + "/lvm.conf", "w") as file:
            file.writelines(setting(*line) + "\n" for line in lines.items())

    def start(self, *words: str, env=None) -> subprocess.Popen:
        """A command in the background, which `finish` awaits."""
        process = subprocess.Popen(["lvm", words[0], "-q", *words[1:]], stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env={**self.environment, **(env or {})})
        self.running.append(process)
        return process

    def finish(self, process: subprocess.Popen, check=True, seconds: float = 60.0) -> subprocess.CompletedProcess:
        """Both kinds of its output are one text."""
        text, _ = process.communicate(timeout=seconds)
        self.running.remove(process)
        words = " ".join(process.args)
        self.stage.say(f"{words} -> {process.returncode}\n{text}")
        assert not check or process.returncode == 0, f"{words} -> {process.returncode}: {text}"
        return subprocess.CompletedProcess(process.args, process.returncode, text)

    def run(self, *words: str, check=True, env=None) -> subprocess.CompletedProcess:
        return self.finish(self.start(*words, env=env), check)

    @staticmethod
    def device(volume: str) -> dm.Device:
        """The device of a volume, as `pool-tpool`."""
        device = dm.Device("vg-" + volume)
        device.number = "%d:%d" % ioctl.major_minor(device.call(ioctl.STATUS).dev)
        return device

    def apart(self, *mibs: int) -> None:
        """More PVs, without LVM's own metadata: what only they hold can be held while LVM goes on."""
        for mib in mibs:
            pv = self.stage.piece(f"pv{len(self.pvs)}", mib + 1)
            self.run("pvcreate", "--metadatacopies", "0", pv.node)
            self.run("vgextend", "vg", pv.node)
            self.pvs.append(pv)

    def thin_pool(self, mib: int, data=None, metadata=None) -> tuple[dm.Device, dm.Device]:
        """`pool`, 64 KiB chunks and 2 MiB of metadata, and its volume `thin` of 64 MiB. DATA, METADATA: on which PV."""
        place = lambda pv: [pv.node] if pv else []
        self.run("lvcreate", "-Wn", "-Zn", "-L", f"{mib}m", "-n", "pool", "vg", *place(data))
        self.run("lvcreate", "-Wn", "-Zn", "-L", "2m", "-n", "meta", "vg", *place(metadata))
        dm.write(self.device("meta"), 0, 1 << 16, fill=0)  # or an earlier scenario's pool would come back
        self.run("lvconvert", "--yes", "--type", "thin-pool", "--poolmetadata", "vg/meta", "-c", "64k", "-Zn",
                 "--poolmetadataspare", "n", "vg/pool")
        self.run("lvcreate", "-V", "64m", "--thinpool", "pool", "-n", "thin", "vg")
        return self.device("pool-tpool"), self.device("thin")

    def raid1(self, mib: int, legs: int = 2) -> dm.Device:
        """`array`, a leg on each of the first PVs, in sync."""
        self._legged("array", ["--type", "raid1"], mib, legs)
        array = self.device("array")
        array.wait_status("A" * legs, "idle")
        dm.until(lambda: array.event_nr() == 1, "the event of the first sync")
        return array

    def mirror(self, mib: int, log: str = "core") -> dm.Device:
        """`mirror` of the older kind, whose failed writes are held; a log on a disk is on the third PV. In sync."""
        self._legged("mirror", ["--type", "mirror", "--mirrorlog", log], mib, 2, extra=log == "disk")
        mirror = self.device("mirror")
        assert "handle_errors" in mirror.table(), mirror.table()
        dm.until(lambda: mirror.event_nr() == 1, "the event of the first sync")
        return mirror

    def _legged(self, name: str, kind: list[str], mib: int, legs: int, extra=False) -> None:
        pvs = self.pvs[:legs + 1] if extra else self.pvs[:legs]
        self.run("lvcreate", *kind, "-m", str(legs - 1), "-L", f"{mib}m", "-Wn", "-Zn", "-n", name, "vg",
                 *(pv.node for pv in pvs))

    @staticmethod
    def extend(volume: str, at: int, percent: int) -> tuple[str, ...]:
        """The command by which a monitor extends a pool that is filled to AT per cent."""
        kind = "activation/thin_pool_autoextend_"
        policy = setting(kind + "threshold", at) + " " + setting(kind + "percent", percent)
        return "lvextend", "--use-policies", "--config", policy, f"vg/{volume}"

    def close(self) -> None:
        """What is suspended or waits goes on, then everything of LVM's fails at once: so ends what is held."""
        for pv in self.pvs:
            if pv.holds():
                pv.heal()
        for process in list(self.running):
            self.finish(process, check=False)
        volumes = [dm.Device(name) for name in ioctl.names() if name.startswith(b"vg-")]
        for device in volumes:
            if device.suspended():
                device.call(ioctl.CLEAR)
                device.resume()
        for device in reversed(volumes):
            if device.sectors():
                device.reload(f"0 {device.sectors()} error", noflush=True)
        # Without udevd the links are of lvm's making, and it refuses a group whose directory is there.
        for path in glob.glob("/dev/mapper/vg-*"):
            os.unlink(path)
        shutil.rmtree("/dev/vg", ignore_errors=True)
        os.unlink(self.place + "/lvm.conf")
