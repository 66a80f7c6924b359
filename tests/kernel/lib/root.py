# SPDX-License-Identifier: Apache-2.0
"""File systems on device-mapper devices that stop answering; and a small root of the program's own on one."""
import glob
import os
import shutil
import subprocess

import dm


class FileSystem:
    """An ext4 on a piece, mounted AT."""

    def __init__(self, stage, name: str, mib: int, at: str):
        self.disk, self.at = stage.piece(name, mib), at
        os.makedirs(at, exist_ok=True)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", self.disk.node], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["mount", "-t", "ext4", self.disk.node, at], check=True)
        stage.undo.append(lambda: dm.until(lambda: subprocess.run(["umount", at]).returncode == 0, f"{at} unmounted"))
        stage.undo.append(self.answer)

    def stop_answering(self) -> None:
        """Every access to the disk waits from here on, and nothing of it is left in memory that is not held there."""
        self.disk.suspend()
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")

    def answer(self) -> None:
        if self.disk.suspended():
            self.disk.resume()


def needs(program: str) -> list[str]:
    """The files that PROGRAM is made of: itself, its loader, its libraries. A static one is itself alone."""
    text = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return [program, *(word for word in text.split() if word.startswith("/"))]


class Root(FileSystem):
    """A root file system with PROGRAMS and what is installed of ours. The kernel's file systems and /run are there."""

    def __init__(self, stage, installed: str, programs: list[str]):
        super().__init__(stage, "root", 96, "/mnt/root")
        shutil.copytree(installed, self.at, dirs_exist_ok=True)
        self.program, = glob.glob(self.at + "/usr/**/sbin/dmevent_tool", recursive=True)
        self.program = self.program.removeprefix(self.at)
        for file in {file for program in [*programs, self.at + self.program] for file in needs(program)}:
            if not file.startswith(self.at):
                os.makedirs(os.path.dirname(self.at + file), exist_ok=True)
                shutil.copy(file, self.at + file)
        for place in ("proc", "sys", "dev", "run"):
            os.makedirs(f"{self.at}/{place}", exist_ok=True)
            subprocess.run(["mount", "--bind", f"/{place}", f"{self.at}/{place}"], check=True)
            stage.undo.append(lambda place=place: subprocess.run(["umount", f"{self.at}/{place}"], check=True))
        stage.undo.append(self.answer)
        for directory, _, files in os.walk(self.at):  # who made them is not root everywhere
            if os.stat(directory).st_dev == os.stat(self.at).st_dev:
                for name in [directory, *(os.path.join(directory, file) for file in files)]:
                    os.chown(name, 0, 0, follow_symlinks=False)
        subprocess.run(["sync"], check=True)


def waiting() -> str:
    """Each task that waits in the kernel uninterruptibly, and where."""
    text = ""
    for task in glob.glob("/proc/[0-9]*/task/[0-9]*"):
        try:
            if open(task + "/stat").read().rsplit(")", 1)[1].split()[0] == "D":
                text += f"{task} {open(task + '/comm').read().strip()}\n{open(task + '/stack').read()}"
        except OSError:
            pass  # it went on
    return text
