# SPDX-License-Identifier: Apache-2.0
"""The program as a service of systemd, installed as `meson install` does it, told of by the journal."""
import functools
import glob
import json
import os
import select
import shutil
import subprocess
import time

import dm

UNIT, LAUNCHER = "dmevent_tool.service", "dmevent_tool-launcher.service"
OTHERS = (LAUNCHER, "dmevent_tool-launcher.socket", "dmevent_tool-history.service", "dmevent_tool-history.socket")
DROP_IN = f"/run/systemd/system/{UNIT}.d/scenario.conf"


def systemctl(*words: str, seconds: float = 60.0) -> subprocess.CompletedProcess:
    return subprocess.run(["systemctl", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds)


@functools.cache
def configuration() -> str:
    """Where the program that is installed looks for it, which depends on its prefix."""
    root = os.environ["DMEVENT_TOOL_INSTALLED"]
    path, = glob.glob(root + "/**/etc/dmevent_tool/dmevent_tool.yaml", recursive=True)
    return path.removeprefix(root)


def install(root: str) -> None:
    """What `meson install` left under ROOT, as root's own."""
    subprocess.run(["cp", "-r", "--no-preserve=ownership", root + "/.", "/run/installed"], check=True)
    for top in sorted(os.listdir("/run/installed")):  # /lib is a link here
        subprocess.run(["cp", "-r", f"/run/installed/{top}/.", f"/{top}/"], check=True)
    shutil.rmtree("/run/installed")
    systemctl("daemon-reload")


class Journal:
    """What comes into the journal from now on, of the service and what systemd says of it."""

    def __init__(self, stage):
        self.stage = stage
        self.process = subprocess.Popen(["journalctl", "-f", "-n", "0", "-o", "json"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        self.entries, self.partial = [], b""
        subprocess.run(["systemd-cat", "-t", "scenario", "echo", "begin " + stage.name], check=True)
        self.find(lambda entry: entry.get("SYSLOG_IDENTIFIER") == "scenario", "its own beginning")

    def find(self, wanted, what: str, seconds: float = 20.0) -> dict:
        """The next entry that is WANTED; those before it are passed over."""
        end = time.monotonic() + seconds
        while True:
            while self.entries:
                entry = self.entries.pop(0)
                if wanted(entry):
                    return entry
            left = end - time.monotonic()
            assert left > 0, f"not in the journal within {seconds:g} s: {what}"
            if not select.select([self.process.stdout], [], [], left)[0]:
                continue
            *lines, self.partial = (self.partial + os.read(self.process.stdout.fileno(), 1 << 16)).split(b"\n")
            for line in lines:
                entry = json.loads(line)
                self.stage.say(f"journal: {entry.get('SYSLOG_IDENTIFIER')}[{entry.get('_PID')}] {entry.get('MESSAGE')}")
                self.entries.append(entry)

    def expect(self, *wants, within: float = 20.0) -> list[dict]:
        """These events come, in this order; others may come between."""
        events = []
        for want in wants:
            entry = self.find(lambda entry: "DMEVENT_JSON" in entry and want.accepts(json.loads(entry["DMEVENT_JSON"])),
                              repr(want), within)
            events.append({**json.loads(entry["DMEVENT_JSON"]), "entry": entry})
        return events

    def says(self, text: str, seconds: float = 20.0) -> dict:
        return self.find(lambda entry: text in str(entry.get("MESSAGE")), repr(text), seconds)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Service:
    def __init__(self, stage, config: str, settings: str = "", start=True):
        """CONFIG: the text of its configuration. SETTINGS: lines of [Service] that a scenario needs, such as shorter
        times. Returns when systemd says that it is ready."""
        self.stage = stage
        stage.undo.append(self.close)
        self.configure(config)
        if settings:
            os.makedirs(os.path.dirname(DROP_IN), exist_ok=True)
            with open(DROP_IN, "w") as file:
                file.write("[Service]\n" + settings)
            systemctl("daemon-reload")
        self.journal = Journal(stage)
        if start:
            done = systemctl("start", UNIT)
            assert done.returncode == 0, (done.stderr, self.show("Result", "ExecMainStatus", "StatusText"))

    def configure(self, text: str) -> None:
        path = configuration()
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def show(self, *names: str, unit: str = UNIT) -> dict:
        lines = systemctl("show", unit, "--property=" + ",".join(names)).stdout.splitlines()
        shown = dict(line.split("=", 1) for line in lines)
        self.stage.say(f"{unit}: {shown}")
        return shown

    def pid(self) -> int:
        return int(self.show("MainPID")["MainPID"])

    def restarted(self, seconds: float = 20.0) -> int:
        """The number of its new process, once it is ready."""
        def look():
            shown = self.show("NRestarts", "ActiveState", "SubState", "MainPID")
            return int(shown["MainPID"]) if int(shown["NRestarts"]) > 0 and shown["SubState"] == "running" else 0
        return dm.until(look, "the service restarted and ready", seconds)

    def close(self) -> None:
        systemctl("stop", UNIT, *OTHERS)
        systemctl("reset-failed", UNIT, *OTHERS)
        self.journal.close()
        if os.path.exists(DROP_IN):
            os.unlink(DROP_IN)
            systemctl("daemon-reload")
