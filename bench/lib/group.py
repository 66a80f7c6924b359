# SPDX-License-Identifier: Apache-2.0
"""What a program takes, with all its processes: it runs in a control group of its own."""
import os
import subprocess
import time

ROOT = "/sys/fs/cgroup/bench"


def _read(path: str) -> str:
    """Nothing, where the process went."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Group:
    """What is started with `popen` belongs to it, with all that it starts."""

    def __init__(self, name: str):
        if not os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            subprocess.run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)
        self.place = f"{ROOT}.{name}"
        os.makedirs(self.place, exist_ok=True)

    def popen(self, words: list[str], **options) -> subprocess.Popen:
        def enter():
            with open(self.place + "/cgroup.procs", "w", encoding="ascii") as file:
                file.write("0")
        return subprocess.Popen(words, preexec_fn=enter, **options)  # pylint: disable=subprocess-popen-preexec-fn

    def add(self, pid: int) -> None:
        with open(self.place + "/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(pid))

    def processes(self) -> list[int]:
        return [int(pid) for pid in _read(self.place + "/cgroup.procs").split()]

    def cpu(self) -> float:
        """Seconds so far, of those that ended too."""
        for line in _read(self.place + "/cpu.stat").splitlines():
            if line.startswith("usage_usec "):
                return int(line.split()[1]) / 1e6
        raise AssertionError(f"{self.place} has no cpu.stat")

    def wakeups(self) -> int:
        """How often its threads that live have gone to sleep of their own so far."""
        count = 0
        for pid in self.processes():
            for task in os.listdir(f"/proc/{pid}/task"):
                for line in _read(f"/proc/{pid}/task/{task}/status").splitlines():
                    if line.startswith("voluntary_ctxt_switches:"):
                        count += int(line.split()[1])
        return count

    def holds(self) -> dict[str, int]:
        """Added up over its processes: KiB of rss, pss and locked; threads, descriptors, processes."""
        total = dict.fromkeys(("rss", "pss", "locked", "threads", "descriptors", "processes"), 0)
        for pid in self.processes():
            status = dict(line.split(":", 1) for line in _read(f"/proc/{pid}/status").splitlines())
            smaps = dict(line.split(":", 1) for line in _read(f"/proc/{pid}/smaps_rollup").splitlines()[1:])
            kib = lambda text: int(text.split()[0])
            total["rss"] += kib(status.get("VmRSS", "0 kB"))
            total["pss"] += kib(smaps.get("Pss", "0 kB"))
            total["locked"] += kib(status.get("VmLck", "0 kB"))
            total["threads"] += int(status.get("Threads", "0"))
            total["descriptors"] += len(os.listdir(f"/proc/{pid}/fd"))
            total["processes"] += 1
        return total

    def close(self) -> None:
        """Everything in it is killed."""
        with open(self.place + "/cgroup.kill", "w", encoding="ascii") as file:
            file.write("1")
        end = time.monotonic() + 60
        while os.path.exists(self.place):
            try:
                os.rmdir(self.place)  # busy, while a thread of many is left
            except OSError:
                assert time.monotonic() < end, f"{self.place} does not end"
                time.sleep(0.01)
