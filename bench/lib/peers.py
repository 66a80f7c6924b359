# SPDX-License-Identifier: Apache-2.0
"""The programs that are measured beside each other: each is started, watches, and is gone without a trace. All that
they take is in their `group`."""
import os
import select
import shutil
import subprocess
import time

import daemons
import dm
from group import Group

DSO = "libdevmapper-event-lvm2{}.so"
ALL_ERRORS, ERRORS_AND_TICKS = 0xFF00, 0x2FF00


def await_line(stream, word: str, seconds: float = 120.0) -> None:
    """Reads STREAM, which must be unbuffered, to the line that has WORD."""
    end, text = time.monotonic() + seconds, b""
    while word.encode() not in text:
        left = end - time.monotonic()
        assert left > 0 and select.select([stream], [], [], left)[0], f"no {word!r} within {seconds:g} s: {text!r}"
        data = os.read(stream.fileno(), 65536)
        assert data, f"ended without {word!r}: {text[-500:]!r}"
        text += data


class Peer:
    name = ""

    def __init__(self, bench):
        self.bench, self.group = bench, Group(self.name.replace(" ", "_"))

    def stop(self) -> None:
        self.group.close()


class Ours(Peer):
    """The program in the foreground. RULES: the text of its configuration; none: it has none."""
    name = "dmevent_tool"

    def __init__(self, bench, *arguments: str, rules=None, output="/dev/null"):
        super().__init__(bench)
        words = [bench.program, "-f", *arguments]
        if rules is None:
            words += ["--no-config"]
        else:
            with open("/run/bench.yaml", "w", encoding="utf-8") as file:
                file.write(rules)
            words += ["--config", "/run/bench.yaml"]
        with open(output, "wb") as out:
            self.process = self.group.popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE)
        # Its messages go on to be read, or it would have to keep them.
        await_line(self.process.stderr, "watching")
        self.drain = subprocess.Popen(["/bin/cat"], stdin=self.process.stderr, stdout=open("/run/bench.stderr", "ab"))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.group.close()
        self.drain.wait(10)
        shutil.rmtree("/run/dmevent_tool", ignore_errors=True)


class Floor(Peer):
    """The smallest program that reacts to one device."""
    name = "floor"

    def __init__(self, bench, device: dm.Device, *command: str):
        super().__init__(bench)
        self.process = self.group.popen([bench.floor, "react", device.number, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        await_line(self.process.stdout, "ready")

    def stop(self) -> None:
        super().stop()
        self.process.wait()


class DmsetupWait(Peer):
    """What an administrator writes without a daemon: a loop of the shell around `dmsetup wait`."""
    name = "dmsetup wait"
    LOOP = """n=$(dmsetup info -c --noheadings -o events "$1")
echo ready
while dmsetup wait "$1" "$n" >/run/bench.wait; do
  "$2"
  n=$(dmsetup info -c --noheadings -o events "$1")
done"""

    def __init__(self, bench, device: dm.Device, command: str):
        super().__init__(bench)
        self.process = self.group.popen(["/bin/sh", "-c", self.LOOP, "sh", device.name.decode(), command],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        await_line(self.process.stdout, "ready")

    def stop(self) -> None:
        super().stop()
        self.process.wait()


class Dmeventd(Peer):
    """Debian's, with LVM's plugins. COMMAND: what its thin plugin runs instead of lvextend."""
    name = "dmeventd"
    REGISTER = 2

    def __init__(self, bench, command: str = ""):
        super().__init__(bench)
        os.makedirs("/etc/lvm", exist_ok=True)
        with open("/etc/lvm/lvm.conf", "w", encoding="utf-8") as file:
            file.write(f'activation {{ udev_sync=0 udev_rules=0 }}\ndmeventd {{ thin_command="{command}" }}\n' if command else
                       "activation { udev_sync=0 udev_rules=0 }\n")
        with open("/run/bench.dmeventd", "ab") as log:
            self.process = self.group.popen(["dmeventd", "-f", "-l"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        dm.until(lambda: daemons.Dmeventd.listening() and os.path.exists(self.SERVER), "dmeventd listening")
        self.asked = 0

    def register(self, *devices: dm.Device, kind: str = "thin", mask: int = ERRORS_AND_TICKS, seconds: int = 10) -> None:
        """As LVM does it: by uuid, with ticks for what raises no event. Returns when all are watched."""
        for device in devices:
            self._ask(self.REGISTER, f"{DSO.format(kind)} {device.uuid.decode()} {mask} {seconds}")
        last = devices[-1]
        dm.until(lambda: self._watched(last), "the last registration", 120)

    def _watched(self, device: dm.Device) -> bool:
        status, answer = daemons.Dmeventd.ask(self, daemons.Dmeventd.GET_REGISTERED, f"- {device.uuid.decode()} 0 0", 60)
        return status == 0 and not int(answer.split()[-1]) & 0x1000000

    def _ask(self, command: int, text: str) -> None:
        status, answer = daemons.Dmeventd.ask(self, command, text, 60)
        assert status == 0, f"dmeventd refuses {text!r}: {status} {answer!r}"

    # What daemons.Dmeventd.ask() looks for.
    CLIENT, SERVER, _read = daemons.Dmeventd.CLIENT, daemons.Dmeventd.SERVER, staticmethod(daemons.Dmeventd._read)

    def stop(self) -> None:
        super().stop()
        self.process.wait()
        for path in (self.CLIENT, self.SERVER):
            if os.path.exists(path):
                os.unlink(path)


def settle(*peers: Peer, seconds: float = 30.0) -> None:
    """Until they have done what there was to do: none has used the processor for a while."""
    end, quiet = time.monotonic() + seconds, 0
    before = [peer.group.cpu() for peer in peers]
    while quiet < 3 and time.monotonic() < end:
        time.sleep(0.02)
        now = [peer.group.cpu() for peer in peers]
        quiet = quiet + 1 if now == before else 0
        before = now
