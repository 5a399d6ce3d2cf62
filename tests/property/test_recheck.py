"""A paper printed from real numbers is never told that its figures cannot be."""

from __future__ import annotations

import statistics

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from casewise import stats
from casewise.recheck import recheck
from casewise.recheck.answers import DIFFERS, IMPOSSIBLE, MATCHES
from casewise.recheck.counts import counts_printed_as
from casewise.recheck.effects import p_from_interval
from casewise.recheck.means import deviation_is_possible, sums_printed_as
from casewise.recheck.medians import bounds, rule_fits
from casewise.recheck.model import Published
from casewise.recheck.p_values import matches_of
from casewise.recheck.printed import (
    parse_estimate,
    parse_median,
    parse_number,
    parse_p,
    parse_percent,
)
from casewise.recheck.quantile_rules import positions
from casewise.recheck.rank_p_values import pairs_of
from casewise.recheck.samples import Samples

few = settings(max_examples=60, deadline=None, derandomize=True)
fewer = settings(max_examples=15, deadline=None, derandomize=True)
FISHER = "Fisher exact (minlike)"


@st.composite
def tables(draw, most=40):
    n_1, n_0 = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(st.integers(0, n_1)), n_1, draw(st.integers(0, n_0)), n_0


whole_samples = st.lists(st.integers(0, 30), min_size=2, max_size=12)


@few
@given(st.integers(1, 500), st.data(), st.integers(0, 3))
def test_a_percentage_made_from_a_count_is_never_impossible(n, data, decimals) -> None:
    count = data.draw(st.integers(0, n))
    printed = parse_percent(f"{100 * count / n:.{decimals}f}%")
    assert count in [fit.count for fit in counts_printed_as(printed, n)]


@few
@given(tables(), st.integers(2, 4))
def test_a_p_of_fishers_test_is_always_found(table, decimals) -> None:
    p = stats.fisher(*table).p_value
    assert p is not None
    printed = parse_p(f"{p:.{decimals}f}")
    found = {one.test: one for one in matches_of([table], printed, 0.05)}
    assert found[FISHER].roundings


@fewer
@given(tables(most=15), st.sampled_from(["yates", "pearson", "n-1"]))
def test_a_paper_printed_from_counts_is_reproducible(table, kind) -> None:
    a, n_1, c, n_0 = table
    p = stats.chi_square(*table, kind=kind).p_value
    published = Published.model_validate(
        {
            "arms": {"A": n_1, "B": n_0},
            "outcomes": {
                "x": {
                    "percent": {"A": f"{100 * a / n_1:.1f}%", "B": f"{100 * c / n_0:.1f}%"},
                    "p": f"{p:.3f}",
                }
            },
        }
    )
    (outcome,) = recheck(published).outcomes
    assert {one.verdict for one in outcome.answers} == {MATCHES}
    assert outcome.counts == table


@few
@given(st.lists(st.integers(0, 60), min_size=2, max_size=25), st.integers(0, 3))
def test_mean_and_deviation_of_whole_numbers_are_never_impossible(values, decimals) -> None:
    mean = parse_number(f"{statistics.fmean(values):.{decimals}f}")
    deviation = parse_number(f"{statistics.stdev(values):.{decimals}f}")
    assert sum(values) in sums_printed_as(mean, len(values))
    assert deviation_is_possible(mean, deviation, len(values))


@few
@given(whole_samples, st.sampled_from(range(1, 10)))
def test_quantiles_of_a_data_set_fit_their_own_rule(values, kind) -> None:
    made = stats.median_iqr(values, kind)
    printed = parse_median(f"{made.median:.2f} [{made.q1:.2f}-{made.q3:.2f}]")
    published = Published.model_validate(
        {
            "arms": {"A": len(values)},
            "outcomes": {
                "x": {
                    "median": {"A": printed.text},
                    "whole_numbers": "true",
                    "at_most": str(max(values)),
                }
            },
        }
    )
    outcome = published.outcomes["x"]
    fits = rule_fits(printed, len(values), bounds(outcome))
    (fit,) = [one for one in fits if f"type {kind}" in one.rules]
    assert fit.count >= 1


@few
@given(whole_samples, st.sampled_from(range(1, 10)))
def test_a_rules_places_give_its_quantiles(values, kind) -> None:
    ordered = sorted(values)
    for place, q in zip(positions(f"type {kind}", len(values)), (0.25, 0.5, 0.75), strict=True):
        low = ordered[place.at - 1]
        high = ordered[min(place.at, len(ordered) - 1)]
        value = (1 - place.weight) * low + place.weight * high
        assert abs(float(value) - stats.quantile(values, q, kind)) < 1e-9


def of_quartiles(n: int, text: str, rule: str, highest: int) -> Samples:
    printed, samples = parse_median(text), Samples(n, 0, highest)
    numbers = (printed.low, printed.value, printed.high)
    for place, number in zip(positions(rule, n), numbers, strict=True):
        samples.require(place, number)
    return samples


@fewer
@given(st.integers(3, 7), st.sampled_from(["type 2", "type 6", "type 7"]), st.integers(0, 10**6))
def test_drawn_and_listed_data_sets_fit_and_steering_finds_the_best(n, rule, seed) -> None:
    samples = of_quartiles(n, "4 [3-6]", rule, 9)
    listed = list(samples.listed())
    assert len(listed) == len(set(listed)) == samples.count()
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=10)
    best = samples.best(lambda values: scores[values])
    assert sum(scores[list(best)]) >= max(sum(scores[list(one)]) for one in listed) - 1e-9
    drawn = samples.drawn(20, scores, generator)
    assert {tuple(row) for row in drawn.tolist()} <= set(listed)


@fewer
@given(whole_samples, whole_samples)
def test_pairs_that_are_sampled_all_fit(x, y) -> None:
    fits = []
    for values in (x, y):
        made = stats.median_iqr(values, 7)
        printed = parse_median(f"{made.median:.2f} [{made.q1:.2f}-{made.q3:.2f}]")
        limits = bounds(
            Published.model_validate(
                {
                    "arms": {"A": len(values)},
                    "outcomes": {"x": {"median": {"A": printed.text}, "at_most": "30"}},
                }
            ).outcomes["x"]
        )
        found = rule_fits(printed, len(values), limits)
        fits.append(next(one for one in found if "type 7" in one.rules))
    pairs, _ = pairs_of(*fits)
    for one, other in pairs:
        for made, values in ((one, x), (other, y)):
            assert stats.median_iqr(made, 7) == stats.median_iqr(values, 7)


@few
@given(st.floats(-3, 3), st.floats(0.05, 2))
def test_a_wald_interval_and_its_p_always_match(log_ratio, error) -> None:
    value, low, high = np.exp(
        [log_ratio, log_ratio - 1.959964 * error, log_ratio + 1.959964 * error]
    )
    p = 2 * statistics.NormalDist().cdf(-abs(log_ratio / error))
    found = p_from_interval(
        "hazard ratio", parse_estimate(f"{value:.4f} ({low:.4f} to {high:.4f})"), 0.95
    )
    if found is not None:
        assert found.centred
        assert found.lowest - 1e-4 <= p <= found.highest + 1e-4


@fewer
@given(tables(most=25))
def test_effects_printed_from_counts_are_never_impossible(table) -> None:
    a, n_1, c, n_0 = table
    effects = {}
    for name, made in (
        ("odds_ratio", stats.odds_ratio(*table)),
        ("risk_ratio", stats.risk_ratio(*table)),
        ("risk_difference", stats.risk_difference(*table)),
    ):
        numbers = (made.value, made.lower, made.upper)
        if all(number is not None and np.isfinite(number) for number in numbers):
            effects[name] = "{:.3f} ({:.3f} to {:.3f})".format(*numbers)
    published = Published.model_validate(
        {
            "arms": {"A": n_1, "B": n_0},
            "outcomes": {"x": {"counts": {"A": str(a), "B": str(c)}, **effects}},
        }
    )
    (outcome,) = recheck(published).outcomes
    by_counts = [one for one in outcome.answers if one.figure.endswith("from the counts")]
    assert len(by_counts) == len(effects)
    assert not {one.verdict for one in by_counts} & {IMPOSSIBLE, DIFFERS}
