#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the scenarios in guests, each twice: as the kernel is, and with what older kernels lack hidden. Then, here:
every JSON line against the schema, and every recording replayed, which must print the same bytes. A few that failed are
played once more, each alone, since a guest on a busy machine may be late: those that pass then are named as unsteady.

run.py --program FILE --schema FILE [--results DIR] [--once] [NAME...]      NAME: a file (thin) or a scenario"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
# Scenarios that share a guest, the longest first; some groups need udevd, or systemd and what is installed.
GROUPS = [["lvm", "lvm_rules", "lvm_waiting"], ["service"], ["boot"], ["kills", "endurance.two_thousand"], ["hang", "cli", "netlink"], ["programs", "responses", "multipath_rules", "worst_day"],
          ["devices", "multipath"], ["thin", "raid", "mirror"], ["multipathd"]]
UDEV = {"multipathd"}
SYSTEMD = {"service", "boot"}
AT_BOOT = {"boot"}
INSTALLED = {"service", "boot", "worst_day"}
HIDE = "diskseq,list"
ONCE = {"boot", "kills", "endurance", "lvm_waiting", "programs", "responses", "service", "worst_day"}  # what they show has nothing to do with the kernel's age
UNSTEADY = 3  # more failures than these are no accident
LINE = re.compile(r"(ok|FAIL) (\S+) \((.*) s\)$")


class Suite:
    def __init__(self, options):
        self.options = options
        self.outcomes = {}  # "pass/scenario" -> list of what is wrong
        self.lock = threading.Lock()
        self.results = pathlib.Path(options.results).resolve()
        self.validator = jsonschema.Draft202012Validator(json.loads(pathlib.Path(options.schema).read_text()))

    def groups(self) -> list[list[str]]:
        if not self.options.names:
            return GROUPS
        file = lambda name: name.split(".")[0]
        chosen = [[name for name in self.options.names if file(name) in map(file, group)] for group in GROUPS]
        unknown = set(self.options.names) - {name for group in chosen for name in group}
        if unknown:
            sys.exit(f"run.py: no scenarios in {', '.join(sorted(unknown))}")
        return [group for group in chosen if group]

    def install(self, stem: pathlib.Path) -> pathlib.Path:
        """Everything, as a package would, for a guest to take."""
        root = stem.with_name(stem.name + ".installed")
        done = subprocess.run(["meson", "install", "-C", self.options.program.parents[1], "--no-rebuild", "--strip",
                               "--quiet", "--destdir", root], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"run.py: cannot install: {(done.stdout + done.stderr)[-500:]}")
        return root

    def guest(self, turn: str, names: list[str]) -> None:
        """One guest, to its end; what it printed becomes outcomes."""
        place = self.results / turn
        shares = {str(HERE), str(place), str(self.options.program.parents[1])}
        words = [str(HERE / "vm/run"), "--timeout", str(self.options.timeout), "--console",
                 str(place / f"{names[0]}.console"), "--cwd", str(place)]
        for share in sorted(shares):
            words += ["--share", share]
        if UDEV & {name.split(".")[0] for name in names}:
            words += ["--udev"]
        if SYSTEMD & {name.split(".")[0] for name in names}:
            words += ["--systemd"]
        if INSTALLED & {name.split(".")[0] for name in names}:
            words += ["--env", f"DMEVENT_TOOL_INSTALLED={self.install(place / names[0])}"]
        if AT_BOOT & {name.split(".")[0] for name in names}:
            words += ["--env", f"VM_BEFORE_SYSTEMD={HERE / 'lib/at_boot'}"]
        if turn == "hidden":
            words += ["--env", f"DMEVENT_TOOL_HIDE={HIDE}"]
        words += ["--", "/usr/bin/python3", str(HERE / "lib/guest.py"), "--program", str(self.options.program),
                  "--results", str(place), *names]
        closing = False
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        for line in process.stdout:
            line = line.rstrip()
            match = LINE.match(line)
            closing = closing or re.fullmatch(r"\d+ passed, \d+ failed", line) is not None
            with self.lock:
                if match:
                    self.outcomes[f"{turn}/{match[2]}"] = [] if match[1] == "ok" else ["failed in the guest"]
                    print(f"{line}" if turn == "plain" else f"{line} [older kernel]", flush=True)
                elif not closing:
                    print("  " + line, flush=True)
        if process.wait() not in (0, 1) or not closing:
            with self.lock:
                self.outcomes[f"{turn}/guest of {' '.join(names)}"] = [
                    f"the guest ended early, with status {process.returncode}"]

    def check(self, turn: str, scenario: str) -> None:
        """What a scenario left: valid lines, and recordings that say the same again."""
        wrong = self.outcomes[f"{turn}/{scenario}"]
        place = self.results / turn
        for events in sorted(place.glob(f"{scenario}.*.events.jsonl")):
            for number, line in enumerate(events.read_bytes().splitlines(), 1):
                problem = next(self.validator.iter_errors(json.loads(line)), None)
                if problem:
                    wrong.append(f"{events.name}:{number} is not as the schema says: {problem.message[:300]}")
            stem = events.name.removesuffix(".events.jsonl")
            arguments = place / f"{stem}.replay"
            if not wrong and arguments.exists():
                wrong += self.replay(place / f"{stem}.record.jsonl", json.loads(arguments.read_text()), events)

    def replay(self, recording: pathlib.Path, arguments: list[str], live: pathlib.Path) -> list[str]:
        if "-p" in arguments:
            at = arguments.index("-p")
            arguments = arguments[:at] + arguments[at + 2:]
        done = subprocess.run([self.options.program, "--replay", recording, "-f", "-j", *arguments],
                              capture_output=True, timeout=60, cwd=recording.parent)
        recording.with_name(live.name.replace(".events.", ".replayed.")).write_bytes(done.stdout)
        if done.returncode != 0:
            return [f"{recording.name}: replayed with status {done.returncode}: {done.stderr.decode()[:300]}"]
        # A recording holds what the kernel said, not what came of actions.
        then = [line for line in live.read_bytes().splitlines() if not json.loads(line)["type"].startswith("action.")]
        now = done.stdout.splitlines()
        if then != now:
            at = next((i for i, pair in enumerate(zip(then, now)) if pair[0] != pair[1]), min(len(then), len(now)))
            shown = lambda lines: lines[at].decode(errors="replace")[:400] if at < len(lines) else "nothing"
            return [f"{recording.name}: line {at + 1} of its replay differs\n    live:     {shown(then)}\n"
                    f"    replayed: {shown(now)}"]
        return []

    def play_again(self, key: str, wrong: list[str]) -> None:
        """What failed stays failed, unless all of it goes well alone; what it left is kept in first/."""
        turn, scenario = key.split("/", 1)
        if " " in scenario:  # a guest, not a scenario
            return
        place, first = self.results / turn, self.results / "first" / turn
        first.mkdir(parents=True, exist_ok=True)
        for file in place.glob(f"{scenario}.*"):
            shutil.move(file, first / file.name)
        print(f"once more, alone: {key}: {'; '.join(wrong)}", flush=True)
        self.guest(turn, [scenario])
        self.check(turn, scenario)
        if not self.outcomes[key]:
            print(f"UNSTEADY {key}: failed at first, and passed alone; the first time is in {first}")

    def play(self) -> int:
        turns = ["plain"] if self.options.once else ["plain", "hidden"]
        for turn in turns:
            shutil.rmtree(self.results / turn, ignore_errors=True)
            (self.results / turn).mkdir(parents=True)
        jobs = [(turn, [name for name in names if turn == "plain" or name.split(".")[0] not in ONCE])
                for turn in turns for names in self.groups()]
        with concurrent.futures.ThreadPoolExecutor(self.options.guests) as guests:
            list(guests.map(lambda job: self.guest(*job), [job for job in jobs if job[1]]))
        for key in list(self.outcomes):
            self.check(*key.split("/", 1))
        failures = {key: wrong for key, wrong in self.outcomes.items() if wrong}
        if len(failures) <= UNSTEADY:
            for key, wrong in sorted(failures.items()):
                self.play_again(key, wrong)
        failed = {key: wrong for key, wrong in self.outcomes.items() if wrong}
        for key, wrong in sorted(failed.items()):
            for line in wrong:
                print(f"FAIL {key}: {line}")
        print(f"{len(self.outcomes) - len(failed)} passed, {len(failed)} failed")
        return 1 if failed or not self.outcomes else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--schema", required=True)
    parser.add_argument("--results", default=None, help="where to leave recordings, output and logs")
    parser.add_argument("--once", action="store_true", help="not the second time, as on an older kernel")
    parser.add_argument("--guests", type=int, default=max(1, min(3, (os.cpu_count() or 1))), help="at one time")
    parser.add_argument("--timeout", type=int, default=900, help="of one guest, in seconds")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not options.results:
        options.results = tempfile.mkdtemp(prefix="dmevent_tool-kernel-")
        print(f"results are in {options.results}")
    # Built once, before guests ask for it at the same time.
    if subprocess.run([HERE / "vm/build"]).returncode != 0:
        print("FAIL the guest could not be prepared\n0 passed, 1 failed")
        return 1
    return Suite(options).play()


sys.exit(main())
