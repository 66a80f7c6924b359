# SPDX-License-Identifier: Apache-2.0
"""Much at once: paths that fail and return as fast as the kernel lets them, alone and beside multipathd and udevd; and
an event of each of 1000 devices. Who was told is counted in what it prints. Budget: 6 minutes."""
import json
import subprocess
import time

import crowd
import dm
import multipath
import peers
import storm_udev
from figures import OURS, Goal

GROUP = "storm"
CHANGES, MAPS, DEVICES, WAITERS, POOLS = 10000, 4, 1000, 20, 200
AFTER = 5.0  # seconds after the first event, in which what it costs is counted
OUTPUT = "/run/bench.output"
# An action for each device's event, as dmeventd's thin plugin runs one for each.
REACT = json.dumps({"version": 1, "limits": {"queue": 10000}, "rules": [
    {"name": "react", "on": "thin.low_water", "do": {"exec": ["/usr/bin/true"]}}]})


class Told:
    """Lines of a program's output that have WORD, as they come."""

    def __init__(self, word: bytes, path: str = OUTPUT):
        self.word, self.file, self.count, self.last = word, open(path, "rb"), 0, time.monotonic()
        self.file.seek(0, 2)  # what was there is no news

    def look(self) -> int:
        data = self.file.read()
        if data and not data.endswith(b"\n"):
            data += self.file.readline()
        found = sum(self.word in line for line in data.splitlines())
        if found:
            self.count, self.last = self.count + found, time.monotonic()
        return self.count

    def wait(self, count: int, seconds: float) -> int:
        """Until COUNT were told, or nothing more was for so long."""
        while self.look() < count and time.monotonic() - self.last < seconds:
            time.sleep(0.02)
        return self.count


class UdevadmMonitor(peers.Peer):
    """It prints what the kernel sends, and that is all."""
    name = "udevadm monitor"

    def __init__(self, bench):
        super().__init__(bench)
        with open(OUTPUT, "wb") as out:
            words = ["stdbuf", "-oL", "udevadm", "monitor", "--kernel", "--property", "--subsystem-match=block"]
            self.process = self.group.popen(words, stdin=subprocess.DEVNULL, stdout=out)
        with open(OUTPUT, "rb") as file:
            dm.until(lambda: b"KERNEL" in file.read(), "udevadm watching")

    def stop(self) -> None:
        super().stop()
        self.process.wait()


def seconds_of(change) -> float:
    began = time.monotonic()
    change()
    return time.monotonic() - began


def paths(bench) -> None:
    """Alone: nobody but who is measured listens."""
    stage = bench.stage("storm")
    maps = [multipath.Map(stage, name=f"map{number}") for number in range(MAPS)]

    def change() -> None:
        for _ in range(CHANGES // (2 * MAPS)):
            for map in maps:
                map.fail(0)
                map.reinstate(0)

    starts = {OURS: (lambda: peers.Ours(bench, "-a", "-j", output=OUTPUT), b'"multipath.path_'),
              crowd.Services.name: (lambda: crowd.Services(bench, "-a", "-j", output=OUTPUT), b'"multipath.path_'),
              UdevadmMonitor.name: (lambda: UdevadmMonitor(bench), b"DM_ACTION=PATH_")}
    cpu, lost, late = ({who: [] for who in starts} for _ in range(3))
    for _ in range(bench.rounds):
        for who, (start, word) in starts.items():
            peer = start()
            peers.settle(peer)
            told, before = Told(word), peer.group.cpu()
            took = seconds_of(change)
            made = time.monotonic()
            told.wait(CHANGES, 10)
            peers.settle(peer)
            cpu[who].append((peer.group.cpu() - before) / CHANGES * 1e6)
            lost[who].append(float(CHANGES - told.count))
            late[who].append(1000 * max(0.0, told.last - made))
            bench.say(f"{who}: {CHANGES} changes in {took:.1f} s, {told.count} told")
            peer.stop()
    bench.figure(GROUP, f"of {CHANGES} path changes not told", "number", lost, [Goal(0, "", "max")])
    bench.figure(GROUP, "processor time for a path change", "us", cpu)
    bench.figure(GROUP, "the last one told after it was made", "ms", late)
    stage.close()


def failures(bench) -> None:
    """1000 maps lose their path; `dmsetup wait` for fewer, since each is two processes."""
    maps = crowd.Crowd(bench.disk, "map")
    bench.say(f"{maps.grow(DEVICES)} maps")

    def dmeventd():
        peer = peers.Dmeventd(bench)
        peer.register(*maps.devices, kind="mirror", mask=peers.ALL_ERRORS, seconds=0)
        return peer

    starts = {OURS: lambda: peers.Ours(bench, "-j", "multipath.path_failed", output=OUTPUT), "dmeventd": dmeventd,
              "dmsetup wait": lambda: Waiters(bench, maps.devices[:WAITERS])}
    cpu, last, silent = ({who: [] for who in starts} for _ in range(3))
    for turn in range(bench.rounds):
        for who, start in starts.items():
            if who == "dmsetup wait" and turn > 0:
                continue
            peer, concerned = start(), maps.devices[:WAITERS] if who == "dmsetup wait" else maps.devices
            peers.settle(peer)
            told = Told(b'"multipath.path_failed"') if who == OURS else None
            before, began = peer.group.cpu(), time.monotonic()
            for device in concerned:
                device.message(f"fail_path {bench.disk.number}")
            made = time.monotonic() - began
            if told:
                told.wait(DEVICES, 10)
                last[who].append(1000 * (told.last - began))
                silent[who].append(float(DEVICES - told.count))
            if who == "dmsetup wait":
                peers.settle(peer)
            time.sleep(max(0.0, began + AFTER - time.monotonic()))
            cpu[who].append((peer.group.cpu() - before) / len(concerned) * 1e6)
            bench.say(f"{who}: {len(concerned)} events within {made:.2f} s")
            peer.stop()
            for device in concerned:
                device.message(f"reinstate_path {bench.disk.number}")
    notes = dict.fromkeys(("dmeventd", "dmsetup wait"), "does not tell what happened")
    bench.figure(GROUP, f"of {DEVICES} devices with an event at once not told", "number", silent, [Goal(0, "", "max")],
                 notes=notes)
    bench.figure(GROUP, f"the last of {DEVICES} told after the first event", "ms", last, notes=notes)
    bench.figure(GROUP, f"processor time for one of {DEVICES} events at once, no action", "us", cpu,
                 [Goal(1, "dmeventd")])


class Waiters(peers.Peer):
    """A loop of the shell for each device."""
    name = "dmsetup wait"

    def __init__(self, bench, devices: list[dm.Device]):
        super().__init__(bench)
        loops = 'for device; do (set -- "$device" /usr/bin/true; ' + peers.DmsetupWait.LOOP + ") & done; wait"
        self.process = self.group.popen(["/bin/sh", "-c", loops, "sh", *(device.name.decode() for device in devices)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        dm.until(lambda: len(self.group.processes()) == 2 * len(devices) + 1, "everybody waiting", 60)
        peers.settle(self)

    def stop(self) -> None:
        super().stop()
        self.process.wait()


def pools(bench) -> None:
    """Thin pools pass their mark, and a program is run for each: all told, and all done."""
    pools = crowd.Crowd(bench.disk, "pool")
    bench.say(f"{pools.grow(POOLS)} thin pools")
    count = len(pools.devices)
    for volume in pools.volumes:
        crowd.fill(volume, 0, crowd.BLOCKS - crowd.MARK - 1)

    def dmeventd():
        peer = peers.Dmeventd(bench, "/usr/bin/true")
        peer.register(*pools.devices, mask=peers.ALL_ERRORS, seconds=0)
        return peer

    ours = lambda: peers.Ours(bench, "-j", "thin.low_water", rules=REACT, output=OUTPUT)
    starts = {OURS: ours, "dmeventd": dmeventd}
    done, cpu, silent, last = ({who: [] for who in starts} for _ in range(4))
    for who, start in starts.items():
        peer = start()
        peers.settle(peer)
        told = Told(b'"type":"thin.low_water"') if who == OURS else None  # what came of it names the type as well
        before, began = peer.group.cpu(), time.monotonic()
        for volume in pools.volumes:
            crowd.fill(volume, crowd.BLOCKS - crowd.MARK - 1, 2)
        made = time.monotonic() - began
        if told:
            told.wait(count, 15)
            last[who].append(told.last - began)
            silent[who].append(float(count - told.count))
        peers.settle(peer, seconds=90)
        done[who].append(time.monotonic() - began)
        cpu[who].append((peer.group.cpu() - before) / count * 1e3)
        bench.say(f"{who}: {count} pools passed their mark within {made:.2f} s")
        peer.stop()
        for volume, pool in zip(pools.volumes, pools.devices):
            crowd.empty(volume, pool)
    notes = {"dmeventd": "does not say it on its output"}
    bench.figure(GROUP, f"of {count} thin pools that pass their mark at once not told", "number", silent,
                 [Goal(0, "", "max")], notes=notes)
    bench.figure(GROUP, f"the last of {count} pools told after the first write", "s", last, notes=notes)
    bench.figure(GROUP, f"the last of {count} programs ended after the first write", "s", done, [Goal(1, "dmeventd")])
    bench.figure(GROUP, f"processor time for one of {count} pools, with the program that is run", "ms", cpu,
                 [Goal(1, "dmeventd")])


def measure(bench) -> None:
    paths(bench)
    storm_udev.measure(bench)
    failures(bench)
    pools(bench)
