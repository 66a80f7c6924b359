#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions per observation on the way from a recording's line to the events, under callgrind: they are nearly the
same in every run, where times are not. More than LIMITS allows is a failure.
Usage: instructions_test.py PROGRAM LIMITS [--write]      --write: what it takes now is the limit"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "lib"))
import recordings  # noqa: E402

OBSERVATIONS = 3000
SPARE = 1.10  # another C library, another processor
# What is counted: the function in which, with all that it calls; per observation, or per event.
FUNCTIONS = {
    "parse": "dmev::recording::Parser::parse(",
    "engine": "dmev::Engine::observe(",
    "1000 rules of other types": "dmev::Rehearsal::take_all(",
    "replay": "dmev::replay(",
}


def rules(number):
    """A configuration with so many rules, none of them about what happens."""
    text = "version: 1\nrules:\n"
    for i in range(number):
        text += f"  - {{name: rule {i}, on: [mirror.leg_failed], do: [{{log: x}}]}}\n"
    return text


def count(program):
    """Instructions of each function, per observation."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        sys.exit("valgrind is not installed: scripts/install-deps installs it")
    with tempfile.TemporaryDirectory() as directory:
        recording, config = f"{directory}/mix.jsonl", f"{directory}/rules.yaml"
        written = recordings.write(recording, 100, OBSERVATIONS)
        pathlib.Path(config).write_text(rules(1000), encoding="ascii")
        environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
        # The program's children, which try the plugins, write files of their own.
        with subprocess.Popen([valgrind, "--tool=callgrind", f"--callgrind-out-file={directory}/out.%p", program,
                               "--replay", recording, "--all", "--json", "--dry-run", "--config", config],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as run:
            out, err = run.communicate(timeout=300)
        if run.returncode != 0 or not out:
            sys.exit(f"exit status {run.returncode}: {err.decode(errors='replace')}")
        annotated = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100",
                                    f"{directory}/out.{run.pid}"], capture_output=True, text=True, check=True).stdout
    found = {}
    for what, function in FUNCTIONS.items():
        counts = [int(match[1].replace(",", "")) for match in
                  re.finditer(rf"^\s*([\d,]+) .*[:\s]{re.escape(function)}", annotated, re.MULTILINE)]
        if not counts:
            sys.exit(f"callgrind saw no call of {function}")
        found[what] = round(max(counts) / written)
    return found


def main():
    program, limits = sys.argv[1], pathlib.Path(sys.argv[2])
    found = count(program)
    if "--write" in sys.argv[3:]:
        limits.write_text(json.dumps(found, indent=2) + "\n", encoding="ascii")
    bad = 0
    for what, limit in json.loads(limits.read_text(encoding="ascii")).items():
        is_bad = what not in found or found[what] > limit * SPARE
        bad += is_bad
        print(f"{what}: {found.get(what)} instructions per observation, {limit} when the limit was set"
              f"{': MORE THAN IT MAY TAKE' if is_bad else ''}")
    return 1 if bad or set(found) != set(json.loads(limits.read_text(encoding="ascii"))) else 0


if __name__ == "__main__":
    sys.exit(main())
