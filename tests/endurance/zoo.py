#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The watching program with every broken plugin there is beside a sound one: whatever they do, thin pools are watched
on, and who did it is named. Usage: zoo.py PROGRAM ZOO_DIR"""
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from live import BLOCKS, Live, Written, pool

PATIENCE = 60


def animal(target, status, event_nr, minor=9, why="kernel"):
    return {"v": 1, "kind": "device", "why": why, "name": f"a-{target}", "uuid": f"UUID-{target}", "major": 253, "minor": minor,
            "diskseq": 100 + minor, "event_nr": event_nr,
            "targets": [{"start": 0, "length": 8, "type": target, "table": None, "status": status}]}


class Play:
    """One life after the other of a watcher in one run directory; a pool that runs low and recovers shows that it lives."""

    def __init__(self, program, zoo, work, animals):
        if animals:
            cage = pathlib.Path(work, "cage")
            cage.mkdir()
            for name in animals:
                shutil.copy(pathlib.Path(zoo, name + ".so"), cage)
            zoo = str(cage)
        self.arguments = ["--all", "-j", "--no-config", "--no-history", "--plugin-dir", zoo, "--run-dir", f"{work}/run"]
        self.program, self.out, self.err = program, pathlib.Path(work, "out"), pathlib.Path(work, "err")
        self.life, self.from_here, self.at, self.event_nr = None, 0, 0, 0

    def start(self, *devices):
        self.life = Live(self.program, self.arguments, self.out, self.err)
        self.at = 0
        self.out.write_text("")
        self.err.write_text("")
        self.life.say(pool(1, 10, event_nr=self.event_nr, why="start"), *devices, {"v": 1, "kind": "baseline_done"})

    def events(self):
        return [json.loads(line) for line in self.out.read_text().splitlines() if line.endswith("}")]

    def until(self, what, so, file=None):
        written, end = Written(file or self.out), time.monotonic() + PATIENCE
        while not so():
            assert time.monotonic() < end, f"{what}: it did not come; {self.err.read_text()[-2000:]}"
            self.life.wait_for(written, 1)

    def has(self, what, **wanted):
        self.until(what, lambda: any(all(event.get(k) == v for k, v in wanted.items()) for event in self.events()))

    def said(self, words):
        self.until(words, lambda: words in self.err.read_text(), self.err)

    def lives(self):
        """The pool runs low and recovers, which is told once each."""
        low = lambda state: sum(e["type"] == "thin.low_water" and e["state"] == state for e in self.events())
        before = low("raised"), low("cleared")
        self.event_nr += 2
        self.life.say(pool(1, BLOCKS - 5, event_nr=self.event_nr - 1), pool(1, 10, event_nr=self.event_nr))
        self.until("the pool", lambda: (low("raised"), low("cleared")) == (before[0] + 1, before[1] + 1))

    def end(self, status=0):
        self.life.process.send_signal(signal.SIGTERM)
        assert self.life.over(PATIENCE) == status, self.err.read_text()


def refused_are_named(play):
    """Half of the zoo cannot even be loaded; each is named with what is wrong."""
    play.start()
    play.lives()
    said = play.err.read_text()
    for broken in ("ctor_crashes", "ctor_loops", "ctor_exits", "look_crashes", "look_loops", "missing_dep", "wrong_abi", "unresolved",
                   "claims_twice"):
        assert broken in said, f"{broken} is not named: {said}"
    play.end()


def one_that_throws_is_set_aside(play):
    play.start(animal("look_throws", "fine", 0))
    for n in range(1, 6):
        play.lives()
        play.life.say(animal("look_throws", "provoke", n))
    play.has("set aside", type="monitor.plugin_failed", part="look_throws", state="raised")
    play.has("in doubt", type="device.status_unknown", state="raised")
    failed, = [e for e in play.events() if e["type"] == "monitor.plugin_failed" and e["part"] == "look_throws" and "device" not in e]
    assert "cannot look" in json.dumps(failed), failed
    play.lives()
    play.life.process.send_signal(signal.SIGHUP)
    play.has("called again", type="monitor.plugin_failed", part="look_throws", state="cleared")
    play.end()


def one_that_crashes_is_set_aside_by_the_next(play):
    play.start(animal("crashes_later", "fine", 0))
    play.lives()
    play.life.say(animal("crashes_later", "provoke", 1))
    assert play.life.over(PATIENCE) == -signal.SIGSEGV or "AddressSanitizer" in play.err.read_text()
    # What the device says is as deadly as before.
    play.start(animal("crashes_later", "provoke", 1, why="start"))
    play.has("set aside", type="monitor.plugin_failed", part="crashes_later", state="raised")
    play.lives()
    failed, = [e for e in play.events() if e["type"] == "monitor.plugin_failed" and e["part"] == "crashes_later" and "device" not in e]
    assert "a-crashes_later" in json.dumps(failed), failed
    play.end()


def one_that_is_slow_is_told_of(play):
    play.start(animal("slow", "fine", 0))
    play.life.say(animal("slow", "provoke", 1))
    play.said("plugin 'slow'")
    play.lives()
    play.end()


def main():
    program, zoo = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:])
    scenes = [(refused_are_named, []), (one_that_throws_is_set_aside, ["look_throws"]),
              (one_that_crashes_is_set_aside_by_the_next, ["crashes_later"]), (one_that_is_slow_is_told_of, ["slow"])]
    for scene, animals in scenes:
        with tempfile.TemporaryDirectory() as work:
            play = Play(program, zoo, work, animals)
            try:
                scene(play)
            finally:
                play.life.process.kill()
            print("ok", scene.__name__)


if __name__ == "__main__":
    main()
