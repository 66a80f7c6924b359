# SPDX-License-Identifier: Apache-2.0
"""Processes of ours are killed at random points while pools and paths fail and come back, and rules run programs. What
ran, by the programs' own log, is held against what was owed: each step once for each time that something changed."""
import collections
import glob
import os
import random
import time

import dm
from lives import Lives
from multipath import Map
from root import FileSystem
from rules import rules, script
from scenario import scenario
from thin import BLOCK, Pool, discard

POINTS = 60
STALLED = ((10, 25), (35, 50))  # the points between which the history's disk does not answer
PATIENCE = 90  # seconds for what is owed to run, once nobody is killed any more
# Who is killed; the watcher most often, since it knows most.
WHOM = ["watcher"] * 4 + ["launcher"] * 2 + ["helper", "connection", "reader", "reader", "historian", "keeper"]

# Appends a line when it starts and one when it ends; of rule "again" the first run for an event fails.
ACT = """log=%s
echo "start $1 $2 $3 $4" >>$log
if [ $1 = again ] && [ ! -e $log.$4 ]; then : >$log.$4; echo "fail $1 $2 $3 $4" >>$log; exit 1; fi
[ $2 = first ] || sleep 0.05
echo "end $1 $2 $3 $4" >>$log
"""
# What is owed for each kind of change: rules and their steps.
OWED = {"fail": [("failed", "first"), ("failed", "second"), ("again", "first")], "return": [("back", "first")],
        "run low": [("low", "first"), ("low", "second")], "recover": [("eased", "first")], "grow": [("grown", "first")]}


def configuration(program: str) -> str:
    step = lambda rule, name: {"exec": [program, rule, name, "{device}/{part}", "{id}"]}
    return rules({"name": "failed", "on": "multipath.path_failed", "do": [step("failed", "first"), step("failed", "second")]},
                 {"name": "again", "on": "multipath.path_failed", "do": step("again", "first"),
                  "retry": {"attempts": 9, "backoff": "100ms..1s"}},
                 {"name": "back", "on": "multipath.path_reinstated", "do": step("back", "first")},
                 {"name": "low", "on": "thin.low_water", "do": [step("low", "first"), step("low", "second")]},
                 {"name": "eased", "on": "thin.low_water", "match": {"state": "cleared"}, "do": step("eased", "first")},
                 {"name": "grown", "on": "thin.extended", "do": step("grown", "first")})


class Path:
    """The first of a map of its own, since what comes of one device while a program runs for it is one run."""

    def __init__(self, stage, name: str):
        self.map, self.lost = Map(stage, name=name), False
        self.device = self.map.device
        self.key = f"{name}/{self.map.paths[0].number}"

    def change(self, _) -> str:
        self.lost = not self.lost
        (self.map.fail if self.lost else self.map.reinstate)(0)
        return "fail" if self.lost else "return"


class Filled:
    """A pool that is written to and discarded from, and grows by a reload."""

    def __init__(self, stage, name: str):
        self.pool, self.key, self.blocks, self.low = Pool(stage, name=name), name + "/", 128, False
        self.device = self.pool.device
        self.device.message("create_thin 0")
        self.volume = dm.create(name + "-volume", f"0 {512 * 128} thin {self.device.number} 0")
        self.most = 2 * self.blocks

    def change(self, chance) -> str:
        if not self.low and self.blocks < self.most and chance.random() < 0.3:
            self.blocks += 16
            self.pool.extend(self.blocks)
            return "grow"
        self.low = not self.low
        if self.low:
            dm.write(self.volume, 0, (self.blocks - self.pool.mark + chance.randrange(8)) * BLOCK)
            return "run low"
        discard(self.volume, 0, self.blocks)
        self.device.commit()  # of which nobody tells: it is seen when the pool is polled
        return "recover"


class Account:
    """What is owed, and what ran by the log of the programs."""

    def __init__(self, path: str):
        open(path, "w").close()
        self.file = open(path)
        self.partial = ""
        self.owed = collections.Counter()  # (rule, step, key)
        self.ran = collections.Counter()  # (what, rule, step, key)
        self.by_event = collections.Counter()  # (what, rule, step, id)
        self.wrong = []

    def owe(self, key: str, what: str) -> None:
        for rule, step in OWED[what]:
            self.owed[rule, step, key] += 1

    def look(self) -> None:
        *lines, self.partial = (self.partial + self.file.read()).split("\n")
        for line in lines:
            what, rule, step, key, id = line.split(" ")
            self.ran[what, rule, step, key] += 1
            self.by_event[what, rule, step, id] += 1
            if step == "second" and what == "start" and not self.by_event["end", rule, "first", id]:
                self.wrong.append(("the second step before the first", line))

    def unpaid(self) -> list[tuple]:
        self.look()
        return [item for item, count in self.owed.items() if self.ran["end", *item] < count]

    def unasked(self) -> list[tuple]:
        """What ended more often than it was owed."""
        return [item[1:] for item, count in self.ran.items() if item[0] == "end" and count > self.owed[item[1:]]]

    def twice(self) -> list[tuple]:
        """What was started again for one event, though it had not failed."""
        return [item for item, count in self.by_event.items()
                if item[0] == "start" and count > 1 + self.by_event["fail", *item[1:]]]


@scenario
def at_random(stage):
    """60 kills of the watcher, the launcher, readers and helpers, the history's disk not answering for half of them: no
    step that was owed is lost, none is run twice for one event. What changes again before anybody has seen that it did
    is told by nobody, so each thing changes only once what its last change owed has run."""
    seed = random.SystemRandom().randrange(1 << 32)
    chance, kills = random.Random(seed), collections.Counter()
    log = f"/run/{stage.name}.log"
    stage.undo.append(lambda: [os.unlink(path) for path in glob.glob(log + "*")])
    account = Account(log)
    config = f"/run/{stage.name}.yaml"
    with open(config, "w") as file:
        file.write(configuration(script(stage, "act", ACT % log)))
    things = [Path(stage, f"map{n}") for n in range(5)] + [Filled(stage, f"pool{n}") for n in range(2)]
    store = FileSystem(stage, "store", 32, "/mnt/store")
    lives = Lives(stage, "--config", config, "--history", "/mnt/store/history.db")
    stage.undo.append(store.answer)  # before anybody's end is awaited
    lives.start()

    def settled() -> list:
        """Those of which it is known that their last change was seen: all that it owed has run."""
        unpaid = {key for *_, key in account.unpaid()}
        return [thing for thing in things if thing.key not in unpaid]

    def rest() -> None:
        def paid() -> bool:
            lives.keep_alive()
            return not account.unpaid()
        try:
            dm.until(paid, "what is owed", PATIENCE)
        except AssertionError:
            lives.keep_ledger()
            for thing in things:
                stage.say(f"{thing.key}: {thing.device.status()}")
            raise AssertionError(f"seed {seed}: lost after {sum(kills.values())} kills: {account.unpaid()}") from None

    changes = collections.Counter()
    for point in range(POINTS):
        if any(point == first for first, _ in STALLED):
            store.stop_answering()
        if any(point == last for _, last in STALLED):
            store.answer()
        ready = settled()
        for thing in chance.sample(ready, min(len(ready), chance.randint(1, 3))):
            what = thing.change(chance)
            stage.say(f"{thing.key}: {what}")
            changes[what] += 1
            account.owe(thing.key, what)
        began = time.monotonic()
        pause = chance.choice([0, 0.01, 0.05, 0.2, 0.5, 1]) * chance.random()
        dm.until(lambda: time.monotonic() - began >= pause, "a random point")
        family = lives.family()
        if store.disk.suspended():
            del family["historian"]  # which no signal reaches then
        who = chance.choice([name for name in WHOM if name in family])
        stage.say(f"kill: {who}")
        kills[who] += 1
        lives.kill(chance.choice(family[who]))
        if point % 10 == 9:
            rest()
    rest()
    account.look()
    status = lives.stop()
    started = sum(count for (what, *_), count in account.ran.items() if what == "start")
    stage.report(f"seed {seed}: {sum(kills.values())} kills {dict(kills)}, {sum(changes.values())} changes, "
                 f"{sum(account.owed.values())} steps owed, {started} programs started, 0 lost, "
                 f"{len(account.twice())} twice, {len(account.unasked())} that nobody asked for")
    assert not account.twice() and not account.unasked() and not account.wrong, (
        seed, account.twice(), account.unasked(), account.wrong)
    assert status == 0, status
