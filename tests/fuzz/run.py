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
import struct
import subprocess
import sys
import tempfile
import time

SEPARATOR = "\n"
EVENTS = ["""\
{"schema":"dmevent/1","id":"17","time":"2026-01-31T10:15:02.123456789Z","type":"thin.low_water","severity":"warning","state":"raised",\
"initial":false,"source":"kernel","message":"240 of 1024 free","device":{"name":"vg-pool","uuid":"LVM-u","major":253,"minor":1,\
"path":"/dev/dm-1"},"target":{"type":"thin-pool","index":0},"part":"","kernel":{"event_nr":1,"steps":1},"data":{"data_percent":76.56,\
"data_used":784,"ok":true,"why":"so","left":-1}}""", """\
{"schema":"dmevent/1","id":"18","time":"2026-01-31T10:15:02Z","type":"multipath.path_failed","severity":"warning","state":"raised",\
"initial":false,"source":"uevent","message":"8:32","device":{"name":"a b","display_name":"a b","name_hex":"6120ff","uuid":"","major":253,\
"minor":2,"path":"/dev/dm-2"},"part":"8:32","repeat":true,"uevent":{"action":"change","seqnum":1130,"dm_seqnum":1},\
"data":{"path":"8:32","valid_paths":1}}"""]


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
    if name == "program_kind":
        programs = ("/bin/sh", "/usr/bin/env", "/sbin/ldconfig", "/lib64/ld-linux-x86-64.so.2")
        return [pathlib.Path(p).read_bytes()[:4096] for p in programs if pathlib.Path(p).exists()] + [b"#! /usr/bin/env -S python3 -u\n"]
    if name == "options":
        return ["-fjv\nthin\nraid", "-q\n--since\n2h\n--until\n2026-01-31 10:15:02\n--device\nvg-*\n--severity\nwarning\n--last\nall",
                "--since=2026-01-31T10:15:02.5+01:00\n-q", "-da\n-p\n/run/x.pid\n-i\nLVM-*\n--history=/x", "--replay\n-\n--explain\n--dry-run"]
    if name == "event":
        return EVENTS
    if name == "store_protocol":
        return [bytes([kind]) + rest for kind in range(8) for rest in (b"", struct.pack("<I", 2) + b"{}", struct.pack("<QQ", 60, 1 << 20),
                struct.pack("<IIII", 1, 0, 1, 1) + b"ab", struct.pack("<qI", 1, 1) + b"i" + struct.pack("<I", 2) + b"{}")]
    if name == "lvm_script":
        return ["--use-policies\0--config\0a/b=70 c/d=20\0vg/pool\0", "--yes\0--repair\0vg/mirror\0", "\0it's\0#\0\"\0"]
    if name == "keeper":
        return [struct.pack("<QII", 1 << 24, 1, 9) + b"/bin/true", struct.pack("<IQII", 4, 1 << 20, 1, 4) + b"lack"]
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
        (corpus / f"seed-{number}").write_bytes(seed if isinstance(seed, bytes) else seed.encode())
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
