"""One answer for each printed figure, then what the figures say together."""

from __future__ import annotations

from collections.abc import Iterator

from casewise import stats
from casewise.recheck import means, medians
from casewise.recheck.answers import (
    DIFFERS,
    IMPOSSIBLE,
    OPEN,
    Adjusted,
    Answer,
    OutcomeAnswers,
    Reanalysis,
    Recheck,
)
from casewise.recheck.counts import percentage_answers, possible_counts
from casewise.recheck.effects import interval_answer, method_answer
from casewise.recheck.model import Outcome, Published
from casewise.recheck.p_values import Table, as_p, p_answer, tables
from casewise.recheck.printed import PrintedP
from casewise.recheck.rank_p_values import rank_answer

# The exact interval of the risk difference takes half a second at 100 an arm.
_MOST_FOR_EXACT = 200
_TWO_ARMS = "a P value is rechecked between two arms"


def recheck(published: Published) -> Recheck:
    """Hold every printed figure against what could have produced it.

    Counts, means, quartiles, P values and effects get an answer each; counts that are certain are
    analysed again by exact tests with the intervals that invert them; the P values of all outcomes
    are adjusted together [holm1979]; composites that hold other outcomes are named. Cost: most goes
    into the data sets that fit printed medians, a second or two an outcome.
    """
    outcomes = tuple(
        _outcome(published, name, outcome) for name, outcome in published.outcomes.items()
    )
    return Recheck(
        title=published.title,
        source=published.source,
        alpha=published.alpha,
        arms=dict(published.arms),
        outcomes=outcomes,
        multiplicity=_multiplicity(published, outcomes),
        nested=tuple(_nested(published)),
    )


def _outcome(published: Published, name: str, outcome: Outcome) -> OutcomeAnswers:
    sizes = {arm: published.n(name, arm) for arm in published.arms}
    possible = _tables(published, outcome, sizes)
    answers = [
        *percentage_answers(outcome, sizes),
        *means.mean_answers(outcome, sizes),
        *_measured(published, outcome, sizes),
        *_p(published, outcome, sizes, possible),
    ]
    for measure, effect in outcome.effects().items():
        answers.append(interval_answer(measure, effect, effect.p or outcome.p, published.alpha))
        by_method = method_answer(measure, effect, possible)
        answers += [by_method] if by_method else []
    answers += _parts(published, name, outcome)
    certain = possible[0] if len(possible) == 1 else None
    return OutcomeAnswers(
        name,
        tuple(answers),
        certain,
        _reanalysis(certain, published.alpha) if certain else (),
        _fragility(certain, published.alpha) if certain else "",
    )


def _tables(published: Published, outcome: Outcome, sizes: dict[str, int]) -> list[Table]:
    """Every pair of counts that the printed counts and percentages allow; two arms only."""
    if len(published.arms) != 2:
        return []
    treated, control = published.arms
    return tables(
        possible_counts(outcome, treated, sizes[treated]),
        sizes[treated],
        possible_counts(outcome, control, sizes[control]),
        sizes[control],
    )


def _measured(published: Published, outcome: Outcome, sizes: dict[str, int]) -> list[Answer]:
    """Medians, and the P values of the data sets that fit them."""
    if outcome.median is None:
        return []
    fits = medians.fits_by_arm(outcome, sizes)
    made = medians.median_answers(outcome, fits, sizes)
    if outcome.p is not None and len(published.arms) == 2 and len(fits) == 2:
        treated, control = published.arms
        made.append(rank_answer(fits[treated], fits[control], outcome.p, published.alpha))
    elif outcome.p is not None and outcome.mean is None:
        reason = _TWO_ARMS if len(published.arms) != 2 else "needs data sets found in both arms"
        made.append(Answer("P", outcome.p.text, OPEN, reason))
    return made


def _p(
    published: Published, outcome: Outcome, sizes: dict[str, int], possible: list[Table]
) -> list[Answer]:
    if outcome.p is None:
        return []
    if outcome.counts is not None or outcome.percent is not None:
        if len(published.arms) != 2:
            return [Answer("P", outcome.p.text, OPEN, _TWO_ARMS)]
        return [p_answer(possible, outcome.p, published.alpha)]
    if outcome.mean is not None and len(published.arms) == 2 and len(outcome.mean) == 2:
        treated, control = published.arms
        first, second = outcome.mean[treated], outcome.mean[control]
        n_1, n_0 = sizes[treated], sizes[control]
        return [means.p_answer(first, n_1, second, n_0, outcome.p, published.alpha)]
    return []


def _parts(published: Published, name: str, outcome: Outcome) -> list[Answer]:
    """A composite has at least the events of each of its parts, in every arm."""
    made = []
    for part in outcome.includes:
        for arm in published.arms:
            whole = possible_counts(outcome, arm, published.n(name, arm))
            inner = possible_counts(published.outcomes[part], arm, published.n(part, arm))
            if whole and inner and max(whole) < min(inner):
                text = f"{max(whole)} in {arm} cannot hold the {min(inner)} of {part}"
                made.append(Answer(f"events, {arm}", name, DIFFERS, text))
    return made


def _reanalysis(table: Table, alpha: float) -> tuple[Reanalysis, ...]:
    """Each exact test with the interval that inverts it; and the score interval beside."""
    level = 1 - alpha
    pairs: list[tuple[stats.TestResult, stats.Estimate | None]] = [
        (stats.fisher(*table), stats.odds_ratio(*table, method="minlike", level=level)),
        (
            stats.fisher(*table, kind="central"),
            stats.odds_ratio(*table, method="central", level=level),
        ),
        (
            stats.barnard(*table),
            stats.risk_difference(*table, method="agresti-min", level=level)
            if table[1] + table[3] <= _MOST_FOR_EXACT
            else None,
        ),
        (stats.boschloo(*table), None),
        (stats.chi_square(*table, kind="n-1"), stats.risk_difference(*table, level=level)),
    ]
    # with very many patients several tests answer by the same one
    return tuple(dict.fromkeys(_one_reanalysis(test, found) for test, found in pairs))


def _one_reanalysis(test: stats.TestResult, found: stats.Estimate | None) -> Reanalysis:
    if found is None:
        inverts = test.interval and f"its interval is left out past {_MOST_FOR_EXACT} patients"
        why = test.reason or inverts or "no interval here inverts it"
        return Reanalysis(test.method, test.p_value, note=why)
    return Reanalysis(
        test.method,
        test.p_value,
        found.measure,
        found.value,
        found.lower,
        found.upper,
        test.reason or found.reason,
    )


def _fragility(table: Table, alpha: float) -> str:
    found = stats.fragility_index(*table, alpha=alpha)
    if not found.index or found.p_value_changed is None:
        return ""
    patients = "1 patient" if found.index == 1 else f"{found.index} patients"
    return (
        f"fragility index {found.index}: {patients} more with the event in the {found.changed} arm "
        f"would bring Fisher's P from {as_p(found.p_value or 0)} to {as_p(found.p_value_changed)}"
    )


def _multiplicity(
    published: Published, outcomes: tuple[OutcomeAnswers, ...]
) -> tuple[Adjusted, ...]:
    """Holm over all outcomes that were compared: Fisher's P where the counts are certain."""
    rows: list[tuple[str, float, str]] = []
    for one in outcomes:
        printed = _printed_p(published.outcomes[one.name])
        if one.counts is not None and len(published.arms) == 2:
            test = stats.fisher(*one.counts)
            if test.p_value is not None:
                rows.append((one.name, test.p_value, test.method))
        elif printed is not None:
            # "<0.001" counts as 0.001, "NS" as 1: what is least favourable to the claim
            number = printed.number
            p = float(number.value) if number and printed.relation in "=<≤" else 1.0
            rows.append((one.name, p, f"as printed, {printed.text}"))
    adjusted = stats.holm([p for _, p, _ in rows])
    return tuple(
        Adjusted(name, p, origin, value)
        for (name, p, origin), value in zip(rows, adjusted, strict=True)
        if value is not None
    )


def _printed_p(outcome: Outcome) -> PrintedP | None:
    """The outcome's P, or the first that an effect has of its own."""
    own = (effect.p for effect in outcome.effects().values() if effect.p is not None)
    return outcome.p or next(own, None)


def _nested(published: Published) -> Iterator[str]:
    for name, outcome in published.outcomes.items():
        for part in outcome.includes:
            yield (
                f'"{name}" includes "{part}": the events of the second count again in the first, '
                "so their P values are one finding told twice"
            )


def verdicts(found: Recheck) -> dict[str, int]:
    """How many figures got each verdict."""
    counted: dict[str, int] = {}
    for outcome in found.outcomes:
        for answer in outcome.answers:
            counted[answer.verdict] = counted.get(answer.verdict, 0) + 1
    order = (IMPOSSIBLE, DIFFERS)
    return {word: counted[word] for word in (*order, *counted) if word in counted}
