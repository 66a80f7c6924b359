# SPDX-License-Identifier: Apache-2.0
"""Arrays of 16 MiB legs. Their speed is set so that a sync is seen running, then let go."""
import dm
from monitor import cleared, happened, raised
from scenario import scenario

MIN = "/proc/sys/dev/raid/speed_limit_min"
MAX = "/proc/sys/dev/raid/speed_limit_max"
LEG = 32768  # sectors
RELOAD = ("device.table_changed",)


def slow(stage) -> None:
    """A sync takes half a minute unless `fast` follows."""
    stage.set(MIN, 100)
    stage.set(MAX, 500)


def fast() -> None:
    for path in (MAX, MIN):
        with open(path, "w") as file:
            file.write("1000000")


class Array:
    def __init__(self, stage, kind: str, legs: int, synced=True):
        self.kind, self.stage = kind, stage
        self.legs = [self.leg(index) for index in range(legs)]
        self.device = dm.create("array", self.table())
        if synced:
            self.device.wait_status("A" * legs, "idle")

    def leg(self, index: int):
        """A metadata device and a data device."""
        return self.stage.piece(f"meta{index}", 1), self.stage.piece(f"data{index}", LEG / dm.MIB)

    def table(self, missing=(), rebuild=(), options="") -> str:
        chunk = 0 if self.kind == "raid1" else 128
        words = f"{chunk} region_size 1024 {options}".split()
        for index in rebuild:
            words += ["rebuild", str(index)]
        pairs = " ".join("- -" if index in missing else f"{meta.number} {data.number}"
                         for index, (meta, data) in enumerate(self.legs))
        size = LEG if self.kind == "raid1" else LEG * (len(self.legs) - 1)
        return f"0 {size} raid {self.kind} {len(words)} {' '.join(words)} {len(self.legs)} {pairs}"

    def lose(self, index: int, monitor) -> None:
        """The leg dies, which the array notices when it is written to."""
        self.stage.lose(self.legs[index][1], monitor=monitor)
        dm.write(self.device, 0, 1 << 18)
        self.device.wait_status("idle")

    def revive(self) -> None:
        """A healed leg is taken in again when the array is resumed."""
        self.device.suspend()
        self.device.resume()


def lost(index: int):
    """A leg's loss is one look's: the leg and the array, with no order between them."""
    return (raised("raid.device_failed", device="array", part=str(index), severity="error"),
            raised("raid.degraded", device="array", severity="error"))


def recovered(index: int):
    return (happened("raid.device_recovered", device="array", part=str(index)),
            happened("raid.optimal", device="array"),
            happened("raid.sync_finished", device="array", data={"action": "recover"}))


def started(action: str):
    return happened("raid.sync_started", device="array", data={"action": action})


def finished(action: str):
    return happened("raid.sync_finished", device="array", data={"action": action})


@scenario
def raid1_initial_sync(stage):
    """The first resync of a new array is no degradation; its end is an event."""
    slow(stage)
    array = Array(stage, "raid1", 2, synced=False)
    array.device.wait_status("aa", "resync")
    monitor = stage.monitor()
    monitor.nothing_else()
    fast()
    array.device.wait_status("AA", "idle")
    monitor.expect(finished("resync"))


@scenario
def raid5_initial_sync(stage):
    """The same with parity, where the last leg is built from the others."""
    slow(stage)
    array = Array(stage, "raid5_ls", 3, synced=False)
    array.device.wait_status("resync")
    monitor = stage.monitor()
    monitor.nothing_else()
    fast()
    array.device.wait_status("AAA", "idle")
    monitor.expect(finished("resync"))


def _lost_and_healed(stage, kind: str, legs: int) -> None:
    array = Array(stage, kind, legs)
    monitor = stage.monitor(ignore=RELOAD)
    array.lose(1, monitor)
    assert array.device.status().split()[2] == "AD" + "A" * (legs - 2)
    monitor.any_order(*lost(1))
    dm.write(array.device, 1 << 20, 1 << 18)
    monitor.nothing_else()
    slow(stage)
    stage.heal(array.legs[1][1], monitor=monitor)
    dm.write(array.device, 0, 8 << 20)
    array.revive()
    array.device.wait_status("recover")
    monitor.expect(started("recover"))
    fast()
    array.device.wait_status("A" * legs, "idle")
    # One look says all of it.
    monitor.any_order(*recovered(1))


@scenario
def raid1_leg_lost_and_healed(stage):
    """A mirror's leg dies, comes back and is recovered: `a` meanwhile is neither failed nor recovered."""
    _lost_and_healed(stage, "raid1", 2)


@scenario
def raid5_leg_lost_and_healed(stage):
    """The same with parity."""
    _lost_and_healed(stage, "raid5_ls", 3)


@scenario
def raid1_leg_replaced(stage):
    """A new leg in the dead one's place: degraded holds through the reload until it is rebuilt."""
    array = Array(stage, "raid1", 2)
    spare = array.leg(2)
    monitor = stage.monitor(ignore=RELOAD)
    array.lose(1, monitor)
    monitor.any_order(*lost(1))
    slow(stage)
    array.legs[1] = spare
    array.device.reload(array.table(rebuild=[1]))
    array.device.wait_status("Aa", "recover")
    monitor.expect(started("recover"))
    fast()
    array.device.wait_status("AA", "idle")
    monitor.any_order(*recovered(1))


@scenario
def raid1_leg_missing(stage):
    """A leg that is absent from the table (`- -`) is missing, not failed, until one is put there and rebuilt."""
    array = Array(stage, "raid1", 2)
    monitor = stage.monitor(ignore=RELOAD)
    array.device.reload(array.table(missing=[1]))
    array.device.wait_status("A-")
    monitor.any_order(raised("raid.device_missing", device="array", part="1", severity="error"),
                      raised("raid.degraded", device="array"))
    slow(stage)
    array.device.reload(array.table(rebuild=[1]))
    array.device.wait_status("Aa", "recover")
    monitor.expect(started("recover"))
    fast()
    array.device.wait_status("AA", "idle")
    monitor.any_order(*recovered(1))


@scenario
def raid5_two_legs_lost(stage):
    """Parity survives one leg, not two: the array has failed though it prints a full ratio and idle."""
    array = Array(stage, "raid5_ls", 3)
    monitor = stage.monitor(ignore=RELOAD)
    array.lose(0, monitor)
    monitor.any_order(*lost(0))
    stage.lose(array.legs[2][1], monitor=monitor)
    try:
        dm.write(array.device, 0, 4 << 20)
    except OSError:
        pass
    text = dm.until(lambda: (lambda t: t if t.split()[2].count("A") == 1 else "")(array.device.status()),
                    "two legs lost")
    stage.say(text)
    monitor.any_order(raised("raid.device_failed", device="array", part="2"),
                      raised("raid.failed", device="array", severity="critical"))


@scenario
def scrub_finds_mismatches(stage):
    """A check restarts the ratio and is no degradation; what it found is told when it is over, and ends by repair."""
    array = Array(stage, "raid1", 2)
    dm.write(array.legs[1][1], 8 << 20, 1 << 20, 0xFF)
    monitor = stage.monitor(ignore=("device.renamed",))
    slow(stage)
    array.device.message("check")
    array.device.wait_status("check")
    array.device.nudge()  # no event tells of a start, and an idle array is polled seldom
    monitor.expect(happened("raid.sync_started", data={"action": "check"}))
    fast()
    text = array.device.wait_status("idle")
    assert text.split()[5] == "2048", text
    monitor.any_order(finished("check"), raised("raid.mismatch", device="array", severity="warning"))
    slow(stage)
    array.device.message("repair")
    array.device.wait_status("repair")
    array.device.nudge()
    monitor.expect(happened("raid.sync_started", data={"action": "repair"}))
    fast()
    array.device.wait_status("idle")
    monitor.any_order(finished("repair"), cleared("raid.mismatch", device="array"))


@scenario
def rebuild_loses_its_source(stage):
    """A full ratio is not success: the source of a rebuild dies, and the kernel prints `Aa N/N idle`."""
    array = Array(stage, "raid1", 2)
    spare = array.leg(2)
    monitor = stage.monitor(ignore=RELOAD)
    array.lose(1, monitor)
    monitor.any_order(*lost(1))
    slow(stage)
    array.legs[1] = spare
    array.device.reload(array.table(rebuild=[1]))
    array.device.wait_status("Aa", "recover")
    monitor.expect(started("recover"))
    stage.lose(array.legs[0][1], monitor=monitor)
    text = array.device.wait_status("Aa", f"{LEG}/{LEG}", "idle")
    stage.say(text)
    dm.fails(dm.read, array.device)
    monitor.any_order(happened("raid.sync_interrupted", device="array", data={"action": "recover"}),
                      raised("raid.failed", device="array", severity="critical"))


@scenario
def suspended_array(stage):
    """A suspended array prints `frozen` and a ratio of nothing, from which nothing follows."""
    array = Array(stage, "raid1", 2)
    monitor = stage.monitor()
    array.device.suspend()
    array.device.wait_status("frozen")
    monitor.nothing_else()
    array.device.resume()
    array.device.wait_status("AA", "idle")
    monitor.nothing_else()


@scenario
def already_degraded(stage):
    """What was lost before the start is told as initial."""
    array = Array(stage, "raid1", 2)
    array.lose(1, None)
    monitor = stage.monitor(ignore=("device.table_error",))
    monitor.any_order(raised("raid.device_failed", device="array", part="1", initial=True, source="start"),
                      raised("raid.degraded", device="array", initial=True, source="start"))
