"""How far abstractors agree, field by field, over the charts that two of them have done.

An answer's category is its value, or "not documented", or "not applicable"; a field that neither
of the two was asked says nothing about that chart. Training charts never count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from casewise import stats
from casewise.review.form import (
    ANSWERED,
    NOT_APPLICABLE,
    NOT_DOCUMENTED,
    Field,
    Form,
    applies,
    category,
)
from casewise.review.store import Store
from casewise.stats import Estimate

FEW = 20
Said = tuple[str, str]  # an answer's status and value


@dataclass(frozen=True)
class FieldAgreement:
    """Of one field: ``charts`` that two have answered, in how many of them they ``agreed``, and
    the estimates, the percent agreement first (a share from 0 to 1). An estimate's ``value`` is
    ``None`` where it is undefined, and its ``reason`` says why. ``both`` counts the charts where
    both gave a value: what the estimates of numbers, dates and ordered choices are of."""

    field: str
    charts: int
    agreed: int
    estimates: tuple[Estimate, ...]
    both: int = 0


@dataclass(frozen=True)
class Reading:
    """A chart as one person read it: what was said to each field."""

    chart: str
    who: str
    said: Mapping[str, Said] = field(default_factory=dict)


Pair = tuple[Reading, Reading]


def by_field(store: Store, *, level: float = 0.95) -> list[FieldAgreement]:
    """The agreement of first and second abstractors, in the order of the form."""
    form = store.form()
    found = pairs(store)
    return [of_field(one, found, level=level) for one in form.fields]


def pairs(store: Store) -> list[Pair]:
    """The charts that two have done, with what each of the two said; training left out."""
    done = store.rows(
        "SELECT a.chart, a.who FROM assignment AS a JOIN chart AS c ON c.chart = a.chart "
        "WHERE a.place <= 2 AND a.done <> '' AND c.training = 0 ORDER BY c.rowid, a.place"
    )
    readers: dict[str, list[str]] = {}
    for chart, who in done:
        readers.setdefault(chart, []).append(who)
    twice = {chart: people for chart, people in readers.items() if len(people) == 2}
    read = readings(store, [(chart, who) for chart, people in twice.items() for who in people])
    found = [(read[chart, one], read[chart, two]) for chart, (one, two) in twice.items()]
    if len({frozenset(people) for people in twice.values()}) == 1:
        # the same two throughout: each is a rater of its own, whoever was first by the draw
        found = [(one, two) if one.who < two.who else (two, one) for one, two in found]
    return found


def readings(store: Store, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Reading]:
    """What each (chart, abstractor) said, with "not applicable" on branches not taken."""
    form = store.form()
    given: dict[tuple[str, str], dict[str, Said]] = {key: {} for key in wanted}
    every = "SELECT chart, who, field, status, value FROM answer WHERE status <> ''"
    if len(given) <= FEW:  # by the index; else one pass over all
        rows = [r for key in given for r in store.rows(f"{every} AND chart = ? AND who = ?", *key)]
    else:
        rows = store.rows(every)
    for chart, who, name, status, value in rows:
        if (chart, who) in given:
            given[chart, who][name] = (status, value)
    return {key: Reading(*key, _whole(form, said)) for key, said in given.items()}


def _whole(form: Form, given: Mapping[str, Said]) -> dict[str, Said]:
    whole: dict[str, Said] = {}
    for one in form.fields:
        if applies(form, one, given) is False:  # type: ignore[arg-type]  # statuses are text here
            whole[one.name] = (NOT_APPLICABLE, "")
        elif one.name in given:
            whole[one.name] = given[one.name]
    return whole


def of_field(asked: Field, found: Sequence[Pair], *, level: float = 0.95) -> FieldAgreement:
    """The agreement on one field over pairs of readings.

    Categories: percent agreement, Cohen's kappa (of an ordered choice also with linear and
    quadratic weights, over the charts where both chose), Gwet's AC1 and PABAK. Where the pairs
    are not the same two people throughout, Fleiss' kappa stands in the place of Cohen's, which is
    of two fixed raters, and Krippendorff's alpha beside it. Numbers: ICC(2,1), or ICC(1,1) of
    changing pairs. Dates: days apart. Texts: percent agreement alone.
    """
    said = [
        (one.said[asked.name], two.said[asked.name])
        for one, two in found
        if asked.name in one.said and asked.name in two.said
    ]
    said = [both for both in said if not both[0][0] == both[1][0] == NOT_APPLICABLE]
    first = [category(asked, one) for one, _ in said]
    second = [category(asked, two) for _, two in said]
    agreed = sum(one == two for one, two in zip(first, second, strict=True))
    values = [(one[1], two[1]) for one, two in said if one[0] == two[0] == ANSWERED]
    same = len({(one.who, two.who) for one, two in found}) <= 1
    made = [stats.percent_agreement(first, second, level)]
    if asked.options:
        made += _of_categories(asked, first, second, same, level)
        if asked.ordered:
            made += _of_ordered(asked, values, level)
    elif asked.type == "number":
        table = [[float(one), float(two)] for one, two in values]
        made.append(stats.intraclass_correlation(table, "same" if same else "any", level))
    elif asked.type == "date":
        days = [[dt.date.fromisoformat(value).toordinal() for value in both] for both in values]
        made.append(stats.days_apart([d[0] for d in days], [d[1] for d in days], level))
    return FieldAgreement(asked.name, len(said), agreed, tuple(made), len(values))


def _of_categories(
    asked: Field, first: list[str], second: list[str], same: bool, level: float
) -> list[Estimate]:
    """Kappa, AC1 and PABAK over all that could be answered; "not applicable" where it was."""
    every = [f"value {option}" for option in asked.options] + [NOT_DOCUMENTED]
    every += sorted({*first, *second} - set(every))  # choices that the form has no longer, too
    if same:
        kappas = [stats.cohen_kappa(first, second, every, level=level)]
    else:
        pairs_ = list(zip(first, second, strict=True))
        counts = [[(one == name) + (two == name) for name in every] for one, two in pairs_]
        codes = [[every.index(one), every.index(two)] for one, two in pairs_]
        kappas = [
            stats.fleiss_kappa(counts, level),
            stats.krippendorff_alpha(codes, "nominal", level),
        ]
    return [
        *kappas,
        stats.gwet_ac1(first, second, every, level),
        stats.pabak(first, second, every, level),
    ]


def _of_ordered(asked: Field, values: list[tuple[str, str]], level: float) -> list[Estimate]:
    kept = [both for both in values if set(both) <= set(asked.options)]
    first, second = [one for one, _ in kept], [two for _, two in kept]
    return [
        stats.cohen_kappa(first, second, asked.options, "linear", level),
        stats.cohen_kappa(first, second, asked.options, "quadratic", level),
    ]
