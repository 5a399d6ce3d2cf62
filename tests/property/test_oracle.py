"""The SQL says of every patient what the plain-Python interpreter in ``tests/oracle`` says.

``CASEWISE_DRAWS=2000 pytest tests/property/test_oracle.py`` draws more than the few of every run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from hypothesis import HealthCheck, Phase, given, settings

from casewise.protocol.model import Study
from oracle import Patient, Rows, meaning
from oracle.agreement import agree
from oracle.constructs import there_are, used
from oracle.drawn import protocols, records
from oracle.events import Asked
from oracle.loading import loaded
from oracle.patients import OutcomeAnswer

DRAWS = int(os.environ.get("CASEWISE_DRAWS", "80"))
LOOKED_AT = 1000  # the oracle alone takes a few milliseconds
drawing = settings(
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(drawing, max_examples=DRAWS)
@given(protocols(), records())
def test_the_sql_says_what_the_protocol_means(study: Study, rows: Rows) -> None:
    source = loaded(rows)
    try:
        agree(study, rows, source)
    finally:
        source.engine.close()


def test_every_construct_of_the_language_is_drawn() -> None:
    found: set[str] = set()

    @settings(drawing, max_examples=LOOKED_AT)
    @given(protocols())
    def look(study: Study) -> None:
        found.update(used(study))

    look()
    assert there_are() - found == set()


def test_every_kind_of_answer_is_drawn() -> None:
    """A comparison of nothing with nothing would agree too."""
    found: Counter[str] = Counter()

    @settings(drawing, max_examples=LOOKED_AT)
    @given(protocols(), records())
    def look(study: Study, rows: Rows) -> None:
        for one in meaning(study, rows):
            found.update(set(kinds(one)))
            if study.cohort.match is not None and one.arm is not None:
                found.update([f"matched, arm {one.arm}"])

    look()
    missing = {kind for kind in wanted() if not found[kind]}
    assert missing == set()


def wanted() -> Iterator[str]:
    yield from ("no index", "left at 1", "left at 2", "in doubt", "of no arm", "of several arms")
    yield from ("matched, arm 0", "matched, arm 1")
    yield from ("arm 0", "arm 1", "arm 2", "criterion True", "criterion False", "criterion None")
    for kind in ("event", "competing", "treatment"):
        yield from (f"{kind} {answer}" for answer in ("yes", "no", "unknown", "undated", "n/a"))
    for kind in ("bool", "float", "str"):
        yield f"covariate {kind}"
    yield from ("covariate not documented", "covariate not applicable", "line")
    yield from ("on the first day", "on the last day", "never opens", "never closes", "twice")
    yield from (
        "duration",
        "duration of 0 days",
        "no end",
        "number",
        "number 0",
        "death",
        "lost",
        "no last day",
    )


def kinds(one: Patient) -> Iterator[str]:
    if one.index_date is None:
        yield "no index"
        return
    yield from (f"criterion {answer}" for answer in one.criteria)
    if one.left_at is not None:
        yield f"left at {one.left_at}"
        return
    if one.arm is None:
        yield "of several arms" if True in one.rules else "of no arm"
        yield from ("in doubt" for rule in one.rules if rule is None)
        return
    yield f"arm {one.arm}"
    if one.death is not None:
        yield "death"
    yield "no last day" if one.follow_up is None else "lost"
    for value, status in one.baseline.values():
        yield f"covariate {type(value).__name__ if status == 'known' else status}"
    for asked, line in one.treatments.values():
        yield f"treatment {answer(asked)}"
        yield from ("line" for _ in [line] if line is not None)
    for outcome in (*one.outcomes.values(), *one.harms.values()):
        yield from of_outcome(outcome)


def of_outcome(outcome: OutcomeAnswer) -> Iterator[str]:
    if outcome.competing is not None:
        yield f"competing {answer(outcome.competing)}"
    if outcome.value is not None:
        yield "number" if outcome.value else "number 0"
        return
    if outcome.event is None:
        if outcome.starts is None or outcome.ends is None:
            yield "no end"
        else:
            yield "duration" if outcome.ends > outcome.starts else "duration of 0 days"
        return
    yield f"event {answer(outcome.event)}"
    day = outcome.event.day
    yield from ("twice" for _ in [day] if outcome.event.count > 1)
    yield from ("on the first day" for _ in [day] if day is not None and day == outcome.opens)
    yield from ("on the last day" for _ in [day] if day is not None and day == outcome.closes)
    yield from ("never opens" for _ in [day] if outcome.opens is None)
    yield from ("never closes" for _ in [day] if outcome.closes is None)


def answer(asked: Asked) -> str:
    if asked.happened:
        return "yes" if asked.count else "undated"
    return "unknown" if asked.unknown else "n/a" if asked.inapplicable else "no"
