# SPDX-License-Identifier: Apache-2.0
"""When rules run: for how long, how often, with which configuration; and that --once waits for them."""
import os
import signal
import time

import dm
from monitor import happened, raised
from multipath import Map
from rules import failed, finished, has, rules
from scenario import scenario

QUIET = ("multipath.*", "device.*")
ECHO = {"exec": ["/bin/echo", "{device}", "{type}"]}


def says(monitor, text: str) -> None:
    dm.until(lambda: text in monitor.diagnostics(), f"the program to say {text!r}")


@scenario
def only_if_it_lasts(stage):
    """`for`: a map whose path comes back in time sets off nothing; the next time it does not come back."""
    map = Map(stage)
    monitor = stage.monitor(ignore=QUIET, config=rules({"on": "multipath.path_failed", "for": "3s", "do": ECHO}))
    map.fail(0)
    began = time.monotonic()
    dm.until(lambda: time.monotonic() - began > 2, "two seconds to pass")
    map.reinstate(0)
    monitor.nothing_else(3)
    map.fail(0)
    began = time.monotonic()
    monitor.expect(finished("map", output=has("map multipath.path_failed")))
    assert 2.5 < time.monotonic() - began < 5, time.monotonic() - began


@scenario
def reminded_while_it_lasts(stage):
    """`remind` and `max_runs`: again each second, until the limit says that this is enough."""
    map = Map(stage)
    rule = {"name": "nag", "on": "multipath.path_failed", "remind": "every 1s", "max_runs": "3 per 1h", "do": ECHO}
    monitor = stage.monitor(ignore=QUIET, config=rules(rule))
    map.fail(0)
    monitor.expect(*[finished("map")] * 3, raised("action.suspended", device="map", part="nag", source="action"))
    monitor.nothing_else(2)


@scenario
def tried_again(stage):
    """`retry`: with a wait that doubles, while the condition holds and no longer."""
    map = Map(stage)
    rule = {"on": "multipath.path_failed", "retry": {"attempts": 9, "backoff": "1s..4s"}, "do": {"exec": ["/bin/false"]}}
    monitor = stage.monitor(ignore=QUIET, config=rules(rule))
    map.fail(0)
    times = []
    for attempt in (1, 2, 3):
        monitor.expect(failed("map", attempt=attempt, exit_status=1))
        times.append(time.monotonic())
    assert 0.8 < times[1] - times[0] < 1.9 and 1.8 < times[2] - times[1] < 3.2, times
    map.reinstate(0)
    monitor.nothing_else(5)


@scenario
def reloaded_or_not(stage):
    """SIGHUP: a broken file changes nothing and says why; a right one is taken as a whole, what changed is said, and a rule
    that did is offered what holds already."""
    map = Map(stage)
    first = rules({"name": "a", "on": "multipath.path_failed", "do": ECHO})
    monitor = stage.monitor(ignore=QUIET, config=first)
    monitor.configure(first.replace("multipath.path_failed", "multipath.path_fialed"))
    monitor.process.send_signal(signal.SIGHUP)
    says(monitor, "did you mean")
    says(monitor, "stay as they were")
    map.fail(0)
    monitor.expect(finished("map", output=has("path_failed")))
    monitor.configure(first.replace('"{type}"', '"changed"'))
    monitor.process.send_signal(signal.SIGHUP)
    says(monitor, "rules[a].do")
    monitor.expect(finished("map", output=has("map changed")))
    map.fail(1)
    monitor.expect(finished("map", output=has("map changed")))
    monitor.configure(first)  # as the recording's events were limited by neither


@scenario
def once_waits_for_its_actions(stage):
    """-o ends after the event and what it set off; its exit status tells whether that succeeded."""
    for program, status in (("/bin/true", 0), ("/bin/false", 1)):
        map = Map(stage, name=f"map{status}")
        slow = {"exec": ["/bin/sleep", "1"]}
        config = rules({"on": "multipath.path_failed", "do": [slow, {"exec": [program]}]})
        monitor = stage.monitor("-o", "PATH_FAILED", config=config)
        map.fail(0)
        monitor.expect(map.failed(0, 3), finished(map.name, program="/bin/sleep"),
                       (finished if status == 0 else failed)(map.name, program=program))
        assert monitor.ended(5) == status
        stage.clear()


@scenario
def dry_run(stage):
    """Everything is decided and planned, and nothing is run."""
    map = Map(stage)
    flag = f"/run/{stage.name}.flag"
    path = f"/run/{stage.name}.yaml"
    with open(path, "w") as file:
        file.write(rules({"on": "multipath.path_failed", "do": {"exec": ["/bin/touch", flag]}},
                         {"on": "multipath.path_failed", "do": "multipath.fail_if_no_path"}, monitor=["multipath"]))
    map.fail(0)
    done = stage.run("-f", "-o", "--dry-run", "--config", path)
    assert done.returncode == 0, done
    assert f"would run /bin/touch {flag}".encode() in done.stdout, done.stdout
    assert b"multipath.fail_if_no_path: would not run: " in done.stdout, done.stdout  # it does not queue
    assert not os.path.exists(flag)


@scenario
def first_sight(stage):
    """What holds at the start matches like anything else, unless the rule leaves it out; a restart is none, unless it is
    told to begin anew."""
    map = Map(stage)
    map.fail(0)
    config = rules({"name": "any", "on": "multipath.path_failed", "do": ECHO},
                   {"name": "new", "on": "multipath.path_failed", "match": {"initial": False}, "do": ECHO})
    for arguments in (["-a"], ["-a", "--forget"]):
        monitor = stage.monitor(*arguments, ignore=QUIET, config=config, replay=False)
        monitor.expect(finished("map", rule="any"))
        monitor.stop()
        monitor = stage.monitor(ignore=QUIET, config=config, replay=False)
        monitor.nothing_else()
        monitor.stop()


@scenario
def nothing_to_monitor(stage):
    """`monitor:` in the configuration names what the command line does not."""
    path = f"/run/{stage.name}.yaml"
    with open(path, "w") as file:
        file.write(rules())
    done = stage.run("-f", "--config", path)
    assert done.returncode == 2 and b"monitor:" in done.stderr, done
    with open(path, "w") as file:
        file.write(rules(monitor=["multipath"]))
    map = Map(stage)
    map.fail(0)
    done = stage.run("-f", "-o", "--config", path)
    assert done.returncode == 0 and b"multipath.path_failed" in done.stdout, done
