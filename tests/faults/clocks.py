# SPDX-License-Identifier: Apache-2.0
"""Steps of the wall clock in the middle of what rules wait for. Backward: no wait becomes longer by it. Forward: one
may end early, for times are the wall clock's; nothing is run twice or in a burst."""
import time

from family import BLOCKS, MARK, Family

HOUR = 3600
ONE = {"low": ["first"]}


def rules(options, name="low"):
    """As text for str.format()."""
    return """
version: 1
rules:
  - {{name: NAME, on: thin.low_water, OPTIONS,
      do: {{exec: [{program}, "{{rule}}", first, "{{device}}", "{{data.data_used}}"], env: {{LOG: {log}}}}}}}
""".replace("NAME", name).replace("OPTIONS", options)


class Watch:
    """Seconds since something happened, by a clock that is not stepped."""

    def __init__(self):
        self.began = time.monotonic()

    def between(self, least, most, what):
        took = time.monotonic() - self.began
        assert least <= took <= most, f"{what} after {took:.1f} s, not within {least} to {most} s"


def case(name, options, body, rule="low"):
    def play(tools, directory):
        family = Family(tools, directory, rules=rules(options, rule))
        try:
            body(family.start().baseline().watching())
            status = family.end()
            assert status == 0, f"ended with {status}"
        finally:
            family.bury()
    return name, play


def seen(family, n):
    family.until(lambda: len(family.events("thin.low_water")) >= n, f"{n} events are seen")


def again(family, step, lows):
    """Another life, with the clock stepped in between, and pools as low as they were."""
    status = family.end()
    assert status == 0, f"ended with {status}"
    family.control.clock_off(step)
    family.err.write_text("")
    family.start().baseline(lows).watching()


def held_for(step, least):
    def body(family):
        watch = Watch()
        family.low(0, 1, ONE)
        seen(family, 1)
        family.control.clock_off(step)
        family.paid()
        watch.between(least, 5, "run")
        family.once()
    return body


def cooled_down(step, least):
    def body(family):
        watch = Watch()
        family.low(0, 1, ONE)
        family.paid()
        family.fine(0)
        family.low(0, 2, ONE)
        seen(family, 2)
        family.control.clock_off(step)
        family.paid()
        watch.between(least, 5, "run again")
        family.once()
    return body


def reminded(step):
    def body(family):
        family.low(0, 1, {})
        key = ("low", "first", "pool0", str(BLOCKS - MARK + 1))
        family.until(lambda: family.ran()[key] >= 1, "it runs")
        watch = Watch()
        family.control.clock_off(step)
        family.until(lambda: family.ran()[key] >= 4, "it is run again")
        watch.between(2, 8, "reminded three times")
        assert family.ran()[key] <= 5, f"a burst of {family.ran()[key]}"
    return body


def tried_again(step):
    def body(family):
        watch = Watch()
        family.low(0, 1, {"again": ["first"]})
        family.until(lambda: family.events("action.failed"), "it fails")
        family.control.clock_off(step)
        family.paid()
        watch.between(0, 5, "tried again")
        family.once()
    return body


def held_for_through_a_restart(step):
    def body(family):
        watch = Watch()
        family.low(0, 1, ONE)
        seen(family, 1)
        again(family, step, [1])
        family.paid()
        watch.between(0, 8, "run")
        family.once()
    return body


def cooled_down_through_a_restart(step):
    def body(family):
        watch = Watch()
        family.low(0, 1, ONE)
        family.paid()
        family.fine(0)
        family.low(0, 2, ONE)
        seen(family, 2)
        again(family, step, [2])
        family.paid()
        watch.between(0, 8, "run again")
        family.once()
    return body


def reminded_through_a_restart(step):
    def body(family):
        family.low(0, 1, {})
        key = ("low", "first", "pool0", str(BLOCKS - MARK + 1))
        family.until(lambda: family.ran()[key] >= 1, "it runs")
        again(family, step, [1])
        before, watch = family.ran()[key], Watch()
        family.until(lambda: family.ran()[key] >= before + 3, "it is run again")
        watch.between(1, 10, "reminded three times")
        assert family.ran()[key] <= before + 5, f"a burst of {family.ran()[key] - before}"
    return body


def tried_again_through_a_restart(step):
    def body(family):
        watch = Watch()
        family.low(0, 1, {"again": ["first"]})
        family.until(lambda: family.events("action.failed"), "it fails")
        again(family, step, [1])
        family.paid()
        watch.between(0, 8, "tried again")
        family.once()
    return body


def limited_through_a_restart(step):
    def body(family):
        watch = Watch()
        family.low(0, 1, ONE)
        family.paid()
        family.fine(0)
        family.low(0, 2, ONE)
        family.until(lambda: family.events("action.suspended"), "it is suspended")
        again(family, step, [2])
        family.paid()
        watch.between(0, 8, "run again")
        family.once()
    return body


RETRY = "retry: {{attempts: 5, backoff: 2s}}"


def all_cases():
    for step, way, early in ((-HOUR, "back", False), (HOUR, "on", True)):
        least = 0 if early else 1.4
        yield case(f"the clock goes {way} an hour within for:", "for: 1500ms", held_for(step, least))
        yield case(f"the clock goes {way} an hour within a cooldown", "cooldown: 1500ms", cooled_down(step, least))
        yield case(f"the clock goes {way} an hour between reminders", "remind: every 1s", reminded(step))
        yield case(f"the clock goes {way} an hour before a retry", RETRY, tried_again(step), "again")
        yield case(f"the clock went {way} an hour at a restart within for:", "for: 3s", held_for_through_a_restart(step))
        yield case(f"the clock went {way} an hour at a restart within a cooldown", "cooldown: 3s",
                   cooled_down_through_a_restart(step))
        yield case(f"the clock went {way} an hour at a restart between reminders", "remind: every 2s",
                   reminded_through_a_restart(step))
        yield case(f"the clock went {way} an hour at a restart before a retry", RETRY, tried_again_through_a_restart(step), "again")
        yield case(f"the clock went {way} an hour at a restart at max_runs", "max_runs: 1 per 3s",
                   limited_through_a_restart(step))
