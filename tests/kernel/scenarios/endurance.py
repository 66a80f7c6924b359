# SPDX-License-Identifier: Apache-2.0
"""Events of a real kernel without end: each is told, and what the processes hold does not grow with them."""
import json
import os
import shutil
import signal
import sqlite3

import dm
from lives import RUN, Lives
from multipath import Map
from rules import rules
from scenario import scenario

BATCH = 50  # each path changes as often at a time
AHEAD = 800  # changes that may not have been told yet, when the next are made
# KiB. What is locked is address space, of which the heap takes more at a time.
SLACK = {"resident": 512, "locked": 1024}  # the heap grows by 132 at a time; a leak shows in ten_thousand as well
CACHE = {"historian": 4096}  # of its database, which fills as that grows, and of what waits to be written


class Told:
    """The path events that the program printed: of each map, which it had already told."""

    def __init__(self, path: str):
        self.file, self.partial, self.count, self.last, self.wrong, self.others = open(path), "", 0, {}, [], []

    def look(self) -> int:
        *lines, self.partial = (self.partial + self.file.read()).split("\n")
        for line in lines:
            event = json.loads(line)
            if not event["type"].startswith("multipath.path_"):
                self.others.append(event)
                continue
            name, number = event["device"]["name"], event["uevent"]["dm_seqnum"]
            if number != self.last.get(name, 0) + 1:
                self.wrong.append((name, self.last.get(name), number))
            self.last[name] = number
            self.count += 1
        return self.count

    def await_all(self, count: int) -> None:
        dm.until(lambda: self.look() >= count, f"{count} events", 120)


def remembered(number: str) -> int:
    """The event number of a device that a successor would begin with."""
    ledger = sqlite3.connect(f"file:{RUN}/ledger.db?mode=ro", uri=True)
    try:
        row, = ledger.execute("SELECT value FROM remembered WHERE CAST(key AS TEXT) = ?", (number,)).fetchall()
        return json.loads(row[0])["event_nr"]
    finally:
        ledger.close()


def kept(history: str) -> int:
    """How many path events the history has."""
    database = sqlite3.connect(f"file:{history}/history.db?mode=ro", uri=True)
    try:
        return database.execute("SELECT count(*) FROM history WHERE type GLOB 'multipath.path_*'").fetchone()[0]
    finally:
        database.close()


def play(stage, *marks: int) -> None:
    """Paths fail and return, with rules, history and all: each uevent is one event, in the kernel's order, nobody is taken
    for hung, and the last event number is known. From the first mark on no process takes more memory or another
    descriptor, and none is another."""
    maps = [Map(stage, name=f"map{number}") for number in range(4)]
    config, history = f"/run/{stage.name}.yaml", f"/run/{stage.name}.history"
    with open(config, "w") as file:
        file.write(rules({"name": "told", "on": "multipath.path_failed", "do": {"log": "{device} lost {part}"},
                          "cooldown": "1s", "max_runs": "1000000 per 1s"},
                         {"name": "held", "on": "multipath.path_failed", "for": "1h", "do": {"log": "{device} lacks {part}"}}))
    os.mkdir(history)
    lives = Lives(stage, "--config", config, "--history", history + "/history.db")
    stage.undo.insert(0, lambda: shutil.rmtree(history))
    lives.start()
    told, made, found = Told(lives.events), 0, {}
    # The greatest crowd first: what it takes is not given back, and serves for the rest.
    lives.watcher.send_signal(signal.SIGSTOP)
    for mark in marks:
        while made < mark:
            for map in maps:
                for _ in range(BATCH // 2):
                    map.fail(0)
                    map.reinstate(0)
            made += BATCH * len(maps)
            if mark != marks[0]:
                told.await_all(made - AHEAD)
                # Who writes it is slower; what waits for him takes memory that is not given back.
                dm.until(lambda: kept(history) >= made - AHEAD, "the history", 120)
        lives.watcher.send_signal(signal.SIGCONT)
        told.await_all(made)
        assert told.count == made, (told.count, made)
        found[mark] = lives.holds()
        for (name, pid), holds in found[mark].items():
            stage.report(f"{made:>6} events  {name:<11}" + ", ".join(f"{value:>6} {what}" for what, value in holds.items()))
    others = [event for event in told.others if not event["type"].startswith("action.")]
    assert not told.wrong and not others, (told.wrong[:10], others[:10])
    first, last = found[marks[0]], found[marks[-1]]
    assert first.keys() == last.keys(), f"somebody was replaced: {first.keys()} {last.keys()}"
    for who, holds in last.items():
        for what, value in holds.items():
            most = first[who][what] + SLACK.get(what, 0) + (CACHE.get(who[0], 0) if what == "resident" else 0)
            assert value <= most, f"{who}: {what} went from {first[who][what]} to {value}"
    assert lives.stop() == 0
    for map in maps:
        assert remembered(map.device.number) == map.device.event_nr(), map.name


@scenario
def two_thousand(stage):
    """As many events as a suite has time for."""
    play(stage, 1000, 2000)


@scenario
def ten_thousand(stage):
    """Ten thousand events."""
    play(stage, 1000, 5000, 10000)
