# SPDX-License-Identifier: Apache-2.0
"""What the endurance tests share: the program with a pipe for its kernel, and what it says to procfs."""
import ctypes
import json
import os
import pathlib
import select
import signal
import subprocess

BLOCKS, MARK = 10_000_000, 1_000_000


def pool(minor, used, total=BLOCKS, event_nr=0, why="kernel"):
    """A thin pool's line: low on space when fewer than MARK blocks are free."""
    status = f"0 10/1024 {used}/{total} - rw no_discard_passdown queue_if_no_space - 256 "
    return {"v": 1, "kind": "device", "why": why, "name": f"pool{minor}", "uuid": f"LVM-{minor:064}-tpool", "major": 253, "minor": minor,
            "diskseq": minor + 1, "event_nr": event_nr,
            "targets": [{"start": 0, "length": 131072, "type": "thin-pool", "table": f"253:900 253:901 128 {MARK} 0 ",
                         "status": status}]}


def children(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return [int(c) for t in tasks for c in pathlib.Path(f"/proc/{pid}/task/{t}/children").read_text().split()]
    except OSError:
        return []


class Written:
    """Tells when a file was written to: inotify."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC)
        modified = 2
        if self.fd < 0 or libc.inotify_add_watch(self.fd, os.fsencode(path), modified) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def __del__(self):
        if self.fd >= 0:
            os.close(self.fd)

    def fileno(self):
        return self.fd

    def forget(self):
        os.read(self.fd, 65536)


class Live:
    """One life of the program. LINES go to its kernel; what it prints goes to the file OUT."""

    def __init__(self, program, arguments, out, err):
        self.out, self.err = open(out, "ab"), open(err, "ab")  # pylint: disable=consider-using-with
        plugins = pathlib.Path(program).resolve().parents[2] / "plugins" / "thin"
        self.process = subprocess.Popen([program, "-f", "--plugin-dir", str(plugins), *arguments], stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=self.err)  # pylint: disable=consider-using-with

    def say(self, *lines):
        """False: it is not there any more."""
        try:
            self.process.stdin.write("".join(json.dumps(line) + "\n" for line in lines).encode())
            self.process.stdin.flush()
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def family(self):
        """The process ids of the dispatcher and of all that came of it, by what they call themselves."""
        names = {"dmevent-launch": "launcher", "dmevent-keep": "keeper", "dmevent-store": "store"}
        found, look = {"dispatcher": self.process.pid}, [self.process.pid]
        while look:
            for child in children(look.pop()):
                try:
                    name = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
                except OSError:
                    continue
                found.setdefault(names.get(name, name), child)  # one that was just forked still has its parent's name
                look.append(child)
        return found

    def kill(self, who):
        pid = self.family().get(who)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def wait_for(self, written, seconds):
        """Until something was written, or the program has ended."""
        pidfd = os.pidfd_open(self.process.pid)
        try:
            if written in select.select([written, pidfd], [], [], max(seconds, 0))[0]:
                written.forget()
        finally:
            os.close(pidfd)

    def over(self, patience=None):
        """Its exit status, once it ends."""
        status = self.process.wait(patience)
        try:
            self.process.stdin.close()
        except OSError:
            pass
        self.out.close()
        self.err.close()
        return status
