"""Training charts: their right answers, how an abstractor did on them, and when real ones open.

A training chart is read by every abstractor, and has a key: the answers that are right. Where a
review has training charts, an abstractor gets to the others once every training chart is done and
the share of right answers over all of them reaches the pass mark. A key is an entry
of the log like all else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casewise.review import log
from casewise.review.agreement import Said, readings
from casewise.review.form import ANSWERED, category
from casewise.review.store import ReviewError, Store

PASS_MARK = 0.8


@dataclass(frozen=True)
class Score:
    """Somebody's answers to one training chart that is done: ``right`` of ``of``, and the fields
    that were ``wrong``."""

    chart: str
    right: int
    of: int
    wrong: tuple[str, ...] = ()


def pass_mark(store: Store) -> float:
    """The share of right answers that opens the other charts: the protocol's, else 80%."""
    return store.planned("pass mark", PASS_MARK)


def set_key(store: Store, chart: str, answers: Mapping[str, Said], *, by: str) -> None:
    """Say what is right for a training chart: status and value by field.

    Raises ``ReviewError`` where the chart is none for training, or a value does not fit its field.
    """
    found = store.chart(chart)
    if found is None or not found.training:
        raise ReviewError("this is no training chart")
    check_key(store, answers)
    body = {"answers": {name: list(said) for name, said in answers.items()}}
    with store.changing() as write:
        log.append(write, by, "key", body, chart=chart)


def check_key(store: Store, answers: Mapping[str, Said]) -> None:
    """Raise ``ReviewError`` where an answer fits no field of the form."""
    form = store.form()
    for name, (status, value) in answers.items():
        asked = form.field(name)
        if asked is None:
            raise ReviewError(f'the form has no field "{name}"')
        wrong = asked.problem(value) if status == ANSWERED else ""
        if wrong:
            raise ReviewError(f'the key to "{name}": {wrong}')


def key(store: Store, chart: str) -> dict[str, Said]:
    """The right answers of a training chart; empty where nobody has said."""
    said = store.entries(kind="key", chart=chart, newest_first=True, most=1)
    return {n: (s[0], s[1]) for n, s in said[0].body["answers"].items()} if said else {}


def scores(store: Store, who: str) -> list[Score]:
    """How somebody did on the training charts that they have done and that have a key."""
    done = store.rows(
        "SELECT a.chart FROM assignment AS a JOIN chart AS c ON c.chart = a.chart WHERE a.who = ? "
        "AND a.done <> '' AND c.training = 1 GROUP BY a.chart, c.rowid ORDER BY c.rowid",
        who,
    )
    form = store.form()
    read = readings(store, [(chart, who) for (chart,) in done])
    found = []
    for (chart,) in done:
        right = key(store, chart)
        said = read[chart, who].said
        asked = [one for one in form.fields if one.name in right]
        wrong = tuple(
            one.name
            for one in asked
            if one.name not in said
            or category(one, said[one.name]) != category(one, right[one.name])
        )
        if asked:
            found.append(Score(chart, len(asked) - len(wrong), len(asked), wrong))
    return found


def passed(store: Store, who: str) -> bool:
    """Whether somebody has done every training chart and reached the pass mark; true where the
    review has no training charts with a key."""
    stands = standing(store, who)
    return stands is None or stands.passed


@dataclass(frozen=True)
class Standing:
    """How far somebody is with the training charts: ``done`` of ``charts``, ``right`` of ``of``
    answers, and whether the other charts are open."""

    charts: int
    done: int
    right: int
    of: int
    passed: bool
    scores: tuple[Score, ...]


def standing(store: Store, who: str) -> Standing | None:
    """``None`` where the review has no training charts with a key."""
    keyed = {one.chart for one in store.entries(kind="key", most=-1)}
    if not keyed:
        return None
    made = [one for one in scores(store, who) if one.chart in keyed]
    right, of = sum(one.right for one in made), sum(one.of for one in made)
    through = len(made) == len(keyed) and right >= pass_mark(store) * of
    return Standing(len(keyed), len(made), right, of, through, tuple(made))


def opened(store: Store, chart: str, who: str) -> bool:
    """Whether somebody may read this chart already: training charts always, others once passed."""
    found = store.chart(chart)
    return found is not None and (found.training or passed(store, who))
