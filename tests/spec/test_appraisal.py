"""The appraisal finds what is there, with numbers, and does not cry wolf."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import casewise
from casewise.analysis.run import run as analysed
from casewise.results import Provenance, Results, Threat
from small_records import dataset, records, study

EXAMPLE = Path(__file__).parents[2] / "examples" / "plasma_exchange"
PROVENANCE = Provenance(casewise="0", protocol_sha256="", site_sha256="")


def run(protocol: Any, source: Any) -> Results:
    data = dataset(protocol, source)
    return analysed(protocol, data, protocol="", notice="", provenance=PROVENANCE)


def threats(results: Results) -> dict[str, Threat]:
    return {threat.threat: threat for threat in results.appraisal}


@pytest.fixture(scope="module")
def plasma_exchange() -> dict[str, Threat]:
    return threats(casewise.run(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml"))


@pytest.mark.parametrize(
    ("threat", "severity", "finding"),
    [
        ("Immortal time", "high", "9 of 9 began treatment after day 0"),
        ("Immortal time", "high", "2 died by day 12"),
        ("Death competes", "high", "Hospital stay ended by death (plasma exchange, 1 of 9; "),
        ("Multiplicity", "high", "3 of their P values lie at or below it"),
        ("Multiplicity", "high", "and 0 after"),
        ("Multiplicity", "high", "3 outcomes are nested"),
        ("Fragility", "high", "2 results hang on few patients"),
        ("Sparse data and separation", "high", "No event in one arm: Death by 30 days"),
        ("Confounding by indication", "moderate", "balance can be neither shown nor ruled out"),
    ],
)
def test_the_plasma_exchange_study_is_appraised_without_being_told(
    plasma_exchange: dict[str, Threat], threat: str, severity: str, finding: str
) -> None:
    assert plasma_exchange[threat].severity == severity
    assert finding in plasma_exchange[threat].finding
    assert plasma_exchange[threat].sources


def trial(seed: int, n: int = 600) -> Results:
    """A made-up randomized trial: treated on day 0 by a coin, followed for two years."""
    draw = np.random.default_rng(seed)
    people, events, covariates = {}, [], []
    for number in range(n):
        person = f"p{number}"
        people[person] = {"age": int(draw.normal(60, 10)), "last": "2022-01-01"}
        events.append((person, "admission", "2020-01-01"))
        if draw.random() < 0.5:
            events.append((person, "drug", "2020-01-01"))
        if draw.random() < 0.2:
            day = int(draw.integers(1, 700))
            events.append((person, "death", str(np.datetime64("2020-01-01") + day)))
        covariates += [(person, f"x{k}", float(draw.normal())) for k in range(6)]
    protocol = study(
        arms={"drug": {"event": "drug", "within": "0 days"}, "no drug": "otherwise"},
        baseline={"age": {}, **{f"x{k}": {"unit": "points"} for k in range(6)}},
        outcomes={"death by 1 year": {"event": "death", "within": "1 year"}},
    )
    return run(protocol, records(people, events, covariates))


@pytest.mark.parametrize("seed", range(5))
def test_a_clean_trial_is_not_accused(seed: int) -> None:
    grave = {
        t.threat: t.finding for t in trial(seed).appraisal if t.severity in ("high", "moderate")
    }
    assert grave == {}


def one_sided(shocked: int, treated_of_them: int) -> Threat:
    """60 patients, every other one treated, but for those in shock."""
    people, events, covariates = {}, [], []
    for number in range(60):
        person = f"p{number}"
        people[person] = {"age": 50, "last": "2022-01-01"}
        events.append((person, "admission", "2020-01-01"))
        shock = number < shocked
        if number < treated_of_them if shock else number % 2 == 0:
            events.append((person, "drug", "2020-01-01"))
        covariates.append((person, "shock", "yes" if shock else "no"))
    protocol = study(
        arms={"drug": {"event": "drug", "within": "0 days"}, "no drug": "otherwise"},
        baseline={"shock": {"type": "yes or no"}},
        outcomes={"death by 1 year": {"event": "death", "within": "1 year"}},
    )
    return threats(run(protocol, records(people, events, covariates)))["Positivity"]


def test_patients_of_a_kind_that_was_never_treated_have_no_comparison() -> None:
    found = one_sided(16, 0)
    assert found.severity == "high"
    assert "16 patients are of a kind" in found.finding
    assert "shock: 16, all no drug" in found.finding.replace("Shock", "shock")


@pytest.mark.parametrize(("shocked", "treated"), [(16, 1), (3, 0)])
def test_few_or_mixed_patients_are_no_want_of_positivity(shocked: int, treated: int) -> None:
    assert one_sided(shocked, treated).severity == "none"


def arms_of(treated: int, untreated: int, start: str) -> tuple[dict[str, Any], list[Any]]:
    names = [f"t{n}" for n in range(treated)] + [f"u{n}" for n in range(untreated)]
    people = {name: {"age": 50, "last": "2022-01-01"} for name in names}
    events: list[Any] = [(name, "admission", "2020-01-01") for name in names]
    return people, events + [(f"t{n}", "drug", start) for n in range(treated)]


def test_treatment_on_day_0_makes_no_immortal_time() -> None:
    people, events = arms_of(3, 3, "2020-01-01")
    events.append(("u0", "death", "2020-01-01"))
    found = threats(run(study(), records(people, events)))["Immortal time"]
    assert found.severity == "none"


def test_an_exposure_without_dates_cannot_be_cleared_of_immortal_time() -> None:
    people, events = arms_of(3, 3, "2020-01-01")
    undated = [(p, e, None if e == "drug" else d) for p, e, d in events]
    found = threats(run(study(), records(people, undated, undated=frozenset({"drug"}))))
    assert found["Immortal time"].severity == "moderate"
    assert "do not date drug" in found["Immortal time"].finding
    assert found["Prevalent users"].severity == "none"


def test_treatment_before_day_0_makes_prevalent_users() -> None:
    people, events = arms_of(3, 3, "2020-01-02")
    events.append(("t0", "drug", "2019-06-01"))
    found = threats(run(study(), records(people, events)))["Prevalent users"]
    assert (found.severity, "drug, 1 of 3" in found.finding) == ("high", True)


def test_treatment_after_its_window_is_told_of_the_comparators() -> None:
    people, events = arms_of(3, 3, "2020-01-02")
    events.append(("u0", "drug", "2020-03-01"))
    found = threats(run(study(), records(people, events)))["Exposure outside its window"]
    assert (found.severity, "1 of 3 patients outside drug" in found.finding) == ("moderate", True)


def test_a_stay_that_names_no_competing_death_is_still_found_to_end_in_it() -> None:
    people, events = arms_of(3, 3, "2020-01-01")
    events += [(p, "discharge", "2020-01-09") for p in people]
    events.append(("u0", "death", "2020-01-09"))
    protocol = study(outcomes={"stay": {"time": "index to discharge"}})
    found = threats(run(protocol, records(people, events)))["Death competes"]
    assert found.severity == "high"
    assert "stay ends in death for 1 patient" in found.finding.lower()


def test_loss_that_differs_between_arms_is_high() -> None:
    people, events = arms_of(10, 10, "2020-01-01")
    for n in range(4):
        people[f"t{n}"]["last"] = "2020-01-10"
    found = threats(run(study(), records(people, events)))["Differential follow-up"]
    assert (found.severity, "drug, 4 of 10; no drug, 0 of 10" in found.finding) == ("high", True)


def test_without_baseline_covariates_nothing_shows_that_the_arms_are_alike() -> None:
    people, events = arms_of(3, 3, "2020-01-01")
    found = threats(run(study(), records(people, events)))["Confounding by indication"]
    assert found.severity == "high"


def test_an_arm_without_patients_is_told_before_all_else() -> None:
    people, events = arms_of(3, 0, "2020-01-01")
    found = threats(run(study(), records(people, events)))["Sparse data and separation"]
    assert found.severity == "high"
    assert found.finding == "No patient is in the arm no drug: there is nothing to compare with."


def test_a_covariate_that_settles_a_modelled_outcome_is_named() -> None:
    """Each of the patients with x died, of the others some did."""
    people, events = arms_of(12, 12, "2020-01-01")
    names = list(people)
    covariates = [(name, "x", "yes" if k % 4 == 0 else "no") for k, name in enumerate(names)]
    events += [(name, "death", "2020-01-09") for k, name in enumerate(names) if k % 4 in (0, 1)]
    plan = {"adjust": {"method": "logistic regression"}}
    asked = study(baseline={"x": {"type": "yes or no"}}, analysis=plan)
    found = threats(run(asked, records(people, events, covariates)))["Sparse data and separation"]
    assert "settles the outcome: Death by 30 days, all of 6 patients (X)" in found.finding
    crude = study(baseline={"x": {"type": "yes or no"}})
    plain = threats(run(crude, records(people, events, covariates)))["Sparse data and separation"]
    assert plain.severity == "none"
