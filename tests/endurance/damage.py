#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Overwrites the ledger and the history under the watching program: each is told as failed, set aside and begun anew,
and told to work again; every event comes, every action runs, and what a successor must know is whole in the end.
Usage: damage.py PROGRAM"""
import atexit
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from live import BLOCKS, MARK, Live, Written, pool

POOLS = 3000 # what is remembered of them does not fit into what the library keeps in memory
PATIENCE = 60
CONFIG = """
version: 1
rules:
  - {{name: told, on: thin.low_water, match: {{device: pool1}}, do: {{exec: [/bin/sh, -c, "echo $0 >>{log}", "{{data.data_used}}"]}}}}
"""
PAGE = 4096


def overwrite(*files):
    """All but the first page, in place."""
    for file in files:
        with contextlib.suppress(FileNotFoundError), open(file, "r+b", buffering=0) as f:
            for at in range(PAGE, os.stat(file).st_size, PAGE):
                os.pwrite(f.fileno(), b"\xa5" * PAGE, at)


class Play:
    def __init__(self, program, directory):
        self.program, self.directory, self.event_nr, self.read = program, directory, 0, 0
        self.run, self.history, self.log = directory / "run", directory / "history.db", directory / "actions.log"
        (directory / "rules.yaml").write_text(CONFIG.format(log=self.log))
        self.events = []
        self.life = None

    def start(self):
        self.life = Live(self.program, ["--all", "-j", "--config", str(self.directory / "rules.yaml"), "--run-dir", str(self.run),
                                        "--history", str(self.history)], self.directory / "out", self.directory / "err")
        self.life.say(*[self.line(minor, "start") for minor in range(POOLS)], {"v": 1, "kind": "baseline_done"})

    def line(self, minor, why="kernel"):
        return pool(minor, BLOCKS - MARK + self.event_nr if self.event_nr % 2 else BLOCKS // 2, event_nr=self.event_nr, why=why)

    def change(self):
        """Every pool runs low, or recovers, and is told to."""
        self.event_nr += 1
        self.life.say(*[self.line(minor) for minor in range(POOLS)])
        self.wait_for_events("an event", lambda events: sum(e["type"] == "thin.low_water" for e in events) == POOLS * self.event_nr)

    def look(self):
        with open(self.directory / "out", encoding="utf-8") as out:
            out.seek(self.read)
            for line in iter(out.readline, ""):
                if not line.endswith("\n"):
                    break
                self.events.append(json.loads(line))
                self.read += len(line.encode())
        return self.events

    def wait(self, what, file, until):
        written, end = Written(file), time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < end, f"{what} did not come: {(self.directory / 'err').read_text()[-3000:]}"
            self.life.wait_for(written, 1)

    def wait_for_events(self, what, until):
        self.wait(what, self.directory / "out", lambda: until(self.look()))

    def states(self, part):
        return [(e["state"], e["message"]) for e in self.look() if e["type"] == "monitor.store_failed" and e["part"] == part]

    def come_through(self, part):
        """Pools change until PART was found to be damaged, and mended."""
        for _ in range(20):
            self.change()
            if len(self.states(part)) >= 2:
                break
        self.wait_for_events(f"{part} again", lambda _: len(self.states(part)) >= 2)
        (raised, why), (cleared, _) = self.states(part)
        assert (raised, cleared) == ("raised", "cleared"), self.states(part)
        assert str(self.directory) in why and "set aside as" in why, why
        print(f"{part}: {why}")

    def ledger_rows(self):
        """What a successor would find, by a copy: the program has the file for itself."""
        copy = pathlib.Path(tempfile.mkdtemp(dir=self.directory))
        for file in self.run.glob("ledger.db*"):
            shutil.copy(file, copy)
        with contextlib.closing(sqlite3.connect(copy / "ledger.db")) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return ledger.execute("SELECT count(*) FROM remembered WHERE kind = CAST('device' AS BLOB)").fetchone()[0]

    def past(self):
        shown = subprocess.run([self.program, "-q", "-j", "--no-config", "--history", str(self.history), "--last", "all"], check=True,
                               capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        return [json.loads(line) for line in shown.stdout.splitlines()]

    def acted(self):
        return self.log.read_text().split() if self.log.exists() else []


def main():
    with tempfile.TemporaryDirectory(prefix="dmevent-damage-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as name:
        play = Play(sys.argv[1], pathlib.Path(name))
        atexit.register(lambda: play.life and play.life.process.kill()) # a failed test leaves nobody behind
        play.start()
        play.wait("the start", play.directory / "err", lambda: "watching" in (play.directory / "err").read_text())
        play.wait("the history", play.directory, lambda: os.path.exists(play.history))
        overwrite(play.run / "ledger.db", play.run / "ledger.db-wal")
        play.come_through("ledger")
        assert (play.run / "ledger.db.bad").exists()
        overwrite(play.history, f"{play.history}-wal")
        play.come_through("history")
        assert list(play.directory.glob("history.db.corrupt-*"))

        if play.event_nr % 2 == 0:
            play.change()
        owed = [str(BLOCKS - MARK + n) for n in range(1, play.event_nr + 1, 2)]
        play.wait("an action", play.directory, lambda: play.acted() == owed)
        assert play.ledger_rows() == POOLS, play.ledger_rows()
        play.life.kill("dispatcher")
        play.life.over()
        play.start()
        play.wait("a successor", play.directory / "err",
                  lambda: f"going on where an earlier instance was, with {POOLS} devices" in (play.directory / "err").read_text())
        play.change()
        play.life.process.terminate()
        assert play.life.over(PATIENCE) == 0
        kept = {e["id"] for e in play.past() if "id" in e}
        told = [e["id"] for e in play.look()[-POOLS:]]
        assert kept.issuperset(told), f"{len(set(told) - kept)} of the last {POOLS} events are not in the history"
    print(f"{len(play.events)} events, {len(owed)} actions, both stores begun anew under them")


if __name__ == "__main__":
    main()
