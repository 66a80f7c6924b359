#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one fuzz target, beginning with what real kernels printed, and says how often it ran.
Usage: run.py FUZZER SOURCE_ROOT SECONDS [--corpus DIR]      --corpus: begins with it too, and adds what it finds
SECONDS are of processor time. An input that breaks a promise is kept in the corpus' directory, or the current one."""
import argparse
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SEPARATOR = "\n"


def statuses(root, family):
    """Lines of plugins/FAMILY/testdata/*.status: target type, table, status before, status now."""
    for file in sorted((root / "plugins" / family / "testdata").glob("*.status")):
        target, table, before = "", "", ""
        for line in file.read_text().splitlines():
            words = line.split(" ", 2)
            parts = line.split("|")
            if words[0] == "target":
                target = words[1]
            elif words[0] == "table":
                table = line[len("table "):]
            elif words[0] in ("vm", "doc", "made") and len(parts) > 1:
                status = parts[1][1:-1]
                yield SEPARATOR.join([target, table, before, status, "ACTION=change", "DM_ACTION=PATH_FAILED", "DM_PATH=8:32",
                                      "DM_NR_VALID_PATHS=1", "DM_SEQNUM=1"])
                before = status


def recorded(root):
    for file in sorted((root / "tests" / "recordings").glob("*.jsonl")):
        yield from file.read_text().splitlines()


def seeds(name, root):
    """What the kernel printed, as NAME takes it."""
    if name in ("thin", "raid", "mirror", "multipath"):
        return list(statuses(root, name))
    if name == "recording":
        return list(recorded(root))
    if name == "uevent":
        env = [json.loads(line)["env"] for line in recorded(root) if '"kind":"uevent"' in line]
        return [f"{e.get('ACTION')}@{e.get('DEVPATH')}\0" + "".join(f"{k}={v}\0" for k, v in e.items()) for e in env]
    if name == "config":
        return [f.read_text() for f in [root / "config/dmevent_tool.yaml", root / "tests/config/whole.yaml",
                                        *sorted((root / "config/examples").glob("*.yaml"))]]
    return []


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fuzzer", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--corpus", type=pathlib.Path)
    options = parser.parse_args()
    name = options.fuzzer.name.removeprefix("fuzz_")
    corpus = options.corpus or pathlib.Path(tempfile.mkdtemp(prefix="dmevent-fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    given = dict.fromkeys(seeds(name, options.root))
    for number, seed in enumerate(given):
        (corpus / f"seed-{number}").write_bytes(seed.encode())
    keep = f"{options.corpus}/../crash-{name}-" if options.corpus else f"crash-{name}-"
    words = [str(options.fuzzer.resolve()), "-timeout=20", "-rss_limit_mb=4096", "-max_len=4096", "-print_final_stats=1",
             f"-artifact_prefix={keep}", str(corpus)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
        while process.poll() is None:
            try:
                if processor_seconds(process.pid) >= options.seconds:
                    process.send_signal(signal.SIGINT)
                    break
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
            except OSError:
                break
        status = process.wait()
        log.seek(0)
        text = log.read()
    ran = re.search(r"stat::number_of_executed_units: (\d+)", text)
    interrupted = "libFuzzer: run interrupted" in text
    if status != 0 and not interrupted:
        print(text[-6000:])
    print(f"{name}: {ran[1] if ran else 'no'} runs from {len(given)} seeds, "
          f"{'nothing found' if interrupted else f'ended by itself with {status}'}")
    if not options.corpus:
        shutil.rmtree(corpus)
    return 0 if interrupted and ran else 1


if __name__ == "__main__":
    sys.exit(main())
