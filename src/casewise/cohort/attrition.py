"""Who was left after each criterion, in order."""

from __future__ import annotations

from typing import Any

from casewise.engine import Engine
from casewise.protocol.model import Study
from casewise.results import AttritionStep, Note

MATCHED = "Matched on time"


def attrition(
    study: Study, engine: Engine, words: dict[tuple[str, str], str]
) -> tuple[AttritionStep, ...]:
    """Counts over the ``cohort`` table, which has those with the index event: each step's excluded
    plus remaining is the step before."""
    criteria = [("include", name) for name in study.cohort.include]
    criteria += [("exclude", name) for name in study.cohort.exclude]
    counts = _counts(engine, len(study.cohort.include), len(study.cohort.exclude))
    remaining = counts["everyone"]
    steps = [
        AttritionStep(criterion="In the records", kind="records", remaining=remaining, excluded=0)
    ]

    def step(criterion: str, kind: Any, excluded: int, unknown: int, text: str) -> None:
        nonlocal remaining
        remaining -= excluded
        steps.append(
            AttritionStep(
                criterion=criterion,
                kind=kind,
                remaining=remaining,
                excluded=excluded,
                unknown=unknown,
                text=text,
            )
        )

    index = study.cohort.index
    step(index, "index", counts["left_0"], 0, words.get(("index", index), ""))
    for number, (kind, name) in enumerate(criteria, start=1):
        unknown = counts[f"unknown_{number}"]
        step(name, kind, counts[f"left_{number}"], unknown, words.get((kind, name), ""))
    if study.cohort.match is not None:
        text = f"Patients with {study.cohort.match.each}, and those matched to them."
        step(MATCHED, "include", counts[f"left_{len(criteria) + 1}"], 0, text)
    step(
        "Assigned to an arm",
        "arm",
        counts["armless"],
        counts["armless_unknown"],
        _arm_text(counts["several"]),
    )
    return tuple(steps)


def unwatched(study: Study, engine: Engine) -> list[Note]:
    """Who had the index event on a day on which nobody watched them, which is why they left."""
    asked = "SELECT COUNT(*) AS n FROM cohort WHERE left_at = 0 AND unwatched"
    number = int(engine.query(asked)["n"][0])
    if not number:
        return []
    had = "patient had it" if number == 1 else "patients had it"
    text = (
        f"{number:,} {had} on a day outside every period of observation in the records, and left "
    )
    return [Note(kind="records", about=study.cohort.index, text=f"{text}at that step.")]


def _arm_text(several: int) -> str:
    text = "Patients who meet the definition of exactly one arm."
    if several:
        text += f" Left out for meeting more than one: {several}."
    return text


def _counts(engine: Engine, includes: int, excludes: int) -> dict[str, int]:
    columns = [f"include_{n}" for n in range(1, includes + 1)]
    columns += [f"exclude_{n}" for n in range(1, excludes + 1)]
    tallies = {"indexed": "TRUE", "unwatched": "left_at = 0"}
    for number, name in enumerate(columns, start=1):
        reached = f"(left_at IS NULL OR left_at >= {number})"
        tallies[f"left_{number}"] = f"left_at = {number}"
        tallies[f"unknown_{number}"] = f"{reached} AND {name} IS NULL"
    matched = len(columns) + 1  # the step after the last criterion, where there is one
    tallies[f"left_{matched}"] = f"left_at = {matched}"
    tallies["armless"] = "left_at IS NULL AND arm IS NULL"
    tallies["armless_unknown"] = f"{tallies['armless']} AND arms_met = 0 AND arms_in_doubt > 0"
    tallies["several"] = f"{tallies['armless']} AND arms_met > 1"
    filtered = ", ".join(f"COUNT(*) FILTER (WHERE {one}) AS {n}" for n, one in tallies.items())
    counted = {
        name: int(values[0])
        for name, values in engine.query(
            f"SELECT {filtered}, (SELECT COUNT(*) FROM person) AS everyone FROM cohort"
        ).items()
    }
    counted["left_0"] = counted["everyone"] - counted["indexed"] + counted["unwatched"]
    return counted
