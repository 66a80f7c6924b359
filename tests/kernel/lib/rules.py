# SPDX-License-Identifier: Apache-2.0
"""Configurations of scenarios, and the events that tell what came of a rule."""
import json
import os

from monitor import happened

QUICK = {"interval": "1s", "fastest": "250ms"}  # what raises no event is seen soon


def rules(*rules: dict, **more) -> str:
    """A configuration with these rules; JSON is YAML. Each is named after its number unless it has a name."""
    named = [{"name": f"rule {number}", **rule} for number, rule in enumerate(rules)]
    return json.dumps({"version": 1, "poll": QUICK, "rules": named, **more}, indent=1)


def outcome(kind: str, device=None, **data):
    return happened("action." + kind, device=device, source="action", data=data)


def finished(device=None, **data):
    return outcome("finished", device, **data)


def failed(device=None, **data):
    return outcome("failed", device, **data)


def has(text: str):
    """What a member that is text must hold."""
    return lambda value: text in value


def script(stage, name: str, text: str) -> str:
    """A program, out of the way of what a scenario does to its devices."""
    path = f"/run/{stage.name}-{name}"
    with open(path, "w") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    stage.undo.append(lambda: os.unlink(path))
    return path
