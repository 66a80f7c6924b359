# SPDX-License-Identifier: Apache-2.0
"""What needs no kernel: the pure core by itself, and recordings through the program as it is shipped."""
import json
import os
import resource
import subprocess
import time

import figures
import live_act
import recordings

OBSERVATIONS = 500_000
GOAL = figures.Goal(OBSERVATIONS)  # a second
# Benchmarks of bench/core and what is said of them.
PARSED = ("mirror", "multipath", "raid", "thin")
RULES = {"of_another_type": "about other types", "of_another_device": "about other devices",
         "one_matches": "about other types, and one that fires"}


def core(options, recording):
    """Items a second of each benchmark of bench/core, by its name, one sample for each round."""
    command = [options.build / "bench/core/core_bench", "--benchmark_format=json",
               f"--benchmark_repetitions={1 if options.quick else 5}", "--benchmark_enable_random_interleaving=true",
               "--benchmark_min_time=" + ("0.05" if options.quick else "0.5")]
    done = subprocess.run(command, env={**os.environ, "RECORDING": str(recording)}, check=True, stdout=subprocess.PIPE)
    found = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] == "iteration":
            found.setdefault(run["run_name"], []).append(run["items_per_second"])
    return found


def replay(options, recording, *words):
    """Processor and wall seconds of one replay, its output thrown away."""
    command = [options.build / "core/dmevent_tool", "--no-config", "--replay", recording, *words]
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    before, began = used(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return used() - before, time.monotonic() - began


def replays(options, recording, written):
    """The big recording, with its events in each form, and without."""
    forms = {"no event shown": ["device.unresponsive"], "events as text": ["--all"], "events as JSON": ["--all", "--json"]}
    cpu, wall = {form: [] for form in forms}, {form: [] for form in forms}
    for _ in range(1 if options.quick else 5):
        for form, words in forms.items():
            seconds = replay(options, recording, *words)
            cpu[form].append(written / seconds[0])
            wall[form].append(written / seconds[1])
    for form in forms:
        yield figures.Figure("core", f"replay of {written:,} observations of 1,000 devices, {form}",
                             "observations per second of one core", {figures.OURS: cpu[form]}, [GOAL], lower=False)
        yield figures.Figure("core", f"the same by the clock, {form}", "observations/s", {figures.OURS: wall[form]}, lower=False)


def measure(options) -> bool:
    """Writes host.json; run.py's."""
    big, small = options.results / "recording.jsonl", options.results / "small.jsonl"
    written = recordings.write(big, 1000, 20_000 if options.quick else OBSERVATIONS)
    recordings.write(small, 1000, 20_000)
    found, benchmarks = [], core(options, small)
    for plugin in PARSED:
        found.append(figures.Figure("core", f"status lines of {plugin} looked at", "lines/s",
                                    {figures.OURS: benchmarks[f"look/{plugin}"]}, lower=False))
    found.append(figures.Figure("core", "observations through look, conditions and router", "observations/s",
                                {figures.OURS: benchmarks["observe"]}, lower=False))
    none = benchmarks["rules/none/0"]
    for rules, said in RULES.items():
        goals = [figures.Goal(0.95, "no rules")] if rules == "of_another_type" else []
        found.append(figures.Figure("core", f"the same and 1,000 rules {said}", "observations/s",
                                    {figures.OURS: benchmarks[f"rules/{rules}/1000"], "no rules": none}, goals, lower=False))
    found += replays(options, big, written)
    found += live_act.measure(options)
    for figure in found:
        print(f"{figure.what}, {figure.unit}: " + "; ".join(f"{who} {figures.spread(s)}" for who, s in figure.who.items()))
    figures.save(options.results / "host.json", {}, found)
    big.unlink()
    small.unlink()
    return True
