#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped program with a C library whose calls fail: it says what failed and on what, runs what its rules owe
once, goes on watching where it can, and ends with the right status where it cannot.
Usage: faults_test.py LIVE_TOOL PROGRAM FAULTY_LIBC [NAME-PART]"""
import argparse
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import time

import cases


class Tools:
    def __init__(self, options):
        self.live, self.program, self.faulty_libc = options.live, options.program, options.faulty_libc
        self.plugins = pathlib.Path(options.live).resolve().parents[2] / "plugins" / "thin"


def main():
    parser = argparse.ArgumentParser()
    for name in ("live", "program", "faulty_libc"):
        parser.add_argument(name)
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    tools, failed, passed = Tools(options), 0, 0
    top = pathlib.Path(tempfile.mkdtemp(prefix="dmevent-faults-"))
    for case in cases.all_cases():
        if options.part not in case.name:
            continue
        directory = top / str(passed + failed)
        directory.mkdir()
        began, why = time.monotonic(), None
        try:
            case.play(tools, directory)
        except (AssertionError, OSError, ValueError, sqlite3.Error) as e:
            why = f"{type(e).__name__}: {e}"
        took = time.monotonic() - began
        if why is None:
            passed += 1
            print(f"ok   {case.name} ({took:.1f} s)", flush=True)
            shutil.rmtree(directory)
        else:
            failed += 1
            print(f"FAIL {case.name} ({took:.1f} s): {why}\n     see {directory}", flush=True)
    print(f"{passed} passed, {failed} failed")
    if failed == 0:
        shutil.rmtree(top)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
