# SPDX-License-Identifier: Apache-2.0
"""The program under faults: what it is told, what it says, what its rules ran."""
import collections
import contextlib
import ctypes
import json
import mmap
import os
import pathlib
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "endurance"))
from live import BLOCKS, MARK, Written, children, pool  # pylint: disable=wrong-import-position

PATIENCE = 20  # seconds for what is to come; what comes is not waited for any longer
MOST_FAULTS = 16

# Appends a line when it starts and one when it ends; the first attempt of rule "again" fails.
PROGRAM = """#!/bin/sh
echo "start $1 $2 $3 $4" >>"$LOG"
if [ "$1" = again ] && [ ! -e "$LOG.$3.$4" ]; then : >"$LOG.$3.$4"; exit 1; fi
echo "end $1 $2 $3 $4" >>"$LOG"
"""
RULES = """
version: 1
actions:
  first: {{exec: [{program}, "{{rule}}", first, "{{device}}", "{{data.data_used}}"], env: {{LOG: {log}}}}}
  second: {{exec: [{program}, "{{rule}}", second, "{{device}}", "{{data.data_used}}"], env: {{LOG: {log}}}}}
rules:
  - {{name: low, on: thin.low_water, do: [first, second]}}
  - {{name: again, on: thin.low_water, do: first, retry: {{attempts: 5, backoff: 50ms}}}}
"""
STEPS = {"low": ["first", "second"], "again": ["first"]}


class Control:
    """The file that faulty_libc maps: clock off, armed, and per fault how often its call was made and failed."""

    def __init__(self, path):
        path.write_bytes(bytes(16 + 8 * MOST_FAULTS))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)

    def arm(self, yes=True):
        self.map[8:12] = struct.pack("I", int(yes))

    def clock_off(self, seconds):
        self.map[0:8] = struct.pack("q", seconds)

    def made(self, n):
        return struct.unpack_from("I", self.map, 16 + 8 * n + 4)[0]


class Family:
    """One life of the program and its helpers, in DIRECTORY; a second one takes over what the first left there."""

    def __init__(self, tools, directory, faults="", rules=RULES, arguments=None):
        self.tools, self.directory, self.faults = tools, directory, faults
        self.log, self.out, self.err = directory / "actions.log", directory / "out", directory / "err"
        for file in (self.log, self.out, self.err):
            file.touch()
        self.script, self.config = directory / "act", directory / "rules.yaml"
        self.script.write_text(PROGRAM)
        self.script.chmod(0o700)
        self.config.write_text(rules.format(program=self.script, log=self.log))
        self.control = Control(directory / "control")
        self.arguments = arguments or ["-f", "--all", "-j", "--config", str(self.config), "--run-dir", str(directory / "run"),
                                       "--pidfile", str(directory / "pid"), "--history", str(directory / "history.db")]
        self.environment = {}
        self.written, self.process, self.event_nr = [], None, 0
        self.owed = []

    def start(self, program=None, **streams):
        environment = dict(os.environ, LD_PRELOAD=str(self.tools.faulty_libc), FAULTS=self.faults,
                           FAULTS_CONTROL=str(self.directory / "control"), **self.environment)
        self.written = [Written(file) for file in (self.log, self.out, self.err)]
        plugins = ["--plugin-dir", str(self.tools.plugins)]
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            self.process = subprocess.Popen([program or self.tools.live, *self.arguments, *plugins], env=environment,
                                            **{"stdin": subprocess.PIPE, "stdout": out, "stderr": err, **streams})
        return self

    # ---- its kernel

    def say(self, *lines):
        try:
            self.process.stdin.write("".join(json.dumps(line) + "\n" for line in lines).encode())
            self.process.stdin.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass  # how it ended is seen by whoever looks

    def device(self, minor, used, why="kernel"):
        self.event_nr += 1
        self.say(pool(minor, used, event_nr=self.event_nr, why=why))

    def baseline(self, lows=()):
        for minor in range(2):
            self.device(minor, BLOCKS - MARK + lows[minor] if minor < len(lows) else BLOCKS // 2, "start")
        self.say({"v": 1, "kind": "baseline_done"})
        return self

    def watching(self):
        self.until(lambda: "watching\n" in self.errors(), "it watches")
        return self

    def low(self, minor, mark, steps=None):
        """A pool runs low; what the rules owe for it is noted."""
        used = BLOCKS - MARK + mark
        self.device(minor, used)
        for rule, names in (STEPS if steps is None else steps).items():
            self.owed += [(rule, name, f"pool{minor}", str(used)) for name in names]

    def fine(self, minor):
        self.device(minor, BLOCKS // 2)

    # ---- what came of it

    def errors(self):
        return self.err.read_text()

    def events(self, kind=None):
        lines = self.out.read_text().split("\n")[:-1]
        return [e for e in map(json.loads, lines) if kind in (None, e["type"])]

    def ran(self, what="end"):
        told = collections.Counter()
        for line in self.log.read_text().splitlines():
            how, *key = line.split()
            told[tuple(key)] += how == what
        return told

    def unpaid(self):
        ran = self.ran()
        return [step for step in self.owed if ran[step] == 0]

    def until(self, so, what, patience=PATIENCE):
        """Looks again whenever something was written; and else now and then, since counts of faults wake nobody."""
        why = [""]

        def seen():
            try:
                return so()
            except AssertionError as e:
                why[0] = f": {e}"
                return False
        end, pidfd = time.monotonic() + patience, os.pidfd_open(self.process.pid)
        try:
            while not seen():
                left = end - time.monotonic()
                ready = select.select([*self.written, pidfd], [], [], min(max(left, 0), 0.1))[0]
                if (left <= 0 or pidfd in ready) and not seen():
                    raise AssertionError(f"not seen that {what}{why[0]}: it {'ended' if pidfd in ready else 'waits'}")
                for written in set(ready) - {pidfd}:
                    written.forget()
        finally:
            os.close(pidfd)

    def paid(self):
        self.until(lambda: not self.unpaid(), "all that is owed has run")
        return self

    def once(self):
        """Each step that was owed ended exactly once, and nothing else did."""
        ran = self.ran()
        assert not self.unpaid(), f"never run: {self.unpaid()}"
        assert ran == collections.Counter(self.owed), f"not once: {ran - collections.Counter(self.owed)}"
        return self

    def kept(self):
        """The history has all that was said."""
        with contextlib.closing(sqlite3.connect(f"file:{self.directory}/history.db?mode=ro", uri=True)) as history:
            ids = {row[0] for row in history.execute("SELECT id FROM history WHERE kind = 'event'")}
        lost = [event["type"] for event in self.events() if event["id"] not in ids]
        assert not lost, f"the history lacks {lost}"
        return self

    def end(self, patience=10):
        self.process.send_signal(signal.SIGTERM)
        return self.over(patience)

    def over(self, patience=PATIENCE):
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"it has not ended within {patience} s") from late
        finally:
            self.bury()

    def bury(self):
        while self.written:
            written = self.written.pop()
            os.close(written.fd)
            written.fd = -1  # closed by who else may own it
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process and self.process.stdin:
            try:
                self.process.stdin.close()
            except OSError:
                pass

    def helper(self, name):
        """The process id of the helper that calls itself NAME."""
        look = [self.process.pid]
        while look:
            for child in children(look.pop()):
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name:
                    return child
                look.append(child)
        return None

    def made(self, *which):
        """The faults that the case is about were made."""
        for n in which or range(len(self.faults.split(","))):
            assert self.control.made(n) > 0, f"fault {n} of {self.faults} was never made"
        return self

    def said(self, *parts):
        """Somewhere it says each of PARTS."""
        text = self.errors() + self.out.read_text()
        for part in parts:
            assert part in text, f"does not say {part!r}"
        return self


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
