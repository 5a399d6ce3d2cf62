"""Whether an engine says of every patient what the interpreter says."""

from __future__ import annotations

from dataclasses import fields, replace

from casewise.protocol.model import Criterion, Study
from casewise.records.canonical import Records
from casewise.results import AttritionStep
from oracle.patients import Patient, meaning
from oracle.records import Rows
from oracle.sql_answer import answered


def asked_for(study: Study, one: Patient) -> Patient:
    """Of who left before a criterion asks for events, nothing more is asked: null."""
    criteria = [*study.cohort.include.values(), *study.cohort.exclude.values()]
    without = next((n for n, c in enumerate(criteria) if asks_events(c)), len(criteria))
    if not one.left_at or one.left_at > without:
        return one
    rest = (None,) * (len(criteria) - without)
    rules = (None,) * len(one.rules)
    return replace(one, criteria=(*one.criteria[:without], *rest), rules=rules, arm=None)


def asks_events(criterion: Criterion) -> bool:
    parts = [*(criterion.any_of or ()), *(criterion.all_of or ())]
    parts += [] if criterion.not_ is None else [criterion.not_]
    mine = criterion.event is not None or criterion.covariate not in (None, "age", "sex")
    return mine or any(map(asks_events, parts))


def agree(study: Study, rows: Rows, source: Records) -> None:
    """``source`` holds ``rows``, on any engine."""
    expected = meaning(study, rows)
    dataset, found = answered(study, source)
    assert [one.person for one in found] == [one.person for one in expected]
    for ours, theirs in zip(expected, found, strict=True):
        ours = asked_for(study, ours)
        for field in fields(Patient):
            place = f"{ours.person}, {field.name}"
            assert getattr(theirs, field.name) == getattr(ours, field.name), place
    assert steps(dataset.attrition) == left_out(study, expected)


def steps(attrition: tuple[AttritionStep, ...]) -> list[tuple[int, int, int]]:
    return [(step.remaining, step.excluded, step.unknown) for step in attrition]


def left_out(study: Study, people: list[Patient]) -> list[tuple[int, int, int]]:
    """Of each step: who remains, who left, and of whom the records do not say."""
    left = [one for one in people if one.left_at == 0]
    remain = [one for one in people if one.left_at != 0]
    counts = [(len(people), 0, 0), (len(remain), len(left), 0)]
    criteria = len(study.cohort.include) + len(study.cohort.exclude)
    for number in range(1, criteria + (study.cohort.match is not None) + 1):
        unknown = sum(one.criteria[number - 1 : number] == (None,) for one in remain)
        left = [one for one in remain if one.left_at == number]
        remain = [one for one in remain if one.left_at != number]
        counts.append((len(remain), len(left), unknown))
    armless = [one for one in remain if one.arm is None]
    named = [number for number, rule in enumerate(study.arms.values()) if rule != "otherwise"]
    unknown = sum(
        True not in one.rules and any(one.rules[number] is None for number in named)
        for one in armless
    )
    return [*counts, (len(remain) - len(armless), len(armless), unknown)]
