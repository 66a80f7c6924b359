#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every configuration in README and manual is one that the program takes. Usage: examples_test.py SOURCE_ROOT PROGRAM"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT, PROGRAM = pathlib.Path(sys.argv[1]), sys.argv[2]
PLACES = {"README.md": r"```yaml\n(.*?)```", "docs/man/dmevent_tool.yaml.5.scd.in": r"^```\n(version:.*?)```",
          "CONTRIBUTING.md": r"```yaml\n(version:.*?)```"}


def examples(file):
    return re.findall(PLACES[file], (ROOT / file).read_text(encoding="utf-8"), re.M | re.S)


class Examples(unittest.TestCase):
    def test_they_are_right(self):
        for file in PLACES:
            for text in examples(file):
                with tempfile.TemporaryDirectory() as directory:
                    path = os.path.join(directory, "example.yaml")
                    pathlib.Path(path).write_text(text, encoding="utf-8")
                    done = subprocess.run([PROGRAM, "--check-config", "--config", path], capture_output=True, text=True,
                                          timeout=60, check=False)
                    # The machine of the tests need not have the programs.
                    said = [line for line in done.stderr.splitlines() if "a program that cannot be run now" not in line]
                    self.assertEqual((done.returncode, said), (0, []), (file, text))

    def test_readme_and_manual_show_the_same(self):
        self.assertEqual(examples("README.md"), examples("docs/man/dmevent_tool.yaml.5.scd.in"))
        self.assertEqual(len(examples("README.md")), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
