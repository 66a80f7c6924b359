#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules as an administrator meets them, where no kernel is needed: --check-config, --dry-run and --explain.
Usage: rules_test.py SOURCE_ROOT PROGRAM"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT, PROGRAM = pathlib.Path(sys.argv[1]), sys.argv[2]
POOL = {"v": 1, "kind": "device", "name": "vg-pool-tpool", "uuid": "LVM-" + "a" * 64 + "-tpool", "major": 253, "minor": 2,
        "diskseq": 9, "event_nr": 0}
RULES = """
version: 1
monitor: [thin, multipath]
thresholds:
  thin.data_threshold: {at: 70, step: 5, clear: 65}
actions:
  page: {exec: [/usr/local/sbin/page, "{severity}", "{message}"]}
rules:
  - {name: grow, on: thin.data_threshold, do: thin.extend}
  - {name: page, on: thin, match: {severity: ">= warning", data.threshold: ">= 80"}, do: page}
  - {name: late, on: thin.data_threshold, for: 10s, do: {log: "still {data.percent} %"}}
  - {name: other, on: thin, match: {vg: "data*"}, do: page}
"""


def run(*args, **kwargs):
    return subprocess.run([PROGRAM, *args], capture_output=True, timeout=60, text=True, check=False, **kwargs)


def reading(second, used, **more):
    status = f"0 10/1024 {used}/1024 - rw no_discard_passdown queue_if_no_space - 256 "
    return {**POOL, "at": f"2026-01-31T10:15:{second:02}Z", "why": "poll" if second else "start",
            "targets": [{"start": 0, "length": 131072, "type": "thin-pool", "table": "253:0 253:1 128 0 0 ",
                         "status": status}], **more}


def said(result):
    """Without the programs that the machine of the tests does not have."""
    return "".join(line for line in result.stderr.splitlines(True) if "a program that cannot be run now" not in line)


class Rules(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.directory.cleanup()

    def file(self, name, text):
        path = os.path.join(self.directory.name, name)
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return path

    def recording(self, *lines):
        return self.file("recording", "".join(json.dumps(line) + "\n" for line in lines))

    def fill(self):
        baseline = {"v": 1, "at": "2026-01-31T10:15:01Z", "kind": "baseline_done"}
        return self.recording(reading(0, 100), baseline, reading(5, 750), reading(20, 860))

    def decisions(self, *args, **kwargs):
        result = run(*args, **kwargs)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        return [line for line in lines if line["schema"] == "dmevent-decision/1"]

    def test_every_shipped_configuration_is_right(self):
        shipped = [ROOT / "config/dmevent_tool.yaml", *sorted((ROOT / "config/examples").glob("*.yaml"))]
        self.assertGreater(len(shipped), 5)
        for path in shipped:
            # As it is installed: nobody but its owner may write it, which a checkout cannot promise.
            result = run("--check-config", "--config", self.file(path.name, path.read_text(encoding="utf-8")))
            self.assertEqual((result.returncode, said(result)), (0, ""), path)

    def test_what_check_config_prints_means_the_same(self):
        first = run("--check-config", "--config", self.file("a.yaml", RULES))
        again = run("--check-config", "--config", self.file("b.yaml", first.stdout))
        self.assertEqual((again.returncode, said(again), again.stdout), (0, "", first.stdout))
        effective = json.loads(run("--check-config", "-j", "--config", self.file("a.yaml", RULES)).stdout)
        self.assertEqual(effective["poll"]["interval"], "10s")
        self.assertEqual([rule["name"] for rule in effective["rules"]], ["grow", "page", "late", "other"])

    def test_every_mistake_is_named_in_one_run(self):
        path = self.file("bad.yaml", "version: 1\nmonitor: [thn]\nrules:\n  - {name: a, on: thin.low_wter, do: pag}\n"
                                     "  - {name: a, onn: thin, do: {thin.extend: {precent: 5}}}\n")
        result = run("--check-config", "--config", path)
        self.assertEqual((result.returncode, result.stdout), (78, ""))
        for place, word in (("2:", "thin"), ("4:", "thin.low_water"), ("4:", "pag"), ("5:", "on"), ("5:", "'a'")):
            self.assertTrue(any(f"bad.yaml:{place}" in line and word in line for line in result.stderr.splitlines()),
                            (place, word, result.stderr))
        for mode in (("-fa",), ("-q",), ("--replay", self.recording())):
            self.assertEqual(run(*mode, "--config", path).returncode, 78, mode)

    def test_a_file_that_others_may_write_is_refused(self):
        path = self.file("a.yaml", RULES)
        os.chmod(path, 0o666)
        result = run("--check-config", "--config", path)
        self.assertEqual(result.returncode, 78)
        self.assertIn("a.yaml", result.stderr)

    def test_dry_run_shows_what_would_be_run_and_when(self):
        decisions = self.decisions("--replay", self.fill(), "--dry-run", "-j", "--config", self.file("r.yaml", RULES))
        said = [(d["rule"], d["decision"]) for d in decisions]
        self.assertEqual(said, [("grow", "fires"), ("late", "waits"), ("late", "fires"), ("grow", "fires"),
                                ("page", "fires"), ("late", "waits")])
        argv = decisions[0]["steps"][0]["program"]
        self.assertEqual(argv[:3], ["/usr/sbin/lvm", "lvextend", "--use-policies"])
        self.assertEqual(argv[-1], "vg/pool")
        self.assertEqual(decisions[2]["time"], "2026-01-31T10:15:15.000000000Z")
        self.assertEqual(decisions[2]["steps"][0]["line"], "still 73.24 %")
        page = decisions[4]["steps"][0]["program"]
        self.assertEqual(page[:2], ["/usr/local/sbin/page", "warning"])
        self.assertIn("80", page[2])

    def test_explain_says_of_every_rule_why_not(self):
        decisions = self.decisions("--replay", self.fill(), "--explain", "-j", "--config", self.file("r.yaml", RULES))
        why = {d["rule"]: d["reason"] for d in decisions if d["decision"] == "no"}
        self.assertEqual(set(why), {"page", "other"})
        self.assertIn("data.threshold", why["page"])
        self.assertIn("vg", why["other"])

    def test_explain_takes_events_from_standard_input(self):
        rules = self.file("r.yaml", RULES)
        events = run("-j", "--no-config", "--replay", self.fill(), "thin").stdout
        self.assertIn("thin.data_threshold", events)
        decisions = self.decisions("--explain", "-j", "--config", rules, input=events)
        self.assertIn(("page", "fires"), [(d["rule"], d["decision"]) for d in decisions])
        # Without the kernel there is no target that a hook could plan on, which is said.
        refused = [step["refused"] for d in decisions for step in d.get("steps", []) if "refused" in step]
        self.assertTrue(refused)
        for why in refused:
            self.assertIn("use --replay", why)
        result = run("--explain", "--config", rules, input='{"type": 5}\nnothing\n')
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard input:1", result.stderr)
        self.assertIn("standard input:2", result.stderr)

    def test_types_choose_what_is_shown_and_not_what_rules_see(self):
        rules = self.file("r.yaml", RULES.replace("do: thin.extend", "do: thin.extend, cooldown: 1h"))
        everything = self.decisions("--replay", self.fill(), "--explain", "-j", "--config", rules)
        some = self.decisions("--replay", self.fill(), "--explain", "-j", "--config", rules, "thin.data_threshold")
        self.assertEqual(some, [d for d in everything if d["event_type"] == "thin.data_threshold"])
        self.assertTrue(any(d["decision"] == "waits" for d in some))
        none = run("--replay", self.fill(), "--explain", "--config", rules, "raid")
        self.assertEqual((none.returncode, none.stdout), (0, ""))

    def test_what_is_not_monitored_is_said_to_be_so(self):
        rules = self.file("r.yaml", RULES.replace("monitor: [thin, multipath]", "monitor: [multipath]"))
        events = run("-j", "--no-config", "--replay", self.fill(), "thin.data_threshold").stdout
        result = run("--explain", "--config", rules, input=events)
        self.assertEqual(result.returncode, 0)
        self.assertIn("is not monitored", result.stderr)

    def test_as_text_it_is_for_people(self):
        text = run("--replay", self.fill(), "--explain", "--config", self.file("r.yaml", RULES)).stdout
        for part in ("rule 'grow' fires for vg-pool-tpool: ", "thin.extend: would run /usr/sbin/lvm lvextend",
                     "rule 'other' does not fire for vg-pool-tpool: ",
                     "would log: still 73.24 %", "not if dmeventd manages the device"):
            self.assertIn(part, text)

    def test_hostile_names_fill_one_argument(self):
        name = "-rf $(id) `id` ; ' \" \\ \n {device} "
        rules = ("version: 1\nmonitor: [device]\nrules:\n"
                 '  - {name: a, on: device.removed, do: {exec: [/bin/echo, --, "<{device}>", "{device}"]}}\n')
        device = {**POOL, "at": "2026-01-31T10:15:00Z", "name": name, "uuid": "u", "targets": []}
        gone = {"v": 1, "at": "2026-01-31T10:15:02Z", "kind": "removed", "name": name, "uuid": "u", "major": 253,
                "minor": 2, "diskseq": 9}
        decisions = self.decisions("--replay", self.recording(device, gone), "--dry-run", "-j", "--config",
                                   self.file("r.yaml", rules))
        self.assertEqual([d["steps"][0]["program"] for d in decisions], [["/bin/echo", "--", f"<{name}>", name]])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
