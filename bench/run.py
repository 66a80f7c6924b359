# SPDX-License-Identifier: Apache-2.0
"""Measures the program beside its peers, and writes what came of it as text and as JSON.

run.py --build DIR [--results DIR] [--quick] [GROUP...]      GROUP: host, or a file of bench/guest"""
import argparse
import datetime
import importlib
import json
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "lib")]
sys.dont_write_bytecode = True

import figures  # noqa: E402

VM = HERE.parent / "tests" / "kernel" / "vm"


class Guest:
    """A guest for one group: MIB of memory, with udevd or without."""

    def __init__(self, group: str, mib: int = 2048, udev: bool = False, minutes: int = 15):
        self.group, self.mib, self.udev, self.minutes = group, mib, udev, minutes

    def measure(self, options) -> bool:
        words = [VM / "run", "--cpus", "2", "--mem", self.mib, "--timeout", 60 * self.minutes, "--share", HERE.parent,
                 "--share", options.build, "--share", options.results, "--cwd", options.results]
        words += ["--udev"] if self.udev else []
        words += ["--", "/usr/bin/python3", HERE / "guest/main.py", "--program", options.build / "core/dmevent_tool",
                  "--floor", options.build / "bench/floor/floor", "--results", options.results,
                  "--rounds", 1 if options.quick else 3, self.group]
        print(f"==> {self.group}, in a guest", flush=True)
        return subprocess.run([str(word) for word in words], check=False).returncode == 0


class Host:
    """What needs no kernel: measured here."""
    group = "host"

    def measure(self, options) -> bool:
        print("==> what needs no kernel", flush=True)
        return importlib.import_module("host").measure(options)


GROUPS = [Host(), Guest("latency", 4096), Guest("fill"), Guest("unseen"), Guest("mirror"), Guest("footprint", 8192),
          Guest("idle", 4096), Guest("storm", 4096), Guest("sweep", 4096),
          Guest("among", 4096), Guest("start", 4096)]


def about(options) -> dict:
    """What it was measured on."""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="ascii") if line.startswith("model name")), "?")
    cache = pathlib.Path(os.environ.get("DMEVENT_VM_CACHE", os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")))
    cache = cache if "DMEVENT_VM_CACHE" in os.environ else cache / "dmevent_tool-vm"
    read = lambda name: (cache / name).read_text().split("\n")[0] if (cache / name).exists() else "?"
    build = json.loads(subprocess.run(["meson", "introspect", "--buildoptions", options.build], capture_output=True, text=True,
                                      check=True).stdout)
    return {"date": datetime.date.today().isoformat(), "guest kernel": read("release"), "guest": read("accel"),
            "host processor": cpu, "cores": os.cpu_count(), "machine": platform.machine(),
            "build": " ".join(f"{option['name']}={option['value']}" for option in build if option["name"] in ("optimization", "debug"))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--results", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--quick", action="store_true", help="one round: whether it runs, not what is true")
    parser.add_argument("groups", nargs="*")
    options = parser.parse_args()
    options.results = options.results or options.build / "results"
    options.results.mkdir(parents=True, exist_ok=True)
    unknown = set(options.groups) - {group.group for group in GROUPS}
    if unknown:
        sys.exit(f"run.py: no group {', '.join(sorted(unknown))}")
    chosen = [group for group in GROUPS if group.group in (options.groups or [group.group for group in GROUPS])]
    if any(isinstance(group, Guest) for group in chosen):
        subprocess.run([VM / "build"], check=True)
    broken = []
    for group in chosen:
        (options.results / f"{group.group}.json").unlink(missing_ok=True)
        if not group.measure(options):
            broken.append(group.group)
    found = []
    for group in GROUPS:
        path = options.results / f"{group.group}.json"
        found += figures.load(path) if path.exists() else []
    facts = about(options)
    figures.save(options.results / "figures.json", facts, found)
    text = "\n".join(["; ".join(f"{key}: {value}" for key, value in facts.items()), "", figures.goals(found), figures.table(found)])
    (options.results / "figures.md").write_text(text)
    print(text)
    missed = [figure for figure in found for goal in figure.goals if figure.met(goal) is not True]
    print(f"{len(found)} figures in {options.results}/figures.md and figures.json; {len(missed)} goals not met")
    for group in broken:
        print(f"broken: {group}", file=sys.stderr)
    return 1 if broken else 0


sys.exit(main())
