# SPDX-License-Identifier: Apache-2.0
"""What watching takes, all processes of a program added up, with no device and with as many as can be made.

Every device is a multipath map of one path, which is read with its status as any claimed device is. dmeventd has each
registered with LVM's mirror plugin, without ticks: of its plugins the one that asks for least. Budget: 6 minutes."""
import time

import crowd
import peers
from figures import OURS, Goal

SIZES = (0, 1, 100, 1000, 10000)
UNITS = {"rss": "MiB", "pss": "MiB", "locked": "MiB", "threads": "", "descriptors": "", "processes": ""}
NAMES = {"rss": "resident memory", "pss": "resident memory, what is shared counted once",
         "locked": "locked address space"}
GOAL_AT = 1000
PATIENCE = 150  # seconds to make the most devices


def dmeventd(bench, devices):
    """With everything registered."""
    peer = peers.Dmeventd(bench)
    if devices:
        peer.register(*devices, kind="mirror", mask=peers.ALL_ERRORS, seconds=0)
    return peer


def look(bench, start) -> dict | None:
    """What a program holds once it watches and has become quiet; none, if it did not come so far."""
    peer = None
    try:
        peer = start()
        peers.settle(peer)
        held, before = peer.group.holds(), None
        while held != before:  # what is locked, is locked a while after the start
            time.sleep(1)
            held, before = peer.group.holds(), held
        return held
    except AssertionError as error:
        bench.say(f"it does not watch them all: {error}")
        return None
    finally:
        if peer:
            peer.stop()


def measure(bench) -> None:
    devices = crowd.Crowd(bench.disk, "map")
    found = {}  # by size and program
    for size in SIZES[:-1] if bench.quick else SIZES:
        size = devices.grow(size, PATIENCE)
        bench.say(f"{size} devices")
        starts = {OURS: lambda: peers.Ours(bench, "-a"), crowd.Services.name: lambda: crowd.Services(bench, "-a"),
                  peers.Dmeventd.name: lambda: dmeventd(bench, devices.devices)}
        for who, start in starts.items():
            found[size, who] = look(bench, start)
        tell(bench, size, {who: found[size, who] for who in starts})
    compare(bench, found)


def tell(bench, size: int, held: dict) -> None:
    """One figure for each thing that is held."""
    scale = lambda what, value: value / 1024 if UNITS[what] else value
    for what, unit in UNITS.items():
        who = {name: [scale(what, holds[what])] if holds else [] for name, holds in held.items()}
        notes = {name: "does not watch so many" for name, holds in held.items() if not holds}
        goals = [Goal(1 / 20, "dmeventd")] if what == "rss" and size == GOAL_AT else []
        bench.figure("footprint", f"{NAMES.get(what, what)}, {size} devices", unit or "number", who, goals, notes=notes)


def compare(bench, found: dict) -> None:
    """What must not grow with the devices, and the same goal for the program as it is installed."""
    sizes = sorted({size for size, _ in found})
    for what in ("processes", "threads"):
        most = {who: [max(holds[what] for (_, name), holds in found.items() if name == who and holds)
                      - min(holds[what] for (_, name), holds in found.items() if name == who and holds)]
                for who in (OURS, crowd.Services.name, peers.Dmeventd.name)}
        bench.figure("footprint", f"more {what} with {sizes[-1]} devices than with none", "number", most, [Goal(0)])
    services, theirs = found[GOAL_AT, crowd.Services.name], found[GOAL_AT, peers.Dmeventd.name]
    if services and theirs:
        bench.figure("footprint", f"resident memory as 3 services, {GOAL_AT} devices", "MiB",
                     {OURS: [services["rss"] / 1024], "dmeventd": [theirs["rss"] / 1024]}, [Goal(1 / 20, "dmeventd")])
