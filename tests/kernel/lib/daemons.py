# SPDX-License-Identifier: Apache-2.0
"""The real dmeventd and multipathd, started as a scenario needs them and gone when it is over."""
import fcntl
import os
import select
import socket
import struct
import subprocess

import dm
import ioctl


class Daemon:
    def __init__(self, stage, *words: str, env=None):
        with open(stage.path(words[0]), "w") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        stage.undo.append(self.kill)

    def kill(self) -> None:
        """It is gone, without a chance to undo anything."""
        self.process.kill()
        self.process.wait()


class Dmeventd(Daemon):
    """LVM (an lvm2.Lvm with monitoring on) registers with it what is made or activated from now on."""
    CLIENT, SERVER = "/run/dmeventd-client", "/run/dmeventd-server"
    GET_REGISTERED = 4

    def __init__(self, stage, lvm):
        super().__init__(stage, "dmeventd", "-f", "-l", "-ddd", env=lvm.environment)
        self.asked = 0
        dm.until(self.listening, "dmeventd listening")

    @classmethod
    def listening(cls) -> bool:
        try:
            os.close(os.open(cls.CLIENT, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    def ask(self, command: int, text: str, seconds: float = 5.0) -> tuple[int, str]:
        """The status (0, or a negative errno) and the text of the answer, as libdevmapper-event would read them."""
        self.asked += 1
        mark = f"{os.getpid()}:{self.asked}"
        body = f"{mark} {text}\0".encode()
        client, server = os.open(self.CLIENT, os.O_WRONLY | os.O_NONBLOCK), os.open(self.SERVER, os.O_RDWR)
        try:
            fcntl.flock(server, fcntl.LOCK_EX)
            os.write(client, struct.pack(">iI", command, len(body)) + body)
            while True:
                status, length = struct.unpack(">iI", self._read(server, 8, seconds))
                answer = self._read(server, length, seconds).rstrip(b"\0").decode()
                if answer.startswith(mark + " "):  # not one that somebody did not wait for
                    return status, answer[len(mark) + 1:]
        finally:
            os.close(client)
            os.close(server)

    @staticmethod
    def _read(fd: int, length: int, seconds: float) -> bytes:
        data = b""
        while len(data) < length:
            assert select.select([fd], [], [], seconds)[0], f"dmeventd does not answer within {seconds:g} s"
            data += os.read(fd, length - len(data))
        return data

    def registered(self, device: dm.Device) -> bool:
        """While a registration ends, its events are none."""
        status, answer = self.ask(self.GET_REGISTERED, f"- {device.dm_uuid()} 0 0")
        return status == 0 and answer.split()[-1] != "0"


class Multipathd(Daemon):
    """Needs udevd, and takes only disks that udevd has seen. It polls each second."""
    CONFIGURATION = """
defaults {{
  find_multipaths no
  polling_interval 1
  user_friendly_names yes
  missing_uev_wait_timeout 2
  no_path_retry {no_path_retry}
}}
"""

    def __init__(self, stage, no_path_retry="fail"):
        with open("/etc/multipath.conf", "w") as file:
            file.write(self.CONFIGURATION.format(no_path_retry=no_path_retry))
        subprocess.run(["udevadm", "settle"], check=True)
        super().__init__(stage, "multipathd", "-d", "-s")

    def map_over(self, numbers: list[str]) -> dm.Device:
        """The map that it makes, once it has these paths."""
        return dm.until(lambda: self._map_over(numbers), "multipathd's map with its paths", 60)

    @staticmethod
    def _map_over(numbers: list[str]):
        for name in ioctl.names():
            device = dm.Device(name)
            if all(f" {number} A " in device.status() for number in numbers):
                device.number = "%d:%d" % ioctl.major_minor(device.call(ioctl.STATUS).dev)
                return device
        return None

    @staticmethod
    def ask(text: str) -> str:
        """The answer to one command, as `multipathd COMMAND` prints it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect("\0/org/kernel/linux/storage/multipathd")
            words = text.encode() + b"\0"
            connection.sendall(struct.pack("=Q", len(words)) + words)
            length, = struct.unpack("=Q", connection.recv(8, socket.MSG_WAITALL))
            return connection.recv(length, socket.MSG_WAITALL).rstrip(b"\0").decode()
