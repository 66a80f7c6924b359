# SPDX-License-Identifier: Apache-2.0
"""An application that writes: one block after another past the page cache, in a process of its own, until stopped."""
import errno
import json
import os
import select
import time

import dm

BLOCK = 64 << 10
PACE = 0.02  # seconds between two writes, or emulation leaves nothing for the others


class Load:
    """Goes round and round over LENGTH bytes. After `stop`: writes, errors (name -> count) and longest, in seconds."""

    def __init__(self, device, offset: int, length: int):
        self.writes, self.errors, self.longest = 0, {}, 0.0
        order, self.order = os.pipe()
        self.answer, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.order)
                os.write(answer, json.dumps(self._write(device, offset, length, order)).encode())
            finally:
                os._exit(0)
        os.close(order)
        os.close(answer)

    @staticmethod
    def _write(device, offset: int, length: int, order: int) -> list:
        """Until ORDER's other end is closed."""
        writes, errors, longest = 0, {}, 0.0
        while not select.select([order], [], [], PACE)[0]:
            began = time.monotonic()
            try:
                dm.write(device, offset + writes * BLOCK % length, BLOCK)
            except OSError as error:
                name = errno.errorcode[error.errno]
                errors[name] = errors.get(name, 0) + 1
            writes += 1
            longest = max(longest, time.monotonic() - began)
        return [writes, errors, longest]

    def stop(self, seconds: float = 20.0) -> "Load":
        """When the write that is on its way has ended."""
        os.close(self.order)
        assert select.select([self.answer], [], [], seconds)[0], f"a write did not end within {seconds:g} s"
        self.writes, self.errors, self.longest = json.loads(os.read(self.answer, 1 << 16))
        os.close(self.answer)
        os.waitpid(self.pid, 0)
        return self
