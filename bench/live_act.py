# SPDX-License-Identifier: Apache-2.0
"""From an observation to its program, on the machine itself: no device-mapper, and no emulation. The whole program takes
it in by a pipe; the floor is a process that reads a pipe and spawns."""
import os
import pathlib
import select
import struct
import subprocess
import sys
import tempfile
import time

import figures

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests/endurance"))
from live import Live, pool  # noqa: E402  pylint: disable=wrong-import-position

GROUP, FLOOR = "observation to action", "floor"
PAUSE = 0.02  # seconds: both are at rest again
LOW, HIGH = 9_500_000, 1_000  # blocks in use
RULES = """version: 1
monitor: [thin]
rules: [{{name: stamp, on: thin.low_water, do: {{exec: [{stamp}, {fifo}]}}, max_runs: 1000000 per 1s}}]
"""


class Stamps:
    """When a program began, by the pipe that it writes to."""

    def __init__(self, path: pathlib.Path):
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDWR)

    def since(self, act) -> float:
        """Microseconds from ACT to the program's first instruction."""
        began = time.monotonic_ns()
        act()
        assert select.select([self.fd], [], [], 10)[0], "no program was started"
        return (struct.unpack("q", os.read(self.fd, 8))[0] - began) / 1000


def floor(options, stamps, words, number: int) -> list[float]:
    """Samples of it."""
    with subprocess.Popen([options.build / "bench/floor/floor", "relay", *words], stdin=subprocess.PIPE) as process:
        found = []
        for _ in range(number):
            time.sleep(PAUSE)
            found.append(stamps.since(lambda: os.write(process.stdin.fileno(), b"x" * 300)))
        return found


def ours(options, stamps, place, words, number: int) -> list[float]:
    """The same, with ledger, history and output."""
    (place / "rules.yaml").write_text(RULES.format(stamp=words[0], fifo=words[1]), encoding="utf-8")
    (place / "run").mkdir(mode=0o700)
    arguments = ["--config", place / "rules.yaml", "--run-dir", place / "run", "--history", place / "history.db"]
    life = Live(options.build / "bench/live/live_tool", arguments, place / "out", place / "err")
    life.say(pool(1, HIGH, why="start"), {"v": 1, "kind": "baseline_done"})
    while "watching" not in (place / "err").read_text(encoding="utf-8"):
        time.sleep(PAUSE)
    found = []
    for sample in range(number):
        time.sleep(PAUSE)
        found.append(stamps.since(lambda number=2 * sample: life.say(pool(1, LOW, event_nr=number + 1))))
        time.sleep(PAUSE)
        life.say(pool(1, HIGH, event_nr=2 * sample + 2))
    life.process.terminate()
    assert life.over(10) == 0, (place / "err").read_text(encoding="utf-8")
    return found


def measure(options) -> list[figures.Figure]:
    """In turn."""
    rounds, number = (1, 50) if options.quick else (5, 200)
    found = {figures.OURS: [], FLOOR: []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as name:  # the ledger belongs into memory
            place = pathlib.Path(name)
            words = [options.build / "bench/floor/stamp", place / "fifo"]
            stamps = Stamps(words[1])
            found[FLOOR] += floor(options, stamps, words, number)
            found[figures.OURS] += ours(options, stamps, place, words, number)
            os.close(stamps.fd)
    return [figures.Figure(GROUP, "observation by a pipe to the program's first instruction, not emulated", "us", found,
                           [figures.Goal(1.5, FLOOR)])]
