#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The editors' schema: it is what the program generates, and takes and refuses what the program does.

Usage: schema_test.py CONFIG_DIR CONFIG_DOC
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import jsonschema

CONFIG, DOC = pathlib.Path(sys.argv[1]), sys.argv[2]
FILE = CONFIG / "dmevent_tool.schema.json"

# JSON is YAML: the program reads the same values that the schema is shown.
RIGHT = {
    "version": 1, "monitor": ["thin"], "ignore": [{"uuid": "CRYPT-*"}], "dry_run": False,
    "poll": {"interval": "10s", "fastest": "250ms"},
    "limits": {"programs": 8, "queue": 1000, "pinned_mib": 0, "waiting_lvm": False, "stale_after": "1h"}, "keep": ["/usr/sbin/lvm"],
    "history": {"file": "/var/lib/history.db", "keep": "90d", "max_size": "256MiB"},
    "thresholds": {"thin.data_threshold": {"at": 80, "step": 5.5, "clear": 75}},
    "actions": {"page": {"exec": ["/bin/page", "{message}"], "timeout": "20s", "run_as": "nobody", "env": {"A": "1"}},
                "note": {"log": {"level": "info", "message": "{message}"}}, "short": {"log": "{message}"},
                "unit": {"systemd": "start a@{device}.service"}},
    "rules": [{"name": "r", "on": ["thin.*"], "match": {"device": "vg*", "data.data_percent": [">= 70", 5]},
               "do": [{"thin.extend": {"max_size": "2TiB"}}, "page", {"exec": ["/bin/true"]}, {"log": "a"}],
               "for": "0s", "cooldown": "1m", "remind": "every 1h", "max_runs": "5 per 10m",
               "retry": {"attempts": 5, "backoff": "1s..5m"}, "enabled": True, "dry_run": False},
              {"name": "s", "on": "thin", "do": "page"}],
}
WRONG = [
    (("version",), 2), (("version",), "1"), (("version",), None), (("monitor",), {}), (("ignore", 0), {}),
    (("poll", "interval"), 10), (("poll", "interval"), "10"), (("poll", "interval"), "1h30m"), (("poll", "often"), "1s"),
    (("limits", "programs"), 0), (("limits", "programs"), 257), (("limits", "queue"), 1.5), (("limits", "pinned_mib"), -1),
    (("limits", "waiting_lvm"), 1), (("dry_run",), "yes"),
    (("thresholds", "thin.data_threshold", "at"), 101), (("thresholds", "thin.data_threshold", "at"), "80"),
    (("actions", "page", "log"), "also"), (("actions", "page", "timeout"), "soon"), (("actions", "page", "env"), {"1": "a"}),
    (("actions", "unit"), {}), (("actions", "note", "log"), {"text": "a"}), (("frob",), 1),
    (("rules", 0, "on_event"), "thin"), (("rules", 0, "remind"), "daily"), (("rules", 0, "max_runs"), "0 per 1m"),
    (("rules", 0, "retry", "attempts"), 0), (("rules", 0, "retry", "backoff"), "1..5"), (("rules", 0, "enabled"), 1),
    (("history", "max_size"), 256), (("history", "max_size"), "256M"), (("history", "keep"), "for ever"),
    (("rules", 0, "match"), {"data": {"a": 1}}), (("rules", 0, "do"), [{"page": {"a": 1}}]), (("rules",), {}),
    (("rules", 0, "do"), [{"thin.extend": {}, "raid.repair": {}}]), (("rules", 0), {"name": "r", "on": "thin"}),
]


def program_takes(settings):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(json.dumps(settings))
        file.flush()
        done = subprocess.run([DOC, "json", file.name], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode == 0, done


class Schema(unittest.TestCase):
    def setUp(self):
        self.schema = json.loads(FILE.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(self.schema)

    def test_it_is_what_the_program_generates(self):
        generated = subprocess.run([DOC, "schema"], capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertEqual(FILE.read_text(encoding="utf-8"), generated, f"run `config_doc schema > {FILE.name}`")

    def test_what_is_right_passes_and_so_does_what_is_in_force(self):
        taken, done = program_takes(RIGHT)
        self.assertTrue(taken, done.stderr)
        self.validator.validate(RIGHT)
        self.validator.validate(json.loads(done.stdout))

    def test_the_shipped_file_works_as_it_is(self):
        done = subprocess.run([DOC, "json", CONFIG / "dmevent_tool.yaml"], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.validator.validate(json.loads(done.stdout))

    def test_the_shipped_examples_work_when_taken_in(self):
        lines = (CONFIG / "dmevent_tool.yaml").read_text(encoding="utf-8").splitlines()
        text = "\n".join(line[1:] if line[:1] == "#" and line[:2] != "# " else line for line in lines)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([DOC, "json", file.name], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        settings = json.loads(done.stdout)
        self.validator.validate(settings)
        self.assertEqual(set(settings), set(self.schema["properties"]))

    def test_what_is_wrong_is_refused_by_both(self):
        for path, value in WRONG:
            settings = copy.deepcopy(RIGHT)
            at = settings
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            with self.subTest(path=path, value=value):
                self.assertFalse(self.validator.is_valid(settings))
                self.assertFalse(program_takes(settings)[0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
