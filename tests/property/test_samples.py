"""Tests of samples against counting every arrangement, and what must hold whatever the data."""

from __future__ import annotations

import math
from itertools import combinations, pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casewise import stats

few = settings(max_examples=60, derandomize=True, deadline=None)
values = st.integers(0, 6)
arm = st.lists(values, min_size=1, max_size=5)


def ranks(numbers):
    return [
        sum(other < x for other in numbers) + (sum(other == x for other in numbers) + 1) / 2
        for x in numbers
    ]


def share_as_far(statistic, n, size, observed):
    """Of all choices of ``size`` of ``n``, the share whose statistic is as far from 0."""
    found = [abs(statistic(set(chosen))) for chosen in combinations(range(n), size)]
    return sum(x >= abs(observed) - 1e-9 for x in found) / len(found)


def p_by_hand(scores, size):
    mean = sum(scores) / len(scores)

    def statistic(chosen):
        return sum(scores[i] - mean for i in chosen)

    return share_as_far(statistic, len(scores), size, statistic(range(size)))


@few
@given(arm, arm)
def test_exact_rank_sum_counts_every_arrangement(x, y):
    result = stats.rank_sum(x, y, "exact")
    if len({*x, *y}) == 1:
        assert result.p_value is None
        assert result.reason
    else:
        assert result.p_value == pytest.approx(p_by_hand(ranks(x + y), len(x)), rel=1e-12)


@few
@given(arm, arm, st.randoms(use_true_random=False))
def test_rank_sum_ignores_order_unit_direction_and_which_arm_is_first(x, y, random):
    result = stats.rank_sum(x, y)
    assume(result.p_value is not None)
    shuffled = random.sample(x, len(x)), random.sample(y, len(y))
    for other in (
        stats.rank_sum(*shuffled),
        stats.rank_sum(y, x),
        stats.rank_sum([2.5 * v + 1 for v in x], [2.5 * v + 1 for v in y]),
        stats.rank_sum([-v for v in x], [-v for v in y]),
    ):
        assert other.p_value == pytest.approx(result.p_value, rel=1e-12)
    assert 0 < result.p_value <= 1
    assert result.statistic + stats.rank_sum(y, x).statistic == len(x) * len(y)


@few
@given(arm, arm, st.randoms(use_true_random=False))
def test_monte_carlo_is_the_same_again_in_any_order_and_near_the_exact_p(x, y, random):
    exact = stats.rank_sum(x, y)
    assume(exact.p_value is not None)
    sampled = stats.rank_sum(x, y, "monte-carlo")
    again = stats.rank_sum(random.sample(x, len(x)), y, "monte-carlo")
    assert sampled == again
    assert abs(sampled.p_value - exact.p_value) < 5 * max(sampled.monte_carlo_error, 1e-4)


def p_at(x, y, shift):
    both = [v - shift for v in x] + y
    return 1.0 if len(set(both)) == 1 else p_by_hand(ranks(both), len(x))


@few
@given(st.lists(values, min_size=1, max_size=4), st.lists(values, min_size=2, max_size=4))
def test_shift_interval_holds_every_shift_that_the_test_does_not_reject(x, y):
    level = 0.8
    found = stats.hodges_lehmann(x, y, level=level)
    differences = sorted({a - b for a in x for b in y})
    assert found.value == np.median([a - b for a in x for b in y])
    shifts = sorted({d + step for d in differences for step in (-0.5, 0, 0.5)})
    accepted = [shift for shift in shifts if p_at(x, y, shift) > 1 - level + 1e-12]
    lower, upper = accepted[0], accepted[-1]
    assert found.lower == (-math.inf if lower == shifts[0] else math.floor(lower))
    assert found.upper == (math.inf if upper == shifts[-1] else math.ceil(upper))
    assert found.lower_open == (lower != shifts[0] and lower % 1 != 0)
    assert found.upper_open == (upper != shifts[-1] and upper % 1 != 0)


@few
@given(
    st.lists(st.integers(0, 30), min_size=3, max_size=12),
    st.lists(st.integers(0, 30), min_size=3, max_size=12),
    st.sampled_from(["auto", "asymptotic"]),
)
def test_rejected_means_outside_the_interval_that_inverts_the_test(x, y, method):
    test = stats.rank_sum(x, y, method)
    assume(test.p_value is not None)
    shift = stats.hodges_lehmann(x, y, method=method)
    inside = shift.lower <= 0 <= shift.upper
    if (shift.lower == 0 and shift.lower_open) or (shift.upper == 0 and shift.upper_open):
        inside = False
    assert inside == (test.p_value > 0.05)


@few
@given(st.lists(st.integers(-999, 999), min_size=2, max_size=8), st.integers(1, 7), values)
def test_shift_of_decimals_is_that_of_the_same_whole_numbers(numbers, cut, digits):
    cut = min(cut, len(numbers) - 1)
    scale = 10.0**digits
    whole = stats.hodges_lehmann(numbers[:cut], numbers[cut:])
    tenths = [v / scale for v in numbers]
    decimal = stats.hodges_lehmann(tenths[:cut], tenths[cut:])
    for name in ("value", "lower", "upper"):
        assert getattr(decimal, name) == pytest.approx(getattr(whole, name) / scale, rel=1e-12)


@few
@given(arm, arm, st.sampled_from(["mean", "median"]))
def test_permutation_test_counts_every_arrangement(x, y, statistic):
    both = x + y
    assume(len(set(both)) > 1)
    result = stats.permutation_test(x, y, statistic, "exact")
    middle = getattr(np, statistic)

    def difference(chosen):
        first = [both[i] for i in chosen]
        second = [both[i] for i in range(len(both)) if i not in chosen]
        return middle(first) - middle(second)

    by_hand = share_as_far(difference, len(both), len(x), difference(set(range(len(x)))))
    assert result.p_value == pytest.approx(by_hand, rel=1e-12)
    assert result.statistic == pytest.approx(difference(set(range(len(x)))))


patients = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.booleans()), min_size=2, max_size=9
)


@few
@given(patients, st.sampled_from(["log-rank", "gehan", "peto", "fleming-harrington"]))
def test_exact_log_rank_counts_every_arrangement(rows, weights):
    time, event, treated = (list(column) for column in zip(*rows, strict=True))
    result = stats.log_rank(time, event, treated, "exact", weights, rho=0.5, gamma=1)
    assume(result.p_value is not None)

    def observed_less_expected(chosen):
        total, survival, other_survival = 0.0, 1.0, 1.0
        for t in sorted(set(time)):
            at_risk = [i for i in range(len(rows)) if time[i] >= t]
            dead = [i for i in at_risk if time[i] == t and event[i]]
            n, d = len(at_risk), len(dead)
            other_survival *= 1 - d / (n + 1)
            w = {
                "log-rank": 1,
                "gehan": n,
                "peto": other_survival,
                "fleming-harrington": survival**0.5 * (1 - survival),
            }[weights]
            survival *= 1 - d / n
            total += w * (
                sum(i in chosen for i in dead) - d * sum(i in chosen for i in at_risk) / n
            )
        return total

    first = {i for i in range(len(rows)) if treated[i]}
    found = observed_less_expected(first)
    by_hand = share_as_far(observed_less_expected, len(rows), len(first), found)
    assert result.p_value == pytest.approx(by_hand, rel=1e-12)
    large = stats.log_rank(time, event, treated, "asymptotic", weights, rho=0.5, gamma=1)
    if large.statistic is None:  # the hypergeometric variance is 0
        assert result.statistic is None
    else:
        assert result.statistic == pytest.approx(large.statistic, abs=1e-9)
        assert (abs(found) < 1e-9) == (large.statistic < 1e-9)


@few
@given(patients)
def test_survival_tests_ignore_which_arm_is_first_and_the_unit_of_time(rows):
    time, event, treated = (np.array(column) for column in zip(*rows, strict=True))
    for method in ("asymptotic", "auto", "monte-carlo"):
        result = stats.log_rank(time, event, treated, method)
        for other in (
            stats.log_rank(time, event, ~treated, method),
            stats.log_rank(time * 30.5, event, treated, method),
        ):
            assert (other.p_value is None) == (result.p_value is None)
            if result.p_value is not None:
                assert 0 < result.p_value <= 1
                assert other.p_value == pytest.approx(result.p_value, rel=1e-9)
    ratio, inverse = (
        stats.hazard_ratio(time, event, arm.astype(int)) for arm in (treated, ~treated)
    )
    assert (ratio.value is None) == (inverse.value is None)
    if ratio.value is not None:
        assert ratio.value * inverse.value == pytest.approx(1, rel=1e-6)
        assert ratio.lower * inverse.upper == pytest.approx(1, rel=1e-6)


@few
@given(patients, st.sampled_from(["log-log", "arcsine", "beta-product"]))
def test_curve_falls_within_its_limits_and_accounts_for_everybody(rows, interval):
    time, event, _ = zip(*rows, strict=True)
    curve = stats.kaplan_meier(time, event, interval=interval)
    assert sum(curve.events) + sum(curve.censored) == len(rows) == curve.n
    assert list(curve.survival) == sorted(curve.survival, reverse=True)
    for t, s, low, high in zip(curve.times, curve.survival, curve.lower, curve.upper, strict=True):
        assert curve.at_risk_at(t) == sum(other >= t for other in time)
        if low is not None:
            assert 0 <= low <= s + 1e-9
            assert s - 1e-9 <= high <= 1


@few
@given(st.integers(1, 20), st.data())
def test_beta_product_without_censoring_is_clopper_and_pearsons(n, data):
    deaths = data.draw(st.integers(0, n))
    time = [1] * deaths + [2] * (n - deaths)
    curve = stats.kaplan_meier(time, [1] * deaths + [0] * (n - deaths), interval="beta-product")
    at = curve.at(1)
    expected = stats.proportion(n - deaths, n)
    assert (at.value, at.lower, at.upper) == pytest.approx(
        (expected.value, expected.lower, expected.upper), abs=1e-7
    )


@few
@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=3), min_size=2, max_size=3))
def test_exact_kruskal_wallis_counts_every_arrangement(groups):
    both = [v for group in groups for v in group]
    assume(len(set(both)) > 1 and len(both) <= 7)
    sizes = [len(group) for group in groups]
    scores = ranks(both)

    def h(order):
        starts = np.cumsum([0, *sizes])
        sums = [sum(scores[i] for i in order[a:b]) for a, b in pairwise(starts)]
        return sum(s**2 / size for s, size in zip(sums, sizes, strict=True))

    observed = h(range(len(both)))
    found = [h(order) for order in permutations(range(len(both)))]
    by_hand = sum(x >= observed - 1e-9 for x in found) / len(found)
    result = stats.kruskal_wallis(*groups, method="exact")
    assert result.p_value == pytest.approx(by_hand, rel=1e-12)
    if len(groups) == 2:
        assert result.p_value == pytest.approx(stats.rank_sum(*groups).p_value, rel=1e-12)


@few
@given(
    st.lists(st.tuples(values, st.booleans(), st.integers(0, 2)), min_size=3, max_size=9),
)
def test_exact_van_elteren_counts_every_arrangement_within_strata(rows):
    numbers, treated, strata = (list(column) for column in zip(*rows, strict=True))
    result = stats.van_elteren(numbers, treated, strata, "exact")
    assume(result.p_value is not None)
    parts = []
    for s in set(strata):
        inside = [i for i in range(len(rows)) if strata[i] == s]
        scores = [
            (r - (len(inside) + 1) / 2) / (len(inside) + 1)
            for r in ranks([numbers[i] for i in inside])
        ]
        first = [j for j, i in enumerate(inside) if treated[i]]
        parts.append((scores, first))
    observed = sum(scores[j] for scores, first in parts for j in first)
    choices = [
        [sum(scores[j] for j in chosen) for chosen in combinations(range(len(scores)), len(first))]
        for scores, first in parts
    ]
    sums = [abs(sum(combination)) for combination in product(*choices)]
    by_hand = sum(x >= abs(observed) - 1e-9 for x in sums) / len(sums)
    assert result.p_value == pytest.approx(by_hand, rel=1e-9)


@few
@given(st.lists(st.tuples(st.booleans(), values, values), min_size=3, max_size=8), st.data())
def test_exact_westfall_young_counts_every_arrangement(rows, data):
    n = len(rows)
    size = data.draw(st.integers(1, n - 1))
    table = np.array(rows, dtype=float)
    first = set(range(size))
    found = stats.westfall_young(table, [i in first for i in range(n)])
    assert found.monte_carlo_error is None
    every = [set(chosen) for chosen in combinations(range(n), size)]
    p = []
    for column in table.T:
        if len(set(column)) == 1:
            p.append(None)
            continue
        sums = [sum(column[i] for i in chosen) for chosen in every]
        if len(set(column)) == 2:  # by probability: Fisher's
            common = {s: sums.count(s) for s in sums}
            far = {s: sum(c for c in common.values() if c <= common[s]) for s in sums}
            p.append([far[s] / len(sums) for s in sums])
        else:
            mean = size * column.mean()
            p.append(
                [sum(abs(o - mean) >= abs(s - mean) - 1e-9 for o in sums) / len(sums) for s in sums]
            )
    place = every.index(first)
    used = sorted((q for q in range(3) if p[q]), key=lambda q: p[q][place])
    least = 0.0
    for k, q in enumerate(used):
        smallest = [min(p[r][b] for r in used[k:]) for b in range(len(every))]
        share = sum(s <= p[q][place] + 1e-9 for s in smallest) / len(every)
        least = max(least, share)
        assert found.raw[q] == pytest.approx(p[q][place])
        assert found.adjusted[q] == pytest.approx(least)
        assert found.adjusted[q] <= stats.holm(found.raw)[q] + 1e-9
    assert all((raw is None) == (p[q] is None) for q, raw in enumerate(found.raw))


@few
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 1)), min_size=3, max_size=9)
)
def test_exact_logistic_counts_every_outcome_with_the_same_margins(rows):
    y, x, z = (np.array(column) for column in zip(*rows, strict=True))
    found = stats.exact_logistic(y, x, z)
    same = [
        int(x[list(chosen)].sum())
        for chosen in combinations(range(len(rows)), int(y.sum()))
        if z[list(chosen)].sum() == z[y].sum()
    ]
    if len(set(same)) == 1:
        assert found.log.value is None
        return
    t = int(x[y].sum())
    p = min(1.0, 2 * min(sum(s <= t for s in same), sum(s >= t for s in same)) / len(same))
    assert found.test.p_value == pytest.approx(p, rel=1e-9)
    assert (found.log.lower > 1e-9 or found.log.upper < -1e-9) == (p < 0.05 - 1e-9)
    if min(same) < t < max(same):
        weights = np.exp(np.array(same) * found.log.value)
        assert weights @ np.array(same) / weights.sum() == pytest.approx(t)


@few
@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([0.2, 0.5, 0.75]))
def test_rank_sum_power_adds_up_the_probability_of_every_rejected_order(n_1, n_0, probability):
    alpha = 0.2
    hazard = (1 - probability) / probability
    total = 0.0
    for chosen in combinations(range(n_1 + n_0), n_1):
        first = set(chosen)
        chance, left, controls_left = 1.0, n_1, n_0
        for place in range(n_1 + n_0):
            all_left = hazard * left + controls_left
            if place in first:
                chance, left = chance * hazard * left / all_left, left - 1
            else:
                chance, controls_left = chance * controls_left / all_left, controls_left - 1
        others = [i for i in range(n_1 + n_0) if i not in first]
        if stats.rank_sum(sorted(first), others).p_value <= alpha + 1e-12:
            total += chance
    found = stats.power_rank_sum(probability, n_1, n_0, alpha)
    assert found == pytest.approx(total, abs=1e-12)


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusted_p_values_keep_their_order_and_are_no_smaller(p):
    holm, hochberg = stats.holm(p), stats.hochberg(p)
    for raw, up, down in zip(p, hochberg, holm, strict=True):
        assert raw <= up <= down <= 1
    order = sorted(range(len(p)), key=lambda i: p[i])
    for adjusted in (holm, hochberg):
        assert [adjusted[i] for i in order] == sorted(adjusted)


@few
@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.data(),
    st.sampled_from(["uniform", "jeffreys", "sceptical"]),
)
def test_posterior_turns_round_with_the_arms(n_1, n_0, data, prior):
    e_1, e_0 = data.draw(st.integers(0, n_1)), data.draw(st.integers(0, n_0))
    found = stats.posterior(e_1, n_1, e_0, n_0, prior)
    assert 0 <= found.benefit <= 1
    for estimate in (found.risk_difference, found.risk_ratio):
        assert estimate.lower < estimate.value < estimate.upper
    if prior != "sceptical":  # whose control risk alone is uniform
        turned = stats.posterior(e_0, n_0, e_1, n_1, prior)
        assert turned.benefit == pytest.approx(1 - found.benefit, abs=1e-9)
        assert turned.risk_difference.lower == pytest.approx(-found.risk_difference.upper, abs=1e-9)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_size_of_exact_tests_is_at_most_the_level_in_every_pair_of_arms_to_twelve(alpha):
    for n_1, n_0 in product(range(1, 13), repeat=2):
        assert stats.power_rank_sum(0.5, n_1, n_0, alpha) <= alpha + 1e-12
        for p in (0.02, 0.1, 0.3, 0.5, 0.77):
            assert stats.power_two_proportions(p, n_1, p, n_0, alpha) <= alpha


@few
@given(
    st.lists(values, min_size=2, max_size=9),
    st.integers(1, 8),
    st.sampled_from([0.05, 0.1, 0.25]),
)
def test_size_of_the_rank_sum_test_is_at_most_the_level_under_any_ties(both, size, alpha):
    assume(size < len(both) and len(set(both)) > 1)
    arrangements = list(combinations(range(len(both)), size))
    rejected = sum(
        stats.rank_sum(
            [both[i] for i in chosen],
            [both[i] for i in range(len(both)) if i not in chosen],
        ).p_value
        <= alpha
        for chosen in arrangements
    )
    assert rejected <= alpha * len(arrangements) + 1e-9
