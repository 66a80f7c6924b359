# SPDX-License-Identifier: Apache-2.0
"""Devices as the scenarios use them: made, broken, healed and written to. A piece is a stretch of a ramdisk
behind a linear target, so that it can fail and heal like a disk."""
import errno
import mmap
import os
import subprocess
import time

import ioctl

MIB = 2048  # sectors
ZEROES_AT_START = MIB * 512


def until(condition, what: str, seconds: float = 20.0):
    """The first true value of CONDITION, looked at until then; WHAT is awaited, for the message."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.005)


def modprobe(*words: str) -> None:
    subprocess.run(["modprobe", *words], check=True)


class Device:
    """One device; its number stays when its name changes."""

    def __init__(self, name, uuid=""):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.uuid = uuid if isinstance(uuid, bytes) else uuid.encode()
        self.number = ""
        self.saved = []

    @property
    def node(self) -> str:
        return "/dev/dm-" + self.number.split(":")[1]

    @property
    def sysfs(self) -> str:
        return "/sys/block/dm-" + self.number.split(":")[1]

    def call(self, number, flags=0, payload=b"", targets=0):
        return ioctl.command(number, self.name, b"", flags, payload, targets)

    def load(self, table, read_only=False) -> None:
        lines = parse(table)
        self.call(ioctl.LOAD, ioctl.READONLY if read_only else 0, ioctl.table_payload(lines), len(lines))

    def suspend(self, noflush=False) -> None:
        flags = ioctl.SUSPENDED | ioctl.SKIP_LOCKFS | (ioctl.NOFLUSH if noflush else 0)
        self.call(ioctl.SUSPEND, flags)

    def resume(self) -> None:
        self.call(ioctl.SUSPEND)

    def dm_uuid(self) -> str:
        return open(self.sysfs + "/dm/uuid").read().strip()

    def suspended(self) -> bool:
        return bool(self.call(ioctl.STATUS).flags & ioctl.SUSPENDED)

    def reload(self, table, noflush=False, read_only=False) -> None:
        self.load(table, read_only)
        self.suspend(noflush)
        self.resume()

    def remove(self) -> None:
        def attempt():
            try:
                self.call(ioctl.REMOVE)
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                return False
            return True
        until(attempt, f"{self.name!r} closed by all, as udevd's programs have it open for a moment", 10)

    def rename(self, name: str) -> None:
        ioctl.command(ioctl.RENAME, self.name, payload=name.encode() + b"\0")
        self.name = name.encode()

    def message(self, text: str) -> None:
        self.call(ioctl.MESSAGE, payload=ioctl.message_payload(text))

    def status(self) -> str:
        """The text of the first target."""
        targets = self.call(ioctl.TABLE, ioctl.NOFLUSH).targets
        return targets[0][3] if targets else ""

    def commit(self) -> None:
        """A pool writes out its metadata, as at any status that does not say noflush."""
        self.call(ioctl.TABLE)

    def table(self) -> str:
        return "\n".join(f"{start} {length} {kind} {text}".rstrip()
                         for start, length, kind, text in self.call(ioctl.TABLE, ioctl.STATUS_TABLE).targets)

    def sectors(self) -> int:
        return sum(line[1] for line in self.call(ioctl.TABLE, ioctl.STATUS_TABLE).targets)

    def event_nr(self) -> int:
        return self.call(ioctl.STATUS).event_nr

    def wait_status(self, *words: str, seconds: float = 20.0) -> str:
        """The status once all WORDS are in it."""
        def look():
            text = self.status()
            return text if all(word in text for word in words) else None
        return until(look, f"{self.name!r} with {words} in its status, which is {self.status()!r}", seconds)

    def nudge(self) -> None:
        """Moves the event number and leaves everything as it is: whoever watches looks again."""
        name = self.name.decode()
        self.rename(name + "~")
        self.rename(name)

    def fail(self) -> None:
        """Every access fails from here on, as of a dead disk."""
        self.saved.append(self.table())
        self.reload(f"0 {self.sectors()} error", noflush=True)

    def hold(self) -> None:
        """Every write waits from here on, as on a disk that does not answer; `heal` lets them go on."""
        self.saved.append(self.table())
        _, sectors, _, place = self.table().split(None, 3)
        self.reload(f"0 {sectors} delay {place} 0 {place} 3600000", noflush=True)

    def holds(self) -> bool:
        return " delay " in self.table()

    def heal(self) -> None:
        self.reload(self.saved.pop(), noflush=True)


def parse(table: str) -> list:
    lines = []
    for line in table.strip().splitlines():
        start, length, kind, *text = line.split(None, 3)
        lines.append((int(start), int(length), kind, text[0] if text else ""))
    return lines


def create(name, table: str = "", uuid="", read_only=False) -> Device:
    device = Device(name, uuid)
    reply = ioctl.command(ioctl.CREATE, device.name, device.uuid)
    device.number = "%d:%d" % ioctl.major_minor(reply.dev)
    if table:
        try:
            device.load(table, read_only)
            device.resume()
        except OSError as error:
            device.remove()
            raise AssertionError(f"the kernel refuses {name!r} {table!r}: {error}") from error
    return device


def remove_all() -> None:
    """Every device, those that others stand on after these."""
    def attempt():
        for name in reversed(ioctl.names()):
            device = Device(name)
            try:
                if device.suspended():
                    device.resume()
                device.call(ioctl.REMOVE)
            except OSError:
                pass
        return not ioctl.names()
    until(attempt, "every device removed", 30)


class Disk:
    """A ramdisk, given out in pieces; one scenario after another starts at its beginning."""

    def __init__(self):
        if not os.path.exists("/dev/ram0"):
            modprobe("brd", "rd_nr=1", "rd_size=524288")
        self.number = open("/sys/block/ram0/dev").read().strip()
        self.used = 0

    def rest(self) -> None:
        self.used = 0

    def table(self, sectors: int) -> str:
        at, self.used = self.used, self.used + sectors
        return f"0 {sectors} linear {self.number} {at}"

    def piece(self, name: str, sectors: int) -> Device:
        """A new device whose first MiB is zero."""
        device = create(name, self.table(sectors))
        write(device, 0, min(sectors * 512, ZEROES_AT_START), 0)
        return device


def _buffer(length: int, fill: int) -> mmap.mmap:
    memory = mmap.mmap(-1, length)
    memory.write(bytes([fill]) * length)
    return memory


def write(device, offset: int, length: int, fill: int = 0x5A, flags: int = 0) -> None:
    """Past the page cache; raises OSError as the device does."""
    fd = os.open(getattr(device, "node", device), os.O_WRONLY | os.O_DIRECT | flags)
    try:
        chunk = min(length, 1 << 20)
        memory = _buffer(chunk, fill)
        for at in range(offset, offset + length, chunk):
            os.pwrite(fd, memoryview(memory)[:min(chunk, offset + length - at)], at)
    finally:
        os.close(fd)


def read(device, offset: int = 0, length: int = 4096) -> bytes:
    fd = os.open(getattr(device, "node", device), os.O_RDONLY | os.O_DIRECT)
    try:
        memory = mmap.mmap(-1, length)
        os.preadv(fd, [memory], offset)
        return memory[:]
    finally:
        os.close(fd)


def fails(access, *args) -> None:
    """ACCESS must be refused with an I/O error or for want of space."""
    try:
        access(*args)
    except OSError:
        return
    raise AssertionError(f"{access.__name__}{args[1:]} was expected to fail")


class Writer:
    """A write in a process of its own, for one that may be held in the kernel."""

    def __init__(self, device, offset: int, length: int, flags: int = 0):
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                write(device, offset, length, flags=flags)
                code = 0
            except OSError as error:
                code = error.errno
            finally:
                os._exit(code)
        self.status = None

    def held(self) -> bool:
        """Whether it sleeps in the kernel, uninterruptibly."""
        return open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "D"

    def done(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait_held(self) -> None:
        until(self.held, "a write that is held in the kernel")

    def wait(self, seconds: float = 20.0) -> int:
        """0, or the errno."""
        until(self.done, "the end of a write", seconds)
        return self.status
