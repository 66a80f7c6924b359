#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Past events as --query shows them. Usage: history_test.py PROGRAM STORE_HELPER

The devices of this machine are left out where there are none to be read; the history is shown all the same.
"""
import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

PROGRAM, HELPER = sys.argv[1:]


def event(number, kind, severity, device=None):
    line = {"schema": "dmevent/1", "id": f"{number:08}", "time": f"2026-01-31T10:{number:02}:00.000000000Z", "type": kind,
            "severity": severity, "state": "raised", "initial": False, "source": "kernel", "message": f"it is number {number}"}
    if device:
        line["device"] = {"name": device, "uuid": f"LVM-{device}", "major": 253, "minor": 1, "path": "/dev/dm-1"}
    return line | {"part": "", "data": {"n": number}}


EVENTS = [event(n, "thin.low_water" if n % 2 else "raid.degraded", "warning" if n % 2 else "error",
                "vg-pool" if n % 2 else "array\x1b[31m") for n in range(30)]
DECISION = {"schema": "dmevent-decision/1", "time": EVENTS[29]["time"], "rule": "grow", "decision": "fires",
            "reason": "it is so", "event": EVENTS[29]["id"], "event_type": "thin.low_water", "device": "vg-pool",
            "steps": [{"action": "page", "program": ["/bin/page", "two words"]}]}


class History(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(self.directory.cleanup)
        self.file = str(pathlib.Path(self.directory.name) / "history.db")
        lines = [json.dumps(e) for e in EVENTS] + [f"{EVENTS[29]['id']} {json.dumps(DECISION)}"]
        subprocess.run([HELPER, "keep", self.file], input="\n".join(lines) + "\n", text=True, check=True, timeout=60)

    def query(self, *arguments, file=None, status=0):
        done = subprocess.run([PROGRAM, "-q", "--no-config", "--history", file or self.file, *arguments], check=False,
                              capture_output=True, text=True, timeout=60, env={**os.environ, "TZ": "UTC"})
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def lines(self, *arguments):
        lines = [json.loads(line) for line in self.query("-j", *arguments).stdout.splitlines()]
        return [line for line in lines if line["schema"] != "dmevent-query/1"]

    def numbers(self, *arguments):
        return [line["data"]["n"] for line in self.lines(*arguments)]

    def test_the_newest_twenty_as_they_were(self):
        self.assertEqual([e | {"device": e["device"]} for e in self.lines()], EVENTS[10:])

    def test_as_many_as_are_asked_for(self):
        self.assertEqual(self.numbers("--last", "3"), [27, 28, 29])
        self.assertEqual(self.numbers("--last", "all"), list(range(30)))
        self.assertEqual(self.numbers("--last", "0"), [])

    def test_times(self):
        self.assertEqual(self.numbers("--since", "2026-01-31T10:05:00Z"), list(range(5, 30)))
        self.assertEqual(self.numbers("--since", "2026-01-31 10:05", "--until", "2026-01-31 10:07"), [5, 6, 7])
        self.assertEqual(self.numbers("--since", "2026-01-31 10:05", "--last", "2"), [28, 29])
        self.assertEqual(self.numbers("--until", "2026-01-31"), [])

    def test_devices_types_and_severities(self):
        odd = list(range(1, 30, 2))
        for arguments in (["--device", "vg-*"], ["--device", "LVM-vg-pool"], ["thin"], ["-i", "LVM-arr*"]):
            self.assertEqual(self.numbers("--last", "all", *arguments), odd, arguments)
        self.assertEqual(self.numbers("--last", "2", "--severity", "error"), [26, 28])

    def test_decisions_only_when_they_are_asked_for(self):
        self.assertEqual(self.lines("--explain", "--last", "1"), [EVENTS[29], DECISION])
        text = self.query("--explain", "--last", "1").stdout
        self.assertIn("rule 'grow' fires for vg-pool: it is so", text)
        self.assertIn("would run /bin/page 'two words'", text)

    def test_text_has_a_heading_and_no_raw_bytes(self):
        text = self.query("--last", "2").stdout
        self.assertIn("\npast events\n2026-01-31 10:28:00.000  error ", text)
        self.assertTrue(text.endswith("it is number 29\n"), text)
        self.assertNotIn("\x1b", self.query("-vv").stdout)
        self.assertIn("\nno past events\n", self.query("--since", "1s").stdout)

    def test_what_cannot_be_read_is_named(self):
        missing = self.file + ".none"
        self.assertIn(f"there is no history {missing}", self.query(file=missing, status=1).stderr)
        pathlib.Path(missing).write_text("something else", encoding="utf-8")
        self.assertIn(f"cannot read the history {missing}", self.query(file=missing, status=1).stderr)

    def test_rows_that_are_no_lines_of_ours_are_counted(self):
        with contextlib.closing(sqlite3.connect(self.file)) as history:
            odd = ["[" * 1_000_000, json.dumps(EVENTS[1]) + "\n", json.dumps(EVENTS[1]).encode() + b"\xff", "{}", ""]
            for row in odd:
                history.execute("INSERT INTO history(time, kind, id, type, severity, name, uuid, json)"
                                " VALUES(1800000000000000000, 'event', 'x', 'thin.low_water', 2, '', '', CAST(? AS TEXT))", (row,))
            history.execute("INSERT INTO history(time, kind, id, json) VALUES(0, 'decision', ?, ?)", (EVENTS[29]["id"], "[" * 1_000_000))
            history.commit()
        done = self.query("-j", "--explain", "--last", str(len(odd) + 1))
        self.assertEqual([json.loads(line)["schema"] for line in done.stdout.splitlines()][-2:], ["dmevent/1", "dmevent-decision/1"])
        self.assertIn("6 rows are damaged and not shown", done.stderr)

    def test_wrong_options(self):
        for arguments, word in ((["--since", "last week"], "'last week' is no time"), (["--last", "-1"], "'-1' is no number"),
                                (["--severity", "bad"], "'bad' is no severity"), (["--no-history"], "contradicts"),
                                (["--since", "1h", "--until", "2h"], "is before --since")):
            self.assertIn(word, self.query(*arguments, status=2).stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
