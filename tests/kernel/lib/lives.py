# SPDX-License-Identifier: Apache-2.0
"""The program as its three services, whose processes are killed and which are started again at once; what they do
outlives them."""
import glob
import os
import shutil
import signal
import subprocess

import dm

RUN = "/run/dmevent_tool"
KIND = {"dmevent-reader": "reader", "dmevent-keep": "keeper"}


def children(pid: int) -> list[tuple[int, str]]:
    """The children of a process, and what they call themselves."""
    found = []
    for file in glob.glob(f"/proc/{pid}/task/*/children"):
        for child in read(file).split():
            found.append((int(child), read(f"/proc/{child}/comm").strip()))
    return found


def read(path: str) -> str:
    """Nothing, where the process went."""
    try:
        return open(path).read()
    except OSError:
        return ""


class Lives:
    def __init__(self, stage, *arguments: str):
        self.stage, self.arguments = stage, arguments
        self.watcher = self.launcher = self.historian = None
        self.events = f"/run/{stage.name}.events"  # in memory, and kept in the end
        self.out, self.err = open(self.events, "wb"), open(stage.path("stderr"), "ab")
        os.makedirs(RUN, exist_ok=True)
        stage.undo.append(self.close)

    def _start(self, *words: str) -> subprocess.Popen:
        return subprocess.Popen([self.stage.program, *words], stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err)

    def start(self) -> None:
        self.start_launcher()
        self.start_historian()
        self.start_watcher()
        dm.until(lambda: self.said("watching"), "the first look", 60)

    def start_launcher(self) -> None:
        self.launcher = self._start("--launcher")

    def start_historian(self) -> None:
        self.historian = self._start("--historian")

    def start_watcher(self) -> None:
        self.watcher = self._start("-f", "-d", "-a", "-j", "--launcher-socket", RUN + "/launcher.sock",
                                   "--history-socket", RUN + "/history.sock", *self.arguments)

    def said(self, text: str) -> bool:
        return text in open(self.err.name, errors="replace").read()

    def family(self) -> dict[str, list[int]]:
        """All processes that are ours now, by what they are: of the watcher and of the launcher."""
        found = {"watcher": [self.watcher.pid], "launcher": [self.launcher.pid], "historian": [self.historian.pid]}
        look = [(self.watcher.pid, {"dmevent-launch": "helper"}), (self.launcher.pid, {"dmevent-launch": "connection"})]
        while look:
            parent, kinds = look.pop()
            for pid, name in children(parent):
                if name in kinds:
                    found.setdefault(kinds[name], []).append(pid)
                    look.append((pid, KIND))
        return found

    def holds(self) -> dict[tuple, dict]:
        """What each process of ours holds now."""
        return {(name, pid): self._holds(pid) for name, pids in self.family().items() for pid in pids}

    @staticmethod
    def _holds(pid: int) -> dict[str, int]:
        """KiB, KiB, and how many of the others."""
        status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status").read().splitlines())
        kib = lambda name: int(status[name].split()[0])
        return {"resident": kib("VmRSS"), "locked": kib("VmLck"), "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
                "threads": int(status["Threads"])}

    def kill(self, pid: int) -> None:
        """SIGKILL; who has ended by it is started again."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        if pid == self.launcher.pid:
            self.launcher.wait()
            self.start_launcher()
        if pid == self.historian.pid:
            self.historian.wait()
            self.start_historian()
        if pid == self.watcher.pid:
            self.watcher.wait()
        self.keep_alive()

    def keep_alive(self) -> None:
        """A watcher without its helper ends by itself, as soon as it sees that."""
        if self.watcher.poll() is not None:
            self.start_watcher()

    def keep_ledger(self) -> None:
        """What it remembers now, for whoever looks for a fault."""
        for path in glob.glob(RUN + "/ledger.db*"):
            shutil.copy(path, self.stage.path(os.path.basename(path)))

    def close(self) -> None:
        alive = [process for process in (self.watcher, self.launcher, self.historian) if process and process.poll() is None]
        for process in alive:
            process.kill()
        for process in alive:
            process.wait()
        self.out.close()
        self.err.close()
        shutil.move(self.events, self.stage.path("events.txt"))

    def stop(self, seconds: float = 10) -> int:
        """The exit status of the watcher."""
        self.watcher.terminate()
        dm.until(lambda: self.watcher.poll() is not None, "the watcher's end", seconds)
        return self.watcher.returncode
