# SPDX-License-Identifier: Apache-2.0
"""What was measured: samples of several programs for one and the same work, and what is asked of ours."""
import dataclasses
import json
import math
import statistics

OURS = "dmevent_tool"


def percentile(samples: list[float], part: float) -> float:
    """The smallest sample that PART of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


STATISTICS = {"median": statistics.median, "p99": lambda samples: percentile(samples, 0.99), "max": max, "min": min}


@dataclasses.dataclass
class Goal:
    """Ours is at most (at least, where more is better) FACTOR times what WHO does; without WHO, FACTOR itself."""
    factor: float
    who: str = ""
    statistic: str = "median"

    def text(self, unit: str, lower: bool) -> str:
        bound = "at most" if lower else "at least"
        statistic = "" if self.statistic == "median" else self.statistic + " "
        return f"{statistic}{bound} {self.factor:g} {'x ' + self.who if self.who else unit}"


@dataclasses.dataclass
class Figure:
    """WHO: the samples of each; none, where it could not do the work, for which NOTES has the reason."""
    group: str
    what: str
    unit: str
    who: dict[str, list[float]]
    goals: list[Goal] = dataclasses.field(default_factory=list)
    lower: bool = True  # is better
    notes: dict[str, str] = dataclasses.field(default_factory=dict)

    def value(self, who: str, statistic: str = "median") -> float | None:
        samples = self.who.get(who)
        return STATISTICS[statistic](samples) if samples else None

    def ratio(self, who: str, statistic: str = "median") -> float | None:
        """Ours to theirs."""
        ours, theirs = self.value(OURS, statistic), self.value(who, statistic)
        return ours / theirs if ours is not None and theirs else None

    def met(self, goal: Goal) -> bool | None:
        """None: it cannot be told."""
        ours = self.value(OURS, goal.statistic)
        theirs = self.value(goal.who, goal.statistic) if goal.who else 1.0
        if ours is None or theirs is None:
            return None
        limit = goal.factor * theirs
        return ours <= limit if self.lower else ours >= limit

    def as_json(self) -> dict:
        out = dataclasses.asdict(self)
        out["summary"] = {who: {"n": len(samples), **{name: of(samples) for name, of in STATISTICS.items()}}
                          for who, samples in self.who.items() if samples}
        out["ratios"] = {who: self.ratio(who) for who in self.who if who != OURS}
        for goal, said in zip(self.goals, out["goals"]):
            said.update(text=goal.text(self.unit, self.lower), met=self.met(goal))
        return out

    @staticmethod
    def from_json(value: dict) -> "Figure":
        goals = [Goal(goal["factor"], goal["who"], goal["statistic"]) for goal in value["goals"]]
        return Figure(value["group"], value["what"], value["unit"], value["who"], goals, value["lower"], value["notes"])


def number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def spread(samples: list[float]) -> str:
    if not samples:
        return "-"
    if len(samples) == 1 or min(samples) == max(samples):
        return number(statistics.median(samples))
    return f"{number(statistics.median(samples))} ({number(min(samples))} to {number(max(samples))})"


def table(figures: list[Figure]) -> str:
    """A Markdown table for each group: median and spread of each program, ours to it, and what was asked."""
    out = []
    for group in dict.fromkeys(figure.group for figure in figures):
        out += [f"### {group}", "", "| what | who | median (min to max) | p99 | ours to it | goal |", "|---|---|---|---|---|---|"]
        for figure in (figure for figure in figures if figure.group == group):
            goals = "; ".join(f"{goal.text(figure.unit, figure.lower)}: {verdict(figure.met(goal))}" for goal in figure.goals)
            for index, (who, samples) in enumerate(figure.who.items()):
                ratio = figure.ratio(who) if who != OURS else None
                p99 = number(figure.value(who, "p99")) if len(samples) >= 20 else ""
                shown = spread(samples) if samples else figure.notes.get(who, "not measured")
                out.append(f"| {figure.what + ', ' + figure.unit if index == 0 else ''} | {who} | {shown} | {p99} | "
                           f"{number(ratio) if ratio is not None else ''} | {goals if index == 0 else ''} |")
        out.append("")
    return "\n".join(out)


def goals(figures: list[Figure]) -> str:
    """One Markdown table of all that a goal was set for: medians, unless the goal is about another statistic."""
    out = ["| what | dmevent_tool | beside it | goal | met |", "|---|---|---|---|---|"]
    for figure in figures:
        for goal in figure.goals:
            value = lambda who, goal=goal, figure=figure: number(figure.value(who, goal.statistic))
            peer = next((who for who in (goal.who, *figure.who) if who and not who.startswith(OURS)), "")
            beside = f"{peer} {value(peer)}" if peer else ""
            out.append(f"| {figure.group}: {figure.what}, {figure.unit} | {value(OURS)} | {beside} | {goal.text('', figure.lower).strip()} | "
                       f"{verdict(figure.met(goal))} |")
    return "\n".join(out) + "\n"


def verdict(met: bool | None) -> str:
    return {True: "met", False: "NOT met", None: "cannot be told"}[met]


def save(path: str, about: dict, figures: list[Figure]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"about": about, "figures": [figure.as_json() for figure in figures]}, file, indent=1)
        file.write("\n")


def load(path: str) -> list[Figure]:
    with open(path, encoding="utf-8") as file:
        return [Figure.from_json(value) for value in json.load(file)["figures"]]
