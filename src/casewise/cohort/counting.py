"""Who would be in a study, counted before any outcome is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from casewise.cohort.attrition import attrition
from casewise.cohort.build import cohort_statement
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
    statement = cohort_statement(study, records)
    records.engine.table("cohort", statement)
    words: dict[tuple[str, str], str] = {
        (item.part, item.term): item.text for item in definitions(study)
    }
    steps = attrition(study, records.engine, words)
    found = records.engine.query(
        "SELECT arm, COUNT(*) AS n FROM cohort "
        "WHERE left_at IS NULL AND NOT arm IS NULL GROUP BY arm"
    )
    sizes = dict(zip(found["arm"].tolist(), found["n"].tolist(), strict=True))
    arms = tuple(
        Arm(name=name, n=int(sizes.get(number, 0))) for number, name in enumerate(study.arms)
    )
    return Counts(steps, arms, {"1_cohort": statement})
