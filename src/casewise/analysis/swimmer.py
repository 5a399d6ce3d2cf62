"""One line a patient: what happened on which day, for the swimmer plot. No identifier enters."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from casewise import results
from casewise.cohort.build import TIMELINE_PATIENTS
from casewise.cohort.dataset import Dataset
from casewise.protocol.model import Criterion, Study
from casewise.protocol.resolve import deaths, duration_ends, label

Role: TypeAlias = Literal["index", "exposure", "outcome", "competing", "harm"]


def swimmer(study: Study, dataset: Dataset) -> results.Swimmer:
    if len(dataset) > TIMELINE_PATIENTS:
        return results.Swimmer(
            rows=(),
            omitted=f"Not drawn for more than {TIMELINE_PATIENTS} patients; this study has "
            f"{len(dataset):,}.",
        )
    roles = _roles(study)
    marks: dict[int, list[results.Mark]] = {row: [] for row in range(len(dataset))}
    for mark in dataset.timeline:
        role = roles.get(mark.event)
        is_index = mark.event == study.cohort.index_event and mark.day == 0
        if mark.day < 0 or (role is None and not is_index):
            continue
        shown: Role = "index" if is_index else role or "index"
        marks[mark.row].append(
            results.Mark(event=label(study, mark.event), day=mark.day, role=shown)
        )
    rows = [_row(dataset, row, marks[row]) for row in range(len(dataset))]
    order = {arm: number for number, arm in enumerate(dataset.arms)}
    return results.Swimmer(
        rows=tuple(
            sorted(
                rows,
                key=lambda row: (
                    order[row.arm],
                    math.inf if row.end_day is None else row.end_day,
                    [(mark.day, mark.event) for mark in row.marks],
                ),
            )
        )
    )


def _row(dataset: Dataset, row: int, marks: list[results.Mark]) -> results.SwimmerRow:
    death, last = dataset.death[row], dataset.follow_up[row]
    end: Literal["death", "end of follow-up", "unknown"] = "unknown"
    end_day = None
    if not math.isnan(death):
        end, end_day = "death", int(death)
    elif not math.isnan(last):
        end, end_day = "end of follow-up", int(last)
    return results.SwimmerRow(
        arm=dataset.arms[dataset.arm[row]],
        end_day=end_day,
        end=end,
        marks=tuple(sorted(marks, key=lambda mark: (mark.day, mark.event))),
    )


def _roles(study: Study) -> dict[str, Role]:
    """What each event is to the study; an event that is several things is the first of them.

    A death is the end of a patient's line, not a mark on it; treatments have a table of their own.
    """
    roles: dict[str, Role] = dict.fromkeys(deaths(study), "outcome")

    def give(events: tuple[str, ...], role: Role) -> None:
        for event in events:
            members = study.events[event].any_of if event in study.events else None
            if members:
                give(members, role)
            else:
                roles.setdefault(event, role)

    for rule in study.arms.values():
        if isinstance(rule, Criterion):
            give(_events(rule), "exposure")
    for outcome in study.outcomes.values():
        give(outcome.events, "outcome")
        give((duration_ends(study, outcome.time or "") or ())[-1:], "outcome")
    for outcome in study.outcomes.values():
        give((outcome.competing,) if outcome.competing else (), "competing")
    give(tuple(harm.event for harm in study.harms.values()), "harm")
    for death in deaths(study):
        roles.pop(death)
    return roles


def _events(rule: Criterion) -> tuple[str, ...]:
    own = (rule.event,) if rule.event else ()
    parts = (*(rule.any_of or ()), *(rule.all_of or ()), *((rule.not_,) if rule.not_ else ()))
    return (*own, *(event for part in parts for event in _events(part)))
