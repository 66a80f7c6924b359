#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual page against the program and the schemas. Usage: man_test.py SOURCE_ROOT PROGRAM"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT, PROGRAM = pathlib.Path(sys.argv[1]), sys.argv[2]
MANUAL = (ROOT / "docs/man/dmevent_tool.8.scd").read_text(encoding="utf-8")
OPTION = re.compile(r"^\*(?:(-\w), )?(--[a-z-]+)\*(?: _([A-Z]+)_)?$", re.M)
HELP_OPTION = re.compile(r"^  (?:(-\w),|   ) (--[a-z-]+)(?: ([A-Z]+))? ", re.M)


def output(*args):
    return subprocess.run([PROGRAM, *args], check=True, capture_output=True, text=True, timeout=60).stdout


def section(name):
    return re.search(rf"^# {name}\n(.*?)(?=^# |\Z)", MANUAL, re.M | re.S).group(1)


class Manual(unittest.TestCase):
    def test_it_has_the_options_of_the_help_text_and_no_others(self):
        said = HELP_OPTION.findall(output("--help"))
        self.assertGreater(len(said), 10)
        self.assertEqual(sorted(OPTION.findall(section("OPTIONS"))), sorted(said))

    def test_it_has_every_exit_status(self):
        kinds = (ROOT / "core/base/result.cpp").read_text(encoding="utf-8")
        given = {int(n) for n in re.findall(r"case ErrorKind::\w+: return (\d+);", kinds)} | {0}
        told = {int(n) for n in re.findall(r"^\*(\d+)\*$", section("EXIT STATUS"), re.M)}
        self.assertEqual(told, given)
        line = re.search(r"^Exit status: (.*)", output("--help"), re.M | re.S).group(1)
        self.assertEqual({int(n) for n in re.findall(r"\d+", line)}, given)

    def test_it_has_every_member_of_the_json(self):
        parts = {name: text for name, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", section("OUTPUT"), re.M | re.S)}
        for schema, title in (("event", "Events as JSON"), ("query", "The query"),
                              ("catalogue", "The list of event types")):
            described = json.loads((ROOT / "config" / f"{schema}.schema.json").read_text(encoding="utf-8"))
            members = set(described["properties"]) - {"schema"}
            for inner in ("kernel", "uevent"):
                members |= set(described["properties"].get(inner, {}).get("properties", {}))
            if schema == "event":
                members |= set(described["$defs"]["device"]["properties"])
            named = set(re.findall(r"[*_]([a-z_]+)[*_]", parts[title]))
            self.assertEqual(members - named, set(), title)

    def test_it_has_every_family(self):
        families = {json.loads(line)["family"] for line in output("-lj").splitlines()} - {"action"}
        told = set(re.findall(r"^\*(\w+)\*$", section("EVENT TYPES"), re.M))
        self.assertEqual(families - told, set())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
