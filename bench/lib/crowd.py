# SPDX-License-Identifier: Apache-2.0
"""Many devices, which only become more since their removal takes longest; and the program as its three services."""
import fcntl
import glob
import json
import os
import shutil
import struct
import subprocess
import time

import dm
from peers import Peer, await_line

# A pool's blocks of 64 KiB, and how many are left when the kernel tells. By then it is beyond dmeventd's 80 %.
SECTORS, BLOCKS, MARK = 128, 32, 5
RUN, HISTORY = "/run/dmevent_tool", "/run/bench.history"
# What stands for an administrator's: it has the programs that it names kept in memory.
RULES = json.dumps({"version": 1, "rules": [
    {"name": "grow", "on": ["thin.low_water", "thin.data_threshold"], "do": "thin.extend"},
    {"name": "repair", "on": ["raid.device_failed", "mirror.leg_failed"], "do": {"exec": ["/bin/true", "{device}"]}}]})


def in_memory(program: str) -> str:
    """The program and its plugins where dmsetup is too: what is shared with the host is read anew at each start."""
    build, place = os.path.dirname(os.path.dirname(program)), "/run/bench.build"
    for path in ["build.ninja", "core/dmevent_tool", *glob.glob("plugins/*/*.so", root_dir=build)]:
        os.makedirs(os.path.dirname(f"{place}/{path}"), exist_ok=True)
        shutil.copy(f"{build}/{path}", f"{place}/{path}")
    return place + "/core/dmevent_tool"


def uuid(kind: str, number: int) -> str:
    """As LVM's, or as multipathd's."""
    return f"mpath-{number:032d}" if kind == "map" else f"LVM-{kind:V>32.32}{number:032d}"


def fill(volume: dm.Device, first: int, count: int) -> None:
    dm.write(volume, 512 * SECTORS * first, 512 * SECTORS * count)


def empty(volume: dm.Device, pool: dm.Device) -> None:
    """Back to before its mark, which counts again."""
    fd = os.open(volume.node, os.O_RDWR)
    fcntl.ioctl(fd, 0x1277, struct.pack("QQ", 512 * SECTORS * (BLOCKS - MARK - 1), 512 * SECTORS * 2))  # BLKDISCARD
    os.close(fd)
    pool.reload(pool.table())


class Crowd:
    """Devices of one KIND: maps of one path, mirrors in sync, or thin pools, each with a volume."""

    def __init__(self, disk: dm.Disk, kind: str):
        self.disk, self.kind, self.devices, self.volumes, self.data = disk, kind, [], [], None

    def grow(self, count: int, seconds: float = 1e9) -> int:
        """As many as COUNT; fewer, if time runs out or the kernel refuses more. Says how many there are."""
        end = time.monotonic() + seconds
        while len(self.devices) < count and time.monotonic() < end:
            try:
                self.devices.append(getattr(self, "_" + self.kind)(len(self.devices)))
            except (OSError, AssertionError) as error:
                print(f"no more than {len(self.devices)}: {error}", flush=True)
                break
        return len(self.devices)

    def remove(self) -> None:
        """Takes some ten milliseconds for each."""
        for device in reversed(self.devices):
            device.remove()
        self.devices.clear()

    def _map(self, number: int) -> dm.Device:
        table = f"0 8 multipath 2 queue_mode bio 0 1 1 round-robin 0 1 1 {self.disk.number} 1000"
        return dm.create(f"map{number}", table, uuid("map", number))

    def _mirror(self, number: int) -> dm.Device:
        legs = " ".join(f"{self.disk.number} {128 * number + at}" for at in (0, 64))
        table = f"0 64 mirror core 2 64 nosync 2 {legs} 1 handle_errors"
        return dm.create(f"vg-mirror{number}", table, uuid("mirror", number))

    def _pool(self, number: int) -> dm.Device:
        """Its data goes nowhere, as that of the others."""
        if not self.data:
            self.data = dm.create("vg-data", f"0 {SECTORS * BLOCKS} zero")
        meta = dm.create(f"vg-pool{number}_tmeta", self.disk.table(256))
        dm.write(meta, 0, 4096, 0)
        table = f"0 {SECTORS * BLOCKS} thin-pool {meta.number} {self.data.number} {SECTORS} {MARK} 1 skip_block_zeroing"
        pool = dm.create(f"vg-pool{number}-tpool", table, uuid("pool", number) + "-tpool")
        pool.message("create_thin 0")
        table = f"0 {SECTORS * BLOCKS} thin {pool.number} 0"
        self.volumes.append(dm.create(f"vg-thin{number}", table, uuid("thin", number)))
        return pool


class Services(Peer):
    """Watcher, launcher of programs and historian, as they are installed, with rules and a history."""
    name = "dmevent_tool, 3 services"

    def __init__(self, bench, *arguments: str, rules: str = RULES, output: str = "/dev/null"):
        super().__init__(bench)
        os.makedirs(RUN, exist_ok=True)
        os.makedirs(HISTORY, exist_ok=True)
        with open("/run/bench.yaml", "w", encoding="utf-8") as file:
            file.write(rules)
        self.output = output
        self.helpers = [self._start("--launcher"), self._start("--historian")]
        for socket in ("launcher", "history"):
            dm.until(lambda: os.path.exists(f"{RUN}/{socket}.sock"), f"the socket of the {socket}")
        self.process = self._start("-f", *arguments, "--config", "/run/bench.yaml", "--launcher-socket",
                                   RUN + "/launcher.sock", "--history-socket", RUN + "/history.sock",
                                   "--history", HISTORY + "/history.db", stderr=subprocess.PIPE)
        await_line(self.process.stderr, "watching")
        self.drain = subprocess.Popen(["/bin/cat"], stdin=self.process.stderr, stdout=open("/run/bench.stderr", "ab"))

    def _start(self, *words: str, stderr=subprocess.DEVNULL) -> subprocess.Popen:
        with open(self.output if stderr == subprocess.PIPE else "/dev/null", "wb") as out:
            return self.group.popen([self.bench.program, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=stderr)

    def stop(self) -> None:
        for process in (self.process, *self.helpers):
            process.terminate()
            process.wait(30)
        self.group.close()
        self.drain.wait(10)
        shutil.rmtree(RUN, ignore_errors=True)
        shutil.rmtree(HISTORY, ignore_errors=True)
