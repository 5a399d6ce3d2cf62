"""What functions on samples answer to bad, empty and extreme data, and known traps."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from casewise import stats
from casewise.citations import CITATIONS

TREATED = [9, 18, 23, 25, 27, 31, 36, 44, 61]
CONTROL = [5, 8, 10, 14, 14, 26]

TWO_SAMPLES = {
    "rank_sum": stats.rank_sum,
    "hodges_lehmann": stats.hodges_lehmann,
    "permutation_test": stats.permutation_test,
    "kruskal_wallis": stats.kruskal_wallis,
    "brunner_munzel": stats.brunner_munzel,
    "standardized_mean_difference": stats.standardized_mean_difference,
}
SURVIVAL = {
    "kaplan_meier": lambda time, event: stats.kaplan_meier(time, event),
    "log_rank": lambda time, event: stats.log_rank(time, event, [0, 1, 0, 1][: len(time)]),
    "hazard_ratio": lambda time, event: stats.hazard_ratio(time, event, [0, 1, 0, 1][: len(time)]),
    "firth_cox": lambda time, event: stats.firth_cox(time, event, [0, 1, 0, 1][: len(time)]),
}


def test_importing_the_package_loads_no_scipy():
    code = "import sys, casewise.stats; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_loads_and_is_no_module():
    for name in stats.__all__:
        assert not hasattr(getattr(stats, name), "__path__")
        assert callable(getattr(stats, name)), name


@pytest.mark.parametrize("function", TWO_SAMPLES.values(), ids=TWO_SAMPLES)
@pytest.mark.parametrize(
    "bad", [[1, math.nan], [1, None], ["a", "b"], [1, math.inf], [[1, 2], [3, 4]], ["1", "2"], "ab"]
)
def test_what_is_no_number_is_refused(function, bad):
    with pytest.raises(ValueError, match="number"):
        function(bad, [1.0, 2.0, 3.0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", TWO_SAMPLES.values(), ids=TWO_SAMPLES)
def test_an_empty_arm_is_undefined_and_says_so(function):
    result = function([], [1, 2, 3])
    value = result.p_value if isinstance(result, stats.TestResult) else result.value
    assert value is None
    assert "no values" in result.reason or "fewer than two" in result.reason


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["rank_sum", "permutation_test", "kruskal_wallis"])
def test_all_tied_is_undefined_and_says_so(name):
    result = TWO_SAMPLES[name]([5, 5, 5], [5, 5])
    assert result.p_value is None
    assert "all values are" in result.reason


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", TWO_SAMPLES.values(), ids=TWO_SAMPLES)
@pytest.mark.parametrize(
    ("x", "y"), [([1], [2]), ([1], [1, 2, 3]), ([1, 2], [30, 40]), ([1, 1], [2, 2]), ([7], [7])]
)
def test_few_patients_give_a_number_or_a_reason(function, x, y):
    result = function(x, y)
    value = result.p_value if isinstance(result, stats.TestResult) else result.value
    assert (value is not None and not math.isnan(value)) or result.reason


def test_shift_of_one_patient_against_one_has_no_limits():
    shift = stats.hodges_lehmann([3], [1])
    assert (shift.value, shift.lower, shift.upper) == (2, -math.inf, math.inf)


def test_shift_interval_of_tied_samples_is_that_shift():
    shift = stats.hodges_lehmann([5] * 6, [3] * 6)
    assert (shift.value, shift.lower, shift.upper) == (2, 2, 2)


def test_exact_beyond_its_reach_is_refused_and_auto_says_what_it_did():
    x, y = np.arange(500.0), np.arange(600.0) + 0.5
    with pytest.raises(ValueError, match="monte-carlo"):
        stats.rank_sum(x, y, "exact")
    sampled = stats.rank_sum(x, y)
    assert "seed" in sampled.method
    assert sampled.monte_carlo_error > 0
    many = stats.rank_sum(np.arange(2000.0), np.arange(2000.0) + 0.5)
    assert many.method.startswith("asymptotic")
    with pytest.raises(ValueError, match="monte-carlo"):
        stats.log_rank(x, x > 0, x % 2, "exact")


def test_a_p_too_small_for_a_float_is_not_0():
    separated = np.arange(100.0), np.arange(100.0) + 1000
    assert 0 < stats.rank_sum(*separated, "exact").p_value < 1e-50
    far = np.arange(1e4), np.arange(1e4) + 1e5
    assert 0 < stats.rank_sum(*far).p_value < 1e-300


# --- the values of the published study's made-up charts


def test_hospital_stay_by_every_variant():
    assert stats.rank_sum(TREATED, CONTROL).p_value == pytest.approx(0.015984, abs=5e-7)
    corrected = stats.rank_sum(TREATED, CONTROL, "asymptotic")
    assert corrected.p_value == pytest.approx(0.021440, abs=5e-7)
    plain = stats.rank_sum(TREATED, CONTROL, "asymptotic", continuity=False)
    assert plain.p_value == pytest.approx(0.018318, abs=5e-7)
    kruskal = stats.kruskal_wallis(TREATED, CONTROL, method="asymptotic")
    assert kruskal.p_value == pytest.approx(0.018318, abs=5e-7)
    shift = stats.hodges_lehmann(TREATED, CONTROL)
    assert (shift.value, shift.lower, shift.upper) == (17, 4, 30)
    assert stats.median_iqr(TREATED, 2) == stats.MedianIQR(27, 23, 36)
    assert stats.median_iqr(CONTROL, 2) == stats.MedianIQR(12, 8, 14)


def test_firth_and_exact_logistic_of_no_event_against_three():
    outcome, treated = [0] * 9 + [1] * 3 + [0] * 3, [1] * 9 + [0] * 6
    (firth,) = stats.firth_logistic(outcome, treated)
    assert firth.log.value == pytest.approx(-2.944439, abs=5e-7)
    assert firth.log.lower == pytest.approx(-7.94568, abs=5e-6)
    assert firth.log.upper == pytest.approx(-0.296875, abs=5e-7)
    assert firth.test.p_value == pytest.approx(0.027235, abs=5e-7)
    exact = stats.exact_logistic(outcome, treated)
    assert exact.log.value == pytest.approx(-2.09681, abs=5e-6)
    assert exact.log.upper == pytest.approx(0.29847, abs=1e-5)
    assert exact.log.lower == -math.inf
    assert exact.ratio.lower == 0
    doubled = stats.exact_logistic(outcome, [2 * t for t in treated])
    assert doubled.log.value == pytest.approx(exact.log.value / 2)


@pytest.mark.parametrize(
    ("table", "uniform", "jeffreys", "index"),
    [
        ((0, 9, 2, 6), 0.9485, 0.9694, 0),
        ((0, 9, 3, 6), 0.9853, 0.9928, 1),
        ((2, 9, 5, 6), 0.9866, 0.9914, 1),
        ((2, 9, 3, 6), 0.8552, 0.8674, 0),
    ],
)
def test_benefit_and_fragility_of_the_published_tables(table, uniform, jeffreys, index):
    assert stats.posterior(*table).benefit == pytest.approx(uniform, abs=5e-5)
    assert stats.posterior(*table, prior="jeffreys").benefit == pytest.approx(jeffreys, abs=5e-5)
    fragility = stats.fragility_index(*table)
    assert fragility.index == index
    assert fragility.quotient == pytest.approx(index / 15)


# --- describing samples


def test_one_patient_has_no_standard_deviation():
    assert stats.standard_deviation([4.2]) is None
    assert stats.standard_deviation([]) is None
    assert stats.standard_deviation([1, 3]) == pytest.approx(math.sqrt(2))
    assert stats.mean([]) is None
    assert stats.median_iqr([]) == stats.MedianIQR(None, None, None)


@pytest.mark.parametrize("kind", [0, 10, 7.5, "7", None])
def test_an_unknown_quantile_rule_is_refused(kind):
    with pytest.raises(ValueError, match="kind"):
        stats.quantile([1, 2], 0.5, kind)


@pytest.mark.parametrize("kind", range(1, 10))
def test_every_quantile_rule_spans_the_sample(kind):
    assert stats.quantile([3, 1, 2], 0, kind) == 1
    assert stats.quantile([3, 1, 2], 1, kind) == 3
    assert stats.quantile([2, 2, 2], 0.3, kind) == 2


@pytest.mark.parametrize(
    ("treated", "control", "kind", "value", "reason"),
    [
        (["a", "a", "b"], ["c", "d"], "multinomial", math.inf, "share no category"),
        ([1, 1], [0, 0, 0], "binary", math.inf, "neither arm varies"),
        ([0, 0], [1, 1, 1], "binary", -math.inf, "neither arm varies"),
        ([2.5, 2.5], [2.5, 2.5], "continuous", 0, ""),
        ([0.1] * 3, [0.1] * 7, "continuous", 0, ""),
        ([3, 3], [1, 1], "continuous", math.inf, "neither arm varies"),
        (["a"], ["a", "a"], "multinomial", 0, ""),
        ([4], [1, 2], "continuous", None, "one value"),
        ([], [1, 0], "binary", None, "no values"),
        ([], ["a"], "multinomial", None, "no values"),
    ],
)
def test_standardized_difference_at_the_edges(treated, control, kind, value, reason):
    found = stats.standardized_mean_difference(treated, control, kind)
    assert found.value == value
    assert reason in found.reason
    assert bool(found.reason) == bool(reason)


def test_standardized_difference_of_two_categories_is_the_binary_one():
    x, y = [1, 0, 1, 1, 0], [0, 0, 1, 0]
    binary = stats.standardized_mean_difference(x, y, "binary").value
    for names in ({1: "yes", 0: "no"}, {1: "a", 0: "z"}):
        words = [[names[v] for v in arm] for arm in (x, y)]
        found = stats.standardized_mean_difference(*words, "multinomial").value
        assert found == pytest.approx(abs(binary))


@pytest.mark.parametrize("bad", [["a", None], ["a", math.nan], [1, "a", None]])
def test_a_missing_category_is_refused(bad):
    with pytest.raises(ValueError, match="missing"):
        stats.standardized_mean_difference(bad, ["a", "b"], "multinomial")


# --- time to event


@pytest.mark.parametrize("function", SURVIVAL.values(), ids=SURVIVAL)
@pytest.mark.parametrize(
    ("time", "event"),
    [
        ([1, -2, 3, 4], [1, 0, 1, 1]),
        ([1, math.nan, 3, 4], [1, 0, 1, 1]),
        (["a", "b", "c", "d"], [1, 0, 1, 1]),
        ([1, 2, 3, 4], [1, 0, 2, 1]),
        ([1, 2, 3, 4], [1, 0, None, 1]),
        ([1, 2, 3, 4], [1, 0, 1]),
    ],
)
def test_bad_follow_up_is_refused(function, time, event):
    with pytest.raises(ValueError, match=r"time|event"):
        function(time, event)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("time", "event"), [([1, 2, 3, 4], [0, 0, 0, 0]), ([], []), ([5], [1]), ([0, 0, 0, 0], [0] * 4)]
)
def test_nothing_to_compare_is_undefined_and_says_so(time, event):
    arm = [0, 1, 0, 1][: len(time)]
    for method in ("asymptotic", "exact", "monte-carlo"):
        result = stats.log_rank(time, event, arm, method)
        assert result.p_value is None
        assert result.reason
    ratio = stats.hazard_ratio(time, event, arm)
    assert ratio.value is None
    assert ratio.reason
    (penalized,) = stats.firth_cox(time, event, arm)
    assert penalized.ratio.value is None
    assert penalized.test.reason


@pytest.mark.filterwarnings("error")
def test_a_hazard_ratio_that_runs_off_to_0_is_not_printed():
    time = [30] * 9 + [3, 9, 30, 30, 30, 30]
    event = [0] * 9 + [1, 1, 0, 0, 0, 0]
    arm = [1] * 9 + [0] * 6
    ratio = stats.hazard_ratio(time, event, arm)
    assert (ratio.value, ratio.lower, ratio.upper) == (None, None, None)
    assert "towards 0" in ratio.reason
    assert "infinity" in stats.hazard_ratio(time, event, [1 - a for a in arm]).reason
    (penalized,) = stats.firth_cox(time, event, arm)
    assert 0 < penalized.ratio.value < 1


def test_numbers_at_risk_count_patients_still_there_just_before():
    curve = stats.kaplan_meier([5, 10, 10, 20], [1, 1, 0, 0])
    assert [curve.at_risk_at(t) for t in (0, 5, 5.1, 10, 20, 20.1)] == [4, 4, 3, 3, 1, 0]
    assert curve.at_risk == (4, 3, 1)


def test_survival_is_unknown_past_the_longest_follow_up():
    curve = stats.kaplan_meier([5, 10], [1, 0])
    assert curve.at(10).value == 0.5
    beyond = curve.at(10.5)
    assert beyond.value is None
    assert "10" in beyond.reason
    dead = stats.kaplan_meier([5, 10], [1, 1])
    assert dead.at(100).value == 0
    assert dead.at(100).lower is None


def test_survival_without_an_event_has_a_beta_product_interval_only():
    for interval in ("log-log", "arcsine"):
        at = stats.kaplan_meier([30] * 9, [0] * 9, interval=interval).at(30)
        assert (at.value, at.lower, at.upper) == (1, None, None)
        assert at.reason
    at = stats.kaplan_meier([30] * 9, [0] * 9, interval="beta-product").at(29)
    assert at.lower == pytest.approx(0.025 ** (1 / 9))
    assert at.upper == 1


def test_median_not_reached_is_undefined_and_says_so():
    median = stats.kaplan_meier([5, 10, 20], [1, 0, 0]).median()
    assert median.value is None
    assert median.upper == math.inf
    assert "above one half" in median.reason
    assert stats.kaplan_meier([], []).median().reason == "there are no patients"


def test_median_of_a_stretch_at_one_half_is_its_middle():
    assert stats.kaplan_meier([1, 2, 3, 5], [1, 1, 1, 1]).median().value == 2.5


def test_log_rank_of_three_arms_is_asymptotic_only():
    time, event, arm = [1, 2, 3, 4, 5, 6], [1] * 6, ["a", "b", "c"] * 2
    assert stats.log_rank(time, event, arm).p_value is not None
    with pytest.raises(ValueError, match="two arms"):
        stats.log_rank(time, event, arm, "exact")


# --- rates, models, many outcomes, power


@pytest.mark.parametrize("bad", [-1, 1.5, math.nan, "3", None])
def test_events_that_are_no_count_are_refused(bad):
    with pytest.raises((ValueError, TypeError)):
        stats.incidence_rate(bad, 10)
    with pytest.raises((ValueError, TypeError)):
        stats.rate_ratio(1, 10, bad, 10)
    with pytest.raises((ValueError, TypeError)):
        stats.posterior(bad, 10, 1, 10)
    with pytest.raises((ValueError, TypeError)):
        stats.fragility_index(1, 10, bad, 10)


def test_rates_without_events_or_time():
    none = stats.incidence_rate(0, 50)
    assert (none.value, none.lower) == (0, 0)
    assert none.upper == pytest.approx(-math.log(0.025) / 50)
    assert stats.incidence_rate(0, 0).reason
    assert "neither arm" in stats.rate_ratio(0, 10, 0, 20).reason
    endless = stats.rate_ratio(2, 10, 0, 20)
    assert (endless.value, endless.upper) == (math.inf, math.inf)
    assert endless.lower > 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("outcome", "covariates", "reason"),
    [
        ([0, 0, 0, 0], [0, 1, 0, 1], "nobody"),
        ([1, 1, 1, 1], [0, 1, 0, 1], "everybody"),
        ([0, 1, 0, 1], [2, 2, 2, 2], "same for all"),
        ([0, 1, 0, 1], [[0, 1], [1, 0], [1, 0], [0, 1]], "determine each other"),
        ([], [], "no patients"),
    ],
)
def test_a_model_that_cannot_be_fitted_says_why(outcome, covariates, reason):
    for term in stats.firth_logistic(outcome, covariates):
        assert term.ratio.value is None
        assert reason in term.ratio.reason


def test_exact_logistic_with_nothing_left_to_compare_says_so():
    found = stats.exact_logistic([1, 0, 1, 0], [1, 0, 0, 1], nuisance=[1, 2, 4, 8])
    assert found.log.value is None
    assert found.test.reason
    with pytest.raises(ValueError, match="whole numbers"):
        stats.exact_logistic([1, 0], [0.5, 1])


def test_undefined_p_values_stay_undefined_and_are_not_counted():
    assert stats.holm([0.01, None, 0.04]) == pytest.approx([0.02, None, 0.04])
    assert stats.hochberg([]) == ()
    for bad in ([1.2], [-0.1], [math.nan], ["x"]):
        with pytest.raises(ValueError, match="p_values"):
            stats.holm(bad)


def test_westfall_young_samples_with_a_fixed_seed_and_charges_repeats_little():
    values = np.random.default_rng(7).normal(size=60)
    treated = np.arange(60) % 2 == 0
    values[treated] += 0.6
    repeated = np.column_stack([values] * 5)
    found = stats.westfall_young(repeated, treated)
    assert found == stats.westfall_young(repeated, treated)
    assert found.adjusted == pytest.approx(found.raw)
    assert found.monte_carlo_error is not None
    with pytest.raises(ValueError, match="no patients"):
        stats.westfall_young(repeated, [1] * 60)


def test_westfall_young_raw_p_of_an_event_is_fishers():
    events = np.zeros((15, 2))
    events[9:12, 0] = 1
    events[[0, 1, 9, 10, 11, 12, 13], 1] = 1
    found = stats.westfall_young(events, [1] * 9 + [0] * 6)
    expected = [stats.fisher(*table).p_value for table in ((0, 9, 3, 6), (2, 9, 5, 6))]
    assert found.raw == pytest.approx(expected)


def test_what_nine_against_six_could_ever_show():
    found = stats.attainable(9, 6)
    assert found.smallest_p == pytest.approx(1 / 5005)
    assert (0, 3) in {(a, c) for a, c, _ in found.rejecting}
    assert all(p <= 0.05 for _, _, p in found.rejecting)
    assert stats.smallest_rank_sum_p(9, 6) == pytest.approx(2 / 5005)
    assert stats.attainable(2, 2).rejecting == ()


def test_sample_size_has_the_power_and_one_patient_fewer_has_not():
    found = stats.sample_size_two_proportions(0.22, 0.5)
    assert found.power >= 0.8
    fewer = stats.power_two_proportions(0.22, found.n_1 - 1, 0.5, found.n_0 - 1)
    assert fewer < 0.8
    ranks = stats.sample_size_rank_sum(0.75)
    assert ranks.power >= 0.8 > stats.power_rank_sum(0.75, ranks.n_1 - 1, ranks.n_0 - 1)
    for bad in ((0.3, 0.3), (0.3, 1.2)):
        with pytest.raises(ValueError, match="risks"):
            stats.sample_size_two_proportions(*bad)


def test_precision_of_certain_results_is_the_width_of_their_interval():
    certain = stats.precision_two_proportions(0, 9, 1, 6)
    interval = stats.risk_difference(0, 9, 6, 6)
    assert certain.expected_width == pytest.approx(interval.upper - interval.lower)
    assert certain.width_90 == pytest.approx(certain.expected_width)


def test_ten_million_an_arm_neither_hangs_nor_overflows():
    found = stats.posterior(10**6, 10**7, 10**6 + 3000, 10**7, prior="sceptical")
    assert found.benefit == pytest.approx(0.98729, abs=1e-4)
    with pytest.raises(ValueError, match="too many"):
        stats.attainable(10**7, 10**7)
    with pytest.raises(ValueError, match="out of reach"):
        stats.power_rank_sum(0.6, 10**4, 10)


def test_every_source_is_in_the_registry():
    results = [
        stats.rank_sum(TREATED, CONTROL),
        stats.hodges_lehmann(TREATED, CONTROL),
        stats.kaplan_meier([1, 2], [1, 0]).median(),
        stats.log_rank([1, 2, 3], [1, 1, 0], [0, 1, 1], "exact"),
        stats.standardized_mean_difference([1, 2], [3, 4]),
        stats.fragility_index(0, 9, 3, 6),
        stats.posterior(0, 9, 3, 6, "sceptical"),
        stats.incidence_rate(1, 2),
        stats.brunner_munzel(TREATED, CONTROL),
    ]
    for result in results:
        assert result.sources
        assert set(result.sources) <= set(CITATIONS)
