# SPDX-License-Identifier: Apache-2.0
"""Plays scenarios in the guest: guest.py --program FILE --results DIR NAME..."""
import argparse
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "scenarios")]
sys.dont_write_bytecode = True

import dm  # noqa: E402
import scenario  # noqa: E402
import systemd  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    for module in ("dm-thin-pool", "dm-raid", "dm-mirror", "dm-multipath", "dm-service-time", "dm-round-robin",
                   "dm-delay", "raid1", "raid456"):
        dm.modprobe(module)
    if os.path.isdir("/run/systemd/system") and not os.path.exists(systemd.configuration()):
        systemd.install(os.environ["DMEVENT_TOOL_INSTALLED"])
    disk = dm.Disk()
    outcomes = [scenario.play(name, options.program, options.results, disk)
                for name in scenario.find(options.names)]
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed", flush=True)
    return 0 if all(outcomes) else 1


sys.exit(main())
