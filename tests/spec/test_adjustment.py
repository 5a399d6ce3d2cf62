"""Adjusting for covariates: what the protocol may ask for, and what it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

import casewise
from adjustment_support import SITE, STUDY, charts, run, written
from casewise import protocol, stats
from casewise.errors import ProtocolError
from casewise.protocol.adjustment import KINDS_OF

EVERY = list(KINDS_OF)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    rows = charts(900)
    return run(tmp_path_factory.mktemp("adjusted"), {"adjust": {"method": EVERY}}, rows)


def by_method(outcome):
    return {one.method: one for one in outcome.adjusted}


def test_every_method_stands_beside_the_crude_comparison(everything):
    for outcome in everything.outcomes.values():
        expected = [m for m in EVERY if outcome.kind in KINDS_OF[m]]
        assert [one.method for one in outcome.adjusted] == expected
        for one in outcome.adjusted:
            assert one.estimates, (one.method, one.reason)
            for estimate in one.estimates:
                assert estimate.lower < estimate.value < estimate.upper


def test_adjusting_takes_away_a_difference_that_the_covariates_made(everything):
    outcome = everything.outcomes["death by 30 days"]
    crude = next(e for e in outcome.estimates if e.measure == "risk difference")
    assert crude.lower > 0
    for one in outcome.adjusted:
        value = next(e for e in one.estimates if e.measure in ("risk difference", "odds ratio"))
        null = 1 if value.measure == "odds ratio" else 0
        assert value.lower < null < value.upper


def test_methods_that_promise_balance_keep_it(everything):
    (adjustment,) = everything.adjustments
    before = max(abs(c.before) for c in adjustment.columns)
    assert before > 0.3
    for method in adjustment.methods:
        if method.promises:
            assert max(map(abs, method.after)) < 1e-8
        elif method.after is not None:
            assert max(map(abs, method.after)) < 0.15


def test_a_patient_without_a_covariate_is_left_out_and_counted(everything):
    (adjustment,) = everything.adjustments
    assert sum(adjustment.left_out) > 30
    assert sum(adjustment.n) + sum(adjustment.left_out) == 900
    assert adjustment.missing == "complete cases"


def test_indicators_keep_every_patient(tmp_path):
    asked = {
        "adjust": {"method": "overlap weights"},
        "missing": {"covariates": "indicators"},
    }
    (adjustment,) = run(tmp_path, asked, charts(160)).adjustments
    assert sum(adjustment.n) == 160
    assert "Lactate: not documented" in [c.label for c in adjustment.columns]


def test_fifteen_patients_and_eight_covariates_are_not_fitted(tmp_path):
    more = {f"item {k}": {"type": "yes or no"} for k in range(5)}
    baseline = {**STUDY["baseline"], **more}
    rows = charts(15, seed=3, missing=0)
    for i, row in enumerate(rows):
        row |= {f"item {k}": "yes" if (i + k) % 3 else "no" for k in range(5)}
    study = written(tmp_path, {"adjust": {"method": EVERY}}, rows, baseline=baseline)
    site = {**SITE, "baseline": {**SITE["baseline"], **{name: name for name in more}}}
    found = _run(study, site, tmp_path)
    (adjustment,) = found.adjustments
    assert "too few" in adjustment.declined
    for one in found.outcomes["death by 30 days"].adjusted:
        assert not one.estimates
        assert one.reason == adjustment.declined
    kinds = {item.what for item in adjustment.offered}
    assert kinds == {"exact comparison within strata", "bounds", "E-value"}
    bounds = next(item for item in adjustment.offered if item.what == "bounds").estimates[0]
    assert bounds.upper - bounds.lower == pytest.approx(1)


def _run(study, site, folder):
    from ruamel.yaml import YAML

    with (folder / "site.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(site, file)
    return casewise.run(study, folder / "site.yaml")


def test_trimming_says_how_many_it_left_out(tmp_path):
    asked = {"adjust": {"method": "inverse probability weights", "trim": 0.3}}
    (adjustment,) = run(tmp_path, asked, charts(400, missing=0)).adjustments
    assert sum(adjustment.trimmed) > 0
    assert sum(adjustment.trimmed) + sum(adjustment.n) == 400


def test_matching_may_be_exact_on_a_category(tmp_path):
    asked = {
        "adjust": {"method": "nearest matching", "exact": ["severity"], "for": ["age", "severity"]}
    }
    (adjustment,) = run(tmp_path, asked, charts(400)).adjustments
    after = dict(
        zip([c.label for c in adjustment.columns], adjustment.methods[0].after, strict=True)
    )
    assert after["Severity: moderate"] == pytest.approx(0, abs=1e-12)


def test_bootstrap_intervals_are_asked_for_by_number(tmp_path):
    asked = {"adjust": {"method": "overlap weights", "bootstrap": 200}}
    found = run(tmp_path, asked, charts(160)).outcomes["death by 30 days"].adjusted[0]
    assert "percentile bootstrap of 200 resamples" in found.estimates[0].method


@pytest.mark.parametrize(
    ("adjust", "told"),
    [
        ({"method": "overlap weight"}, 'did you mean "overlap weights"?'),
        ({"method": "AIPW", "for": ["agee"]}, 'did you mean "age"?'),
        ({"method": "AIPW", "caliper": 0.1}, '"caliper" belongs to nearest matching'),
        ({"method": ["AIPW", "AIPW"]}, '"AIPW" is listed twice'),
        ({"method": "optimal matching", "exact": ["age"]}, '"age" is a number'),
        ({"method": "overlap weights", "trim": 0.7}, "expected a number below 0.5"),
        ({}, '"adjust" has no "method"'),
    ],
)
def test_a_mistake_is_told_with_the_nearest_right_word(tmp_path, adjust, told):
    study = written(tmp_path, {"adjust": adjust}, charts(5))
    with pytest.raises(ProtocolError) as caught:
        protocol.read(study, tmp_path / "site.yaml")
    assert told in str(caught.value)


def test_a_covariate_that_nobody_differs_in_is_named_and_left_out(tmp_path):
    rows = charts(160, missing=0)
    for row in rows:
        row["severity"] = "mild"
    (adjustment,) = run(tmp_path, {"adjust": {"method": "overlap weights"}}, rows).adjustments
    assert "Severity: mild" in adjustment.notes[0]
    assert adjustment.methods[0].after is not None


def test_a_covariate_that_nobody_has_is_a_refusal_with_its_reason(tmp_path):
    rows = charts(100, missing=1.0)
    found = run(tmp_path, {"adjust": {"method": "overlap weights"}}, rows)
    (adjustment,) = found.adjustments
    assert sum(adjustment.left_out) == 100
    assert "Lactate (100)" in adjustment.declined


def test_covariates_that_give_each_other_are_named(tmp_path):
    rows = charts(160, missing=0)
    for row in rows:
        row["lactate"] = str(int(row["age"]) * 2)
    found = run(tmp_path, {"adjust": {"method": ["overlap weights", "AIPW"]}}, rows)
    for one in found.outcomes["death by 30 days"].adjusted:
        assert '"Age", "Lactate"' in one.reason
        assert not one.estimates


def test_multiple_imputation_keeps_every_patient_and_widens_the_interval(tmp_path):
    pytest.importorskip("statsmodels")
    asked = {"adjust": {"method": ["overlap weights", "logistic regression"]}}
    rows = charts(160, missing=0.3)
    imputing = {"missing": {"covariates": "multiple imputation", "imputations": 4}}
    found = run(tmp_path / "a", asked | imputing, rows)
    again = run(tmp_path / "b", asked | imputing, rows)
    assert found.outcomes == again.outcomes
    (adjustment,) = found.adjustments
    assert sum(adjustment.n) == 160
    for one in found.outcomes["death by 30 days"].adjusted:
        assert "4 imputations" in one.estimates[0].method
        assert one.n == adjustment.n


def test_rubins_rules_are_those_of_mice():
    """pool.scalar(Q, U, n = Inf) of mice 3.15: qbar, t, df, and limits by qt(.975, df)."""
    found = stats.rubin([0.31, 0.42, 0.28, 0.39, 0.35], [0.11, 0.12, 0.10, 0.13, 0.115])
    assert found.value == pytest.approx(0.3500000000, abs=1e-9)
    assert found.error**2 == pytest.approx(0.0172250000, abs=1e-9)
    assert found.degrees == pytest.approx(78.0277777778, rel=1e-6)
    assert (found.lower, found.upper) == pytest.approx((0.0887146379, 0.6112853621), abs=1e-8)


def test_days_free_of_are_adjusted_as_durations_and_counts_and_ranks_are_not(
    tmp_path: Path,
) -> None:
    outcomes = {
        "free": {"days free of": "rash", "within": "30 days"},
        "rashes": {"count": "rash", "within": "30 days"},
        "worst": {"ranked": ["death", "rash"], "within": "30 days"},
    }
    asked = {"adjust": {"method": ["overlap weights"]}, "primary": "free"}
    found = run(tmp_path, asked, charts(400, missing=0), outcomes=outcomes).outcomes
    assert found["free"].adjusted[0].estimates[0].measure == "mean difference"
    assert found["rashes"].adjusted == found["worst"].adjusted == ()
