#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the dispatcher and the launcher at random points while pools run low and rules run programs, starts them
again, and holds what ran, by the programs' own log, against what was owed: each step of each rule once for each time
that a pool ran low and stayed so. Usage: kills.py PROGRAM [--points N] [--seed N] [--keep DIR]"""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
import time

from live import BLOCKS, MARK, Live, Written, pool

POOLS = 4
PATIENCE = 30  # seconds for what is owed to run, once nobody is killed any more

# Appends one line when it starts and one when it ends; the first attempt of rule "again" fails.
PROGRAM = """#!/bin/sh
echo "start $1 $2 $3 $4 $5" >>"$LOG"
[ -z "$6" ] || /bin/sleep "$6"
if [ "$1" = again ] && [ ! -e "$LOG.$3.$4" ]; then : >"$LOG.$3.$4"; echo "fail $1 $2 $3 $4 $5" >>"$LOG"; exit 1; fi
echo "end $1 $2 $3 $4 $5" >>"$LOG"
"""
CONFIG = """
version: 1
actions:
  first: {{exec: [{program}, "{{rule}}", first, "{{device}}", "{{data.data_used}}", "{{id}}"], env: {{LOG: {log}}}}}
  second: {{exec: [{program}, "{{rule}}", second, "{{device}}", "{{data.data_used}}", "{{id}}", "0.02"], env: {{LOG: {log}}}}}
  grown: {{exec: [{program}, "{{rule}}", first, "{{device}}", "{{data.blocks}}", "{{id}}"], env: {{LOG: {log}}}}}
rules:
  - {{name: low, on: thin.low_water, do: [first, second]}}
  - {{name: again, on: thin.low_water, do: first, retry: {{attempts: 5, backoff: 50ms}}}}
  - {{name: grown, on: thin.extended, do: grown}}
"""
STEPS = {"low": ["first", "second"], "again": ["first"]}


class Pool:
    """A pool as the kernel has it: LOW in its n-th episode, or not, and of a size that may grow."""

    def __init__(self, minor):
        self.minor, self.episode, self.low, self.growths, self.event_nr = minor, 0, False, 0, 0
        self.known_low = False # by what an instance that was killed had kept

    def total(self):
        return BLOCKS + self.growths

    def used(self):
        return self.total() - MARK + self.episode if self.low else self.total() // 2

    def line(self, why="kernel"):
        return pool(self.minor, self.used(), self.total(), self.event_nr, why)


class Play:
    def __init__(self, program, directory, seed):
        self.program, self.directory, self.chance = program, directory, random.Random(seed)
        self.log = directory / "actions.log"
        self.log.touch()
        self.written = Written(self.log)
        script = directory / "act"
        script.write_text(PROGRAM)
        script.chmod(0o700)
        config = directory / "rules.yaml"
        config.write_text(CONFIG.format(program=script, log=self.log))
        self.arguments = ["--all", "-j", "--config", str(config), "--run-dir", str(directory / "run"),
                          "--pidfile", str(directory / "pid"), "--history", str(directory / "history.db")]
        self.pools = [Pool(minor) for minor in range(POOLS)]
        self.owed = collections.OrderedDict()  # (rule, device, mark): steps in order; must run
        self.life = None
        self.kills = collections.Counter()

    def start(self):
        self.life = Live(self.program, self.arguments, self.directory / "out", self.directory / "err")
        self.life.say(*[p.line("start") for p in self.pools], {"v": 1, "kind": "baseline_done"})

    def first_look(self):
        """What happens before anybody has looked once is nobody's."""
        errors = self.directory / "err"
        written = Written(errors)
        while "watching" not in errors.read_text():
            self.life.wait_for(written, PATIENCE)

    # What ran, by its own account: how often each step started and ended.
    def ran(self):
        told = collections.Counter()
        for line in self.log.read_text().splitlines():
            what, rule, step, device, mark, _ = line.split(" ", 5)
            told[what, rule, step, device, mark] += 1
        return told

    def unpaid(self):
        told = self.ran()
        return [(rule, step, device, mark) for (rule, device, mark), steps in self.owed.items() for step in steps
                if told["end", rule, step, device, mark] == 0]

    def change(self, p):
        """The next thing that happens to a pool, for which all that was owed has run."""
        p.event_nr += 1
        name = f"pool{p.minor}"
        if p.low:
            p.low = False
        elif self.chance.random() < 0.2:
            p.growths += 1
            self.owed["grown", name, str(p.total())] = ["first"]
        else:
            p.low, p.episode = True, p.episode + 1
        if p.low:
            for rule, steps in STEPS.items():
                self.owed[rule, name, str(p.used())] = steps
        return p.line()

    def settled(self, p, unpaid):
        """What it owes has run, and that it recovered is known: of what comes and goes while nobody looks, nobody
        tells."""
        return not any(device == f"pool{p.minor}" for _, _, device, _ in unpaid) and (p.low or not p.known_low)

    def look_into_the_ledger(self):
        """Which pools are low, as far as the dead instance had kept it."""
        copy = self.directory / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in (self.directory / "run").glob("ledger.db*"):
            shutil.copy(file, copy)
        with contextlib.closing(sqlite3.connect(copy / "ledger.db")) as ledger:
            rows = dict(ledger.execute("SELECT CAST(key AS TEXT), value FROM remembered WHERE kind = CAST('device' AS BLOB)"))
        for p in self.pools:
            known = json.loads(rows.get(f"253:{p.minor}", "{}"))
            p.known_low = any(held["type"] == "thin.low_water" for held in known.get("holding", []))

    def point(self):
        """Something happens, somebody is killed, and is started again."""
        unpaid = self.unpaid()
        ready = [p for p in self.pools if self.settled(p, unpaid)]
        for p in self.chance.sample(ready, min(len(ready), self.chance.randint(1, 3))):
            self.life.say(self.change(p))
        time.sleep(self.chance.choice([0, 0.002, 0.01, 0.04, 0.1]) * self.chance.random())
        who = self.chance.choice(["dispatcher", "dispatcher", "launcher"])
        if not self.life.kill(who):
            return # the launcher is not there yet
        self.kills[who] += 1
        self.life.over()
        self.look_into_the_ledger()
        self.start()

    def come_to_rest(self, patience=PATIENCE):
        until = time.monotonic() + patience
        while self.unpaid() and time.monotonic() < until:
            if self.life.process.poll() is not None: # it ends by itself when its launcher is gone
                self.life.over()
                self.start()
            self.life.wait_for(self.written, until - time.monotonic())

    def judge(self):
        told = self.ran()
        lost = self.unpaid()
        twice, order = [], []
        for (what, rule, step, device, mark), count in told.items():
            # Rule "again" fails once for each mark, on purpose.
            if what == "end" and count > 1:
                twice.append((rule, step, device, mark, count))
            if what == "start" and count > (2 if rule == "again" else 1):
                twice.append((rule, step, device, mark, count))
            if (rule, device, mark) not in self.owed:
                order.append(("nobody asked for it", rule, step, device, mark))
        for (rule, device, mark), steps in self.owed.items():
            if len(steps) > 1 and told["start", rule, steps[1], device, mark] > told["end", rule, steps[0], device, mark]:
                order.append(("the second step before the first", rule, device, mark))
        return lost, twice, order


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    directory = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="dmevent-kills-", dir=memory))
    directory.mkdir(exist_ok=True)
    began = time.monotonic()
    play = Play(options.program, directory, seed)
    play.start()
    play.first_look()
    for n in range(options.points):
        play.point()
        if n % 10 == 9:
            play.come_to_rest()
    play.come_to_rest()
    while not play.unpaid(): # the last one is to have begun before it is asked to end
        play.life.say(play.change(play.pools[0]))
    play.come_to_rest()
    lost, twice, wrong = play.judge()
    play.life.process.terminate()
    status = play.life.over(10)
    starts = sum(count for (what, *_), count in play.ran().items() if what == "start")
    print(f"seed {seed}: {sum(play.kills.values())} kills ({dict(play.kills)}), {len(play.owed)} runs owed, "
          f"{starts} programs started, {len(lost)} steps lost, {len(twice)} run twice, {len(wrong)} out of order, "
          f"{time.monotonic() - began:.0f} s")
    for name, found in (("lost", lost), ("twice", twice), ("wrong", wrong)):
        for item in found[:20]:
            print(f"  {name}: {item}")
    if status != 0:
        print(f"  the last one ended with {status}")
    bad = bool(lost or twice or wrong or status != 0 or not play.kills)
    if bad or options.keep:
        print(f"see {directory}")
    else:
        shutil.rmtree(directory)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
