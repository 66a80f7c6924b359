#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes big recordings, the same ones each time: a host with many devices, looked at often."""
import argparse
import datetime
import json

START = datetime.datetime(2026, 1, 31, 10, 0, 0)
LVM = "LVM-Xk2Zo9bQmP4vTnR7sYcLw1DfHg5JuA8e"


class Device:
    """One device of the mix; observations() gives what is seen of it in one round."""

    def __init__(self, minor):
        self.minor = minor
        self.event_nr = 0

    def reading(self, why, target, table, status):
        """A `device` line without its time."""
        return {"kind": "device", "why": why, "name": self.name, "uuid": self.uuid, "major": 253, "minor": self.minor,
                "diskseq": 1000 + self.minor, "event_nr": self.event_nr, "suspended": False, "read_only": False,
                "targets": [{"start": 0, "length": 2097152, "type": target, "table": table, "status": status}]}


class Pool(Device):
    """A thin pool that fills a little between polls, is trimmed when nearly full, and fills again."""

    def __init__(self, minor):
        super().__init__(minor)
        self.name, self.uuid = f"vg{minor % 7}-pool{minor}-tpool", f"{LVM}{minor:032d}-tpool"
        self.used = 4000 + minor * 37 % 4000

    def observations(self, round_nr):
        """One poll."""
        self.used = self.used + 40 if self.used < 16200 else 4000
        return [self.reading("poll" if round_nr else "start", "thin-pool",
                             "253:9000 253:9001 128 256 1 skip_block_zeroing ",
                             f"{round_nr} {380 + self.used // 60}/4096 {self.used}/16384 - rw no_discard_passdown "
                             "queue_if_no_space - 1024 ")]


class Array(Device):
    """A raid1 in sync, read again for an event that changed nothing in its status."""

    def __init__(self, minor):
        super().__init__(minor)
        self.name, self.uuid = f"vg{minor % 7}-mirror{minor}", f"{LVM}{minor:032d}"

    def observations(self, round_nr):
        """One reading."""
        self.event_nr += round_nr > 0
        return [self.reading("kernel" if round_nr else "start", "raid",
                             "raid1 3 0 region_size 4096 2 253:9002 253:9003 253:9004 253:9005",
                             "raid1 2 AA 2097152/2097152 idle 0 0 -")]


class Map(Device):
    """A multipath map of four paths, one of which fails in one round and is reinstated in the next."""

    def __init__(self, minor):
        super().__init__(minor)
        self.name, self.uuid = f"mpath{minor}", f"mpath-3600a098000{minor:022d}"
        self.failed = None
        self.fails = [0, 0, 0, 0]

    def status(self):
        """The kernel's words for its paths."""
        path = [f"8:{16 * i} {'F' if i == self.failed else 'A'} {n} " for i, n in enumerate(self.fails)]
        return f"2 0 0 0 2 1 A 0 2 0 {path[0]}{path[1]}E 0 2 0 {path[2]}{path[3]}"

    def observations(self, round_nr):
        """A reading at first; then a path's uevent and the status that follows it."""
        table = ("0 1 alua 2 1 service-time 0 2 1 8:0 1 8:16 1 service-time 0 2 1 8:32 1 8:48 1 ")
        if round_nr == 0:
            return [self.reading("start", "multipath", table, self.status())]
        self.event_nr += 1
        path = (self.event_nr - 1) // 2 % 4
        fails = self.event_nr % 2
        self.failed = path if fails else None
        self.fails[path] += fails
        env = {"ACTION": "change", "DEVPATH": f"/devices/virtual/block/dm-{self.minor}", "SUBSYSTEM": "block",
               "DM_TARGET": "multipath", "DM_ACTION": "PATH_FAILED" if fails else "PATH_REINSTATED",
               "DM_SEQNUM": str(self.event_nr), "DM_PATH": f"8:{16 * path}", "DM_NR_VALID_PATHS": str(4 - fails),
               "DM_NAME": self.name, "DM_UUID": self.uuid, "MAJOR": "253", "MINOR": str(self.minor),
               "DEVNAME": f"dm-{self.minor}", "DEVTYPE": "disk", "DISKSEQ": str(1000 + self.minor),
               "SEQNUM": str(100000 + self.event_nr * 1000 + self.minor)}
        return [{"kind": "uevent", "env": env}, self.reading("kernel", "multipath", table, self.status())]


MIX = (Pool, Array, Pool, Map)


def write(file, devices=1000, observations=500_000):
    """Writes so many observations of so many devices to FILE, each device looked at every ten seconds."""
    hosts = [MIX[i % len(MIX)](i) for i in range(devices)]
    written, round_nr = 0, 0
    step = datetime.timedelta(seconds=10) / (devices + 1)
    with open(file, "w", encoding="ascii") as out:
        def line(at, what):
            text = json.dumps(what, separators=(",", ":"))
            out.write(f'{{"v":1,"at":"{at.isoformat(timespec="microseconds")}Z",{text[1:]}\n')

        line(START, {"kind": "start", "tool": "0.1.0", "kernel": "6.1.0", "ioctl": "4.47.0", "boot_id": "bench"})
        while written < observations:
            at = START + datetime.timedelta(seconds=10 * round_nr)
            for number, device in enumerate(hosts):
                for nth, what in enumerate(device.observations(round_nr)):
                    line(at + step * number + datetime.timedelta(microseconds=90 * nth), what)
                    written += 1
            if round_nr == 0:
                line(at + step * devices, {"kind": "baseline_done"})
            round_nr += 1
    return written


def main():
    """recordings.py FILE [--devices N] [--observations N]"""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--observations", type=int, default=500_000)
    args = parser.parse_args()
    write(args.file, args.devices, args.observations)


if __name__ == "__main__":
    main()
