# SPDX-License-Identifier: Apache-2.0
"""Measures in the guest: main.py --program FILE --floor FILE --results DIR [--rounds N] GROUP..."""
import argparse
import importlib
import os
import sys
import time
import traceback

here = os.path.dirname(os.path.abspath(__file__))
kernel = os.path.join(here, "..", "..", "tests", "kernel")
sys.path[:0] = [here, os.path.join(here, "..", "lib"), os.path.join(kernel, "lib"), os.path.join(kernel, "scenarios")]
sys.dont_write_bytecode = True

import crowd  # noqa: E402
import dm  # noqa: E402
import figures  # noqa: E402
import scenario  # noqa: E402


class Bench:
    """What a group is given: the programs, stages to build devices on, and where its figures go."""

    def __init__(self, options):
        self.program, self.floor = crowd.in_memory(options.program), options.floor
        self.results, self.rounds = options.results, options.rounds
        self.quick, self.figures, self.disk, self.group = options.rounds == 1, [], dm.Disk(), ""

    def stage(self, name: str) -> scenario.Stage:
        """Close it, and all that was made on it is gone."""
        return scenario.Stage(name, self.program, self.results, self.disk)

    @staticmethod
    def say(text: str) -> None:
        print(text, flush=True)

    def figure(self, group: str, what: str, unit: str, who: dict[str, list[float]], goals=(), lower=True, notes=None) -> None:
        figure = figures.Figure(group, what, unit, who, list(goals), lower, notes or {})
        self.figures.append(figure)
        self.say(f"{what}, {unit}: " + "; ".join(f"{name} {figures.spread(samples)}" for name, samples in who.items()))
        figures.save(os.path.join(self.results, self.group + ".json"), {}, self.figures)

    def measure(self, group: str) -> bool:
        """What failed is said; what was measured before it counts."""
        self.group, self.figures, began = group, [], time.monotonic()
        try:
            importlib.import_module(group).measure(self)
        except Exception:  # pylint: disable=broad-exception-caught
            traceback.print_exc()
            return False
        self.say(f"{group}: {time.monotonic() - began:.0f} s")
        return True


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--floor", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("groups", nargs="+")
    options = parser.parse_args()
    for module in ("dm-thin-pool", "dm-raid", "dm-mirror", "dm-multipath", "dm-service-time", "dm-round-robin", "dm-delay"):
        dm.modprobe(module)
    bench = Bench(options)
    return 0 if all([bench.measure(group) for group in options.groups]) else 1


sys.exit(main())
