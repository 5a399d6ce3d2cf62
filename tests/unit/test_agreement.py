"""What agreement is where it is hard to say: no variation, no difference, few charts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewise import stats

ALL = ["percent_agreement", "cohen_kappa", "gwet_ac1", "pabak"]
NAMES = st.lists(st.tuples(*[st.sampled_from("abc")] * 2), min_size=2, max_size=30)


@pytest.mark.parametrize("name", ALL)
def test_no_charts_no_agreement(name):
    found = getattr(stats, name)([], [])
    assert (found.value, found.lower, found.upper) == (None, None, None)
    assert found.reason == "no charts"


@pytest.mark.parametrize("name", ALL)
def test_raters_of_different_charts_are_refused(name):
    with pytest.raises(ValueError, match="not of 2 and 1"):
        getattr(stats, name)(["a", "b"], ["a"])


def test_kappa_is_undefined_where_nothing_varies_and_neither_0_nor_1():
    found = stats.cohen_kappa(["no"] * 20, ["no"] * 20, ["yes", "no"])
    assert found.value is None
    assert "chance is certain" in found.reason


def test_ac1_and_pabak_are_1_where_all_are_in_one_of_two_categories():
    for found in (
        f(["no"] * 20, ["no"] * 20, ["yes", "no"]) for f in (stats.gwet_ac1, stats.pabak)
    ):
        assert found.value == 1
        assert 0 < found.lower < 1 == found.upper


def test_ac1_and_pabak_of_a_single_category_are_undefined():
    for found in (f(["no"] * 3, ["no"] * 3) for f in (stats.gwet_ac1, stats.pabak)):
        assert found.value is None
        assert found.reason == "there is one category only"


def test_the_paradox_of_kappa_is_seen_beside_ac1():
    """Feinstein and Cicchetti: 94% agreement, and kappa below 0, where one category is rare."""
    first, second = ["yes"] * 3 + ["no"] * 97, ["no"] * 97 + ["yes"] * 3
    assert stats.percent_agreement(first, second).value == pytest.approx(0.94)
    assert stats.cohen_kappa(first, second).value < 0
    assert stats.gwet_ac1(first, second).value > 0.9


def test_kappa_of_raters_who_never_differ_does_not_claim_certainty():
    found = stats.cohen_kappa(list("yynn"), list("yynn"))
    assert found.value == 1
    assert found.lower < 0.5
    assert found.upper == 1
    assert "standard error is 0" in found.reason


def test_weights_need_the_order_of_the_categories():
    with pytest.raises(ValueError, match="in their order"):
        stats.cohen_kappa(["a"], ["b"], weights="linear")


def test_a_category_that_is_not_listed_is_refused():
    with pytest.raises(ValueError, match='"c" is not among'):
        stats.gwet_ac1(["a", "c"], ["a", "b"], ["a", "b"])


def test_a_near_miss_on_an_ordered_scale_costs_less_than_a_far_one():
    scale = ["mild", "moderate", "severe"]
    truth = ["mild", "mild", "moderate", "severe", "severe", "moderate"]
    near = ["mild", "moderate", "moderate", "severe", "severe", "moderate"]
    far = ["mild", "severe", "moderate", "severe", "severe", "moderate"]
    for weights in ("linear", "quadratic"):
        one, other = (stats.cohen_kappa(truth, b, scale, weights).value for b in (near, far))
        assert one > other
    assert (
        stats.cohen_kappa(truth, near, scale).value
        < stats.cohen_kappa(truth, near, scale, "linear").value
    )


@given(NAMES)
def test_coefficients_are_within_their_limits_and_do_not_depend_on_who_is_first(pairs):
    first, second = zip(*pairs, strict=True)
    for name in ALL:
        found = getattr(stats, name)(first, second)
        turned = getattr(stats, name)(second, first)
        assert (found.value is None) == (turned.value is None)
        if found.value is not None:
            assert found.value == pytest.approx(turned.value)
            assert -1 - 1e-12 <= found.lower <= found.value + 1e-9
            assert found.value - 1e-9 <= found.upper <= 1 + 1e-12


@given(NAMES)
def test_fleiss_kappa_of_two_raters_is_alpha_but_for_the_small_sample(pairs):
    """Krippendorff's alpha of two raters is 1 - (1 - pi)(2n - 1)/2n, with Scott's pi of Fleiss."""
    counts = [[int(a == k) + int(b == k) for k in "abc"] for a, b in pairs]
    codes = [["abc".index(a), "abc".index(b)] for a, b in pairs]
    fleiss, alpha = stats.fleiss_kappa(counts), stats.krippendorff_alpha(codes)
    assert (fleiss.value is None) == (alpha.value is None)
    if fleiss.value is not None:
        n = 2 * len(pairs)
        assert alpha.value == pytest.approx(1 - (1 - fleiss.value) * (n - 1) / n)


def test_fleiss_kappa_asks_for_counts_of_two_raters_or_more():
    for bad in ([[1, 0]], [[1.5, 0.5]], [[-1, 3]]):
        with pytest.raises(ValueError, match=r"whole numbers|two raters"):
            stats.fleiss_kappa(bad)
    assert stats.fleiss_kappa([]).value is None
    assert stats.fleiss_kappa([[3, 0], [3, 0]]).value is None


def test_alpha_leaves_charts_read_once_out_and_is_undefined_without_others():
    none = float("nan")
    assert stats.krippendorff_alpha([[1, none], [none, 2]]).value is None
    twice = [[1, 1], [2, 2], [1, 2], [2, 2]]
    with_once = [*twice, [5, none]]
    assert stats.krippendorff_alpha(twice).value == stats.krippendorff_alpha(with_once).value
    assert stats.krippendorff_alpha([[1, 1], [1, 1]]).reason == "every reading is the same"
    sure = stats.krippendorff_alpha([[1, 1], [2, 2]])
    assert (sure.value, sure.lower) == (1, None)


def test_alphas_interval_is_the_same_at_every_call():
    ratings = np.random.default_rng(3).integers(0, 3, size=(30, 3))
    assert stats.krippendorff_alpha(ratings) == stats.krippendorff_alpha(ratings)


def test_a_rater_who_always_reads_higher_lowers_icc_2_1():
    base = np.arange(10.0)
    level = stats.intraclass_correlation(np.column_stack([base, base]))
    higher = stats.intraclass_correlation(np.column_stack([base, base + 3]))
    assert (level.value, level.lower) == (1, None)
    assert 0 < higher.lower < higher.value < 1


def test_icc_is_undefined_without_variation_or_charts():
    assert stats.intraclass_correlation([[5, 5], [5, 5]]).value is None
    assert stats.intraclass_correlation([[5, 6]]).value is None
    with pytest.raises(ValueError, match="two raters or more"):
        stats.intraclass_correlation([[5], [6]])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=20))
def test_icc_and_its_limits_are_in_order(pairs):
    for raters in ("same", "any"):
        found = stats.intraclass_correlation(np.array(pairs, dtype=float), raters)
        if found.value is not None and found.lower is not None:
            assert found.lower <= found.value + 1e-9
            assert found.value <= found.upper + 1e-9 <= 1 + 2e-9


def test_days_apart_is_a_median_with_an_interval_from_six_charts_on():
    few = stats.days_apart([1, 2, 3, 4, 5], [1, 2, 3, 4, 9])
    assert (few.value, few.lower, few.upper) == (0, None, None)
    assert "too few" in few.reason
    more = stats.days_apart([0] * 6, [0, 0, 1, 2, 0, 30])
    assert (more.value, more.lower, more.upper) == (0.5, 0, 30)
    assert stats.days_apart([], []).value is None


def test_days_aparts_interval_holds_its_level_by_enumeration():
    """Of a continuous distribution the interval covers the median with a probability that
    depends on n alone: 1 - 2 P(Binomial(n, 1/2) < k)."""
    from math import comb

    for n in range(6, 40):
        found = stats.days_apart(np.arange(1.0, n + 1), np.zeros(n))
        k = int(found.lower)
        missed = 2 * sum(comb(n, i) for i in range(k)) / 2**n
        assert missed <= 0.05 < missed + 2 * comb(n, k) / 2**n
        assert found.upper == n + 1 - k
