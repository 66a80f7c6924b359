# SPDX-License-Identifier: Apache-2.0
"""When the kernel raised an event of a device, and when a program was started: both by the kernel's own clock."""
import os
import re
import select
import time

TRACE = "/sys/kernel/tracing"
LINE = re.compile(r"\s*(.+)-(\d+)\s+\[\d+\]\s+\S+\s+(\d+\.\d+): (.*)")


def _write(name: str, text: str, how: str = "w") -> None:
    with open(os.path.join(TRACE, name), how, encoding="utf-8") as file:
        file.write(text)


class Trace:
    """One at a time. `marks` has what came: (seconds, "event" or "exec", the task or the program's path)."""

    def __init__(self, *programs: str):
        """PROGRAMS: whose starts are of interest."""
        if not os.path.exists(TRACE + "/kprobe_events"):
            os.system("mount -t tracefs tracefs " + TRACE)
        self.close()
        _write("trace_clock", "mono")
        _write("kprobe_events", "p:dm_event dm_table_event\n")
        _write("events/kprobes/dm_event/enable", "1")
        _write("events/sched/sched_process_exec/filter", " || ".join(f'filename == "{path}"' for path in programs))
        _write("events/sched/sched_process_exec/enable", "1")
        _write("trace", "")
        self.pipe = open(TRACE + "/trace_pipe", "rb", buffering=0)  # pylint: disable=consider-using-with
        os.set_blocking(self.pipe.fileno(), False)
        self.partial, self.marks = b"", []
        _write("tracing_on", "1")

    def look(self) -> None:
        """Takes in what is there."""
        while True:
            try:
                data = os.read(self.pipe.fileno(), 65536)
            except BlockingIOError:
                return
            if not data:
                return
            *lines, self.partial = (self.partial + data).split(b"\n")
            for line in lines:
                match = LINE.match(line.decode(errors="replace"))
                if match and match[4].startswith("dm_event:"):
                    self.marks.append((float(match[3]), "event", match[1].strip()))
                elif match and match[4].startswith("sched_process_exec:"):
                    self.marks.append((float(match[3]), "exec", match[4].split("filename=", 1)[1].split(" ")[0]))

    def until_exec(self, seconds: float) -> tuple[float, float] | None:
        """The times of the first event that is left, and of the first start after it; both are taken out then, with all
        that came before."""
        end = time.monotonic() + seconds
        while True:
            self.look()
            event = next((at for at, mark in enumerate(self.marks) if mark[1] == "event"), None)
            if event is not None:
                start = next((at for at, mark in enumerate(self.marks) if mark[1] == "exec" and at > event), None)
                if start is not None:
                    pair = self.marks[event][0], self.marks[start][0]
                    del self.marks[:start + 1]
                    return pair
            left = end - time.monotonic()
            if left <= 0:
                return None
            select.select([self.pipe], [], [], min(left, 0.2))  # a page that is not full wakes nobody

    def forget(self) -> None:
        """What came so far is of no interest."""
        self.look()
        self.marks.clear()

    @staticmethod
    def now() -> float:
        """By the same clock."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    @staticmethod
    def close() -> None:
        _write("tracing_on", "0")
        for event in ("sched/sched_process_exec", "kprobes/dm_event"):
            if os.path.exists(f"{TRACE}/events/{event}/enable"):
                _write(f"events/{event}/enable", "0")
        _write("events/sched/sched_process_exec/filter", "0")
        _write("kprobe_events", "")
