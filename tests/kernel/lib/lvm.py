# SPDX-License-Identifier: Apache-2.0
"""The real lvm2, with a configuration of the scenario's own. Its PVs are pieces of the ramdisk, which can fail and
heal; what it makes is reached through dm.Device, as everything else."""
import glob
import os
import shutil
import subprocess
import time

import dm
import ioctl

# Nothing but our pieces is scanned, and nothing is kept beside the PVs.
BASE = {
    "devices/global_filter": ["a|^/dev/dm-|", "r|.*|"],
    "devices/use_devicesfile": 0,
    "devices/hints": "none",
    "backup/backup": 0,
    "backup/archive": 0,
    "global/use_lvmpolld": 0,
    "activation/monitoring": 0,
}


def setting(key: str, value) -> str:
    """One line of lvm.conf, which is also what --config takes."""
    def text(item) -> str:
        return str(item) if isinstance(item, int) else f'"{item}"'
    return f"{key}=" + ("[" + ",".join(map(text, value)) + "]" if isinstance(value, list) else text(value))


class Lvm:
    """One volume group, `vg`, whose PVs are `pv0`, `pv1`, ... of MIBS each (1 MiB more holds the metadata)."""

    def __init__(self, stage, *mibs: int, settings=None):
        self.stage, self.pvs, self.dmeventd = stage, [], None
        self.place = f"/run/lvm-{stage.name}"
        shutil.rmtree(self.place, ignore_errors=True)
        os.makedirs(self.place)
        self.environment = {**os.environ, "LVM_SYSTEM_DIR": self.place, "LVM_SUPPRESS_FD_WARNINGS": "1"}
        self.configure(settings or {})
        stage.undo.append(self.close)
        for mib in mibs:
            self.pvs.append(stage.piece(f"pv{len(self.pvs)}", mib + 1))
        self.run("vgcreate", "-q", "-s", "1m", "vg", *(pv.node for pv in self.pvs))

    def configure(self, settings: dict) -> None:
        """What lvm.conf says from here on, beside what every scenario needs."""
        udev = 0 if "DM_DISABLE_UDEV" in os.environ else 1
        lines = {**BASE, "activation/udev_sync": udev, "activation/udev_rules": udev,
                 "devices/obtain_device_list_from_udev": udev, **settings}
        with open(self.place + "/lvm.conf", "w") as file:
            file.write("".join(setting(*line) + "\n" for line in lines.items()))

    def start(self, *words: str, env=None) -> subprocess.Popen:
        return subprocess.Popen(["lvm", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.STDOUT, env={**self.environment, **(env or {})})

    def run(self, *words: str, check=True, env=None, timeout: float = 60.0) -> subprocess.CompletedProcess:
        """One lvm command, to its end; output of both kinds is one text."""
        began = time.monotonic()
        process = self.start(*words, env=env)
        text, _ = process.communicate(timeout=timeout)
        self.stage.say(f"lvm {' '.join(words)} -> {process.returncode} after {time.monotonic() - began:.2f} s\n{text}")
        assert not check or process.returncode == 0, f"lvm {' '.join(words)}: {process.returncode}: {text}"
        return subprocess.CompletedProcess(words, process.returncode, text)

    def field(self, field: str, volume: str) -> str:
        return self.run("lvs", "--noheadings", "--nosuffix", "--units", "k", "-a", "-o", field, f"vg/{volume}").stdout.strip()

    @staticmethod
    def device(volume: str) -> dm.Device:
        """The device of a volume, as `pool-tpool`; a dash in a volume's own name would be doubled."""
        device = dm.Device("vg-" + volume)
        device.number = "%d:%d" % ioctl.major_minor(device.call(ioctl.STATUS).dev)
        return device

    def pool(self, mib: int, metadata_mib: int = 2, volume_mib: int = 64, *more: str):
        """The thin pool `pool` in chunks of 64 KiB, and its one volume `thin`."""
        self.run("lvcreate", "-q", "--type", "thin-pool", "-L", f"{mib}m", "--poolmetadatasize", f"{metadata_mib}m",
                 "-c", "64k", "-Zn", "--poolmetadataspare", "n", "-n", "pool", *more, "vg")
        self.run("lvcreate", "-q", "-V", f"{volume_mib}m", "--thinpool", "pool", "-n", "thin", "vg")
        return self.device("pool-tpool"), self.device("thin")

    def raid1(self, mib: int, legs: int = 2, *more: str) -> dm.Device:
        """The array `array`, its legs on the first PVs, synced."""
        self.run("lvcreate", "-q", "--type", "raid1", "-m", str(legs - 1), "-L", f"{mib}m", "-Wn", "-Zn", *more, "-n",
                 "array", "vg", *(pv.node for pv in self.pvs[:legs]))
        array = self.device("array")
        array.wait_status("A" * legs, "idle")
        return array

    def close(self) -> None:
        """Every device of LVM's becomes one that fails at once: so ends what is held in the kernel."""
        for name in reversed(ioctl.names()):
            device = dm.Device(name)
            if name.startswith(b"vg-"):
                try:
                    device.reload(f"0 {device.sectors() or 8} error", noflush=True)
                except OSError:
                    pass
        # Without udevd the links are of lvm's making, and it refuses a group whose directory is there.
        for path in glob.glob("/dev/mapper/vg-*"):
            os.unlink(path)
        shutil.rmtree("/dev/vg", ignore_errors=True)
        shutil.rmtree(self.place, ignore_errors=True)
