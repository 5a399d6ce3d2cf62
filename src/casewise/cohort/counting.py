"""Who would be in a study, counted before any outcome is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from casewise.cohort.attrition import attrition
from casewise.cohort.build import make_cohort
from casewise.cohort.landmark import step
from casewise.protocol.late_treatment import landmark_day
from casewise.protocol.model import Study
from casewise.protocol.words import definitions
from casewise.records.canonical import Records
from casewise.results import Arm, AttritionStep


@dataclass(frozen=True)
class Counts:
    """Who is left after each step, and in each arm; ``sql`` is the statement that said so."""

    attrition: tuple[AttritionStep, ...]
    arms: tuple[Arm, ...]
    sql: dict[str, str]


def count(study: Study, records: Records) -> Counts:
    """The steps and arms of ``casewise.cohort.build``; no outcome is asked for."""
    statements = make_cohort(study, records)
    words: dict[tuple[str, str], str] = {
        (item.part, item.term): item.text for item in definitions(study)
    }
    steps = attrition(study, records.engine, words)
    day = landmark_day(study.analysis)
    found = records.engine.query(
        f"SELECT arm, COUNT(*) AS n, SUM({_gone_by(day)}) AS gone FROM cohort "
        "WHERE left_at IS NULL AND NOT arm IS NULL GROUP BY arm"
    )
    gone = np.asarray(found["gone"], dtype=np.int64)
    left = np.asarray(found["n"], dtype=np.int64) - gone
    if day is not None:
        steps = (*steps, step(int(left.sum()), int(gone.sum()), day))
    sizes = dict(zip(found["arm"].tolist(), left.tolist(), strict=True))
    arms = tuple(
        Arm(name=name, n=int(sizes.get(number, 0))) for number, name in enumerate(study.arms)
    )
    return Counts(steps, arms, statements)


def _gone_by(day: int | None) -> str:
    """SQL for 1 where the patient is dead or no longer watched after the landmark."""
    if day is None:
        return "0"
    ends = ("death_date", "watched_until")
    over = " OR ".join(
        f"COALESCE(DATE_DIFF('day', index_date, {end}) <= {day}, FALSE)" for end in ends
    )
    return f"CASE WHEN {over} THEN 1 ELSE 0 END"
