# SPDX-License-Identifier: Apache-2.0
"""The device-mapper ioctls, raw: a command takes well under a millisecond, where a process takes a hundred
under emulation, and names are bytes as the kernel keeps them. See linux/dm-ioctl.h."""
import fcntl
import os
import struct
from dataclasses import dataclass

CREATE, REMOVE, RENAME, SUSPEND, STATUS, LOAD, CLEAR, TABLE, MESSAGE = 3, 4, 5, 6, 7, 9, 10, 12, 14
LIST = 2

READONLY, SUSPENDED, STATUS_TABLE, PERSISTENT_DEV = 1 << 0, 1 << 1, 1 << 4, 1 << 3
BUFFER_FULL, SKIP_LOCKFS, NOFLUSH, UUID = 1 << 8, 1 << 10, 1 << 11, 1 << 14

_HEAD = struct.Struct("=3I2IIiIIIQ128s129s7x")  # struct dm_ioctl
_SPEC = struct.Struct("=QQiI16s")  # struct dm_target_spec
_control = None


@dataclass
class Reply:
    """What a command answered: the head's fields, and the target lines for TABLE."""
    flags: int
    event_nr: int
    dev: int
    targets: list  # (start, length, type, text)
    data: bytes


def major_minor(dev: int) -> tuple[int, int]:
    return (dev >> 8) & 0xFFF, (dev & 0xFF) | ((dev >> 12) & 0xFFF00)


def _targets(count: int, data: bytes) -> list:
    lines, at = [], 0
    for _ in range(count):
        start, length, _, after, kind = _SPEC.unpack_from(data, at)
        text = data[at + _SPEC.size:data.index(b"\0", at + _SPEC.size)]
        lines.append((start, length, kind.rstrip(b"\0").decode(), text.decode("utf-8", "surrogateescape")))
        at = after
    return lines


def command(number: int, name: bytes = b"", uuid: bytes = b"", flags: int = 0, payload: bytes = b"",
            targets: int = 0) -> Reply:
    """Raises OSError as the kernel refuses."""
    global _control
    if _control is None:
        _control = os.open("/dev/mapper/control", os.O_RDWR | os.O_CLOEXEC)
    size = max(16384, _HEAD.size + len(payload) + 8)
    while True:
        head = _HEAD.pack(4, 0, 0, size, _HEAD.size, targets, 0, flags, 0, 0, 0, name, uuid)
        buffer = bytearray((head + payload).ljust(size, b"\0"))
        fcntl.ioctl(_control, 0xC138FD00 | number, buffer)
        (_, _, _, _, start, count, _, out, event_nr, _, dev, _, _) = _HEAD.unpack_from(buffer)
        if out & BUFFER_FULL:
            size *= 2
            continue
        data = bytes(buffer[start:])
        lines = _targets(count, data) if number == TABLE else []
        return Reply(out, event_nr, dev, lines, data)


def table_payload(lines: list) -> bytes:
    """LINES of (start, length, type, parameters), as LOAD takes them."""
    out = b""
    for start, length, kind, text in lines:
        text = text.encode() + b"\0"
        text += b"\0" * (-(_SPEC.size + len(text)) % 8)
        out += _SPEC.pack(start, length, 0, _SPEC.size + len(text), kind.encode()) + text
    return out


def message_payload(text: str) -> bytes:
    return struct.pack("=Q", 0) + text.encode() + b"\0"


def names() -> list[bytes]:
    data, at, found = command(LIST).data, 0, []
    while struct.unpack_from("=Q", data, at)[0]:
        step = struct.unpack_from("=I", data, at + 8)[0]
        found.append(data[at + 12:data.index(b"\0", at + 12)])
        if not step:
            break
        at += step
    return found
