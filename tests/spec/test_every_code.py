"""Every code before day 0 as a covariate: what the protocol may ask for, and what it gets.

The patients are made up: a disease that no covariate names decides on the drug and on bleeding;
the drug itself does nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

import adjustment_support
import casewise
from casewise import protocol
from casewise.errors import ProtocolError, RecordsError
from casewise.results import Results
from omop_support import (
    BLEED,
    DRUG,
    OTHER_DRUG,
    STUDY,
    concept,
    condition,
    drug,
    period,
    person,
    write,
)

ULCER, NOISE = 900, range(901, 931)
METHODS = ["overlap weights", "inverse probability weights", "ATT weights", "nearest matching"]
ADJUST: dict[str, Any] = {"method": [*METHODS, "stratification"], "codes": {"at least": 20}}


def patients(n: int) -> dict[str, list[dict[str, Any]]]:
    random = np.random.default_rng(2018)
    ulcer = random.random(n) < 0.35
    treated = random.random(n) < np.where(ulcer, 0.7, 0.35)
    bled = random.random(n) < np.where(ulcer, 0.3, 0.08)
    cdm: dict[str, list[dict[str, Any]]] = {
        "person": [person(k + 1, 8507 if k % 2 else 8532) for k in range(n)],
        "observation_period": [period(k + 1) for k in range(n)],
        "drug_exposure": [
            drug(k + 1, DRUG if treated[k] else OTHER_DRUG, "2020-06-01") for k in range(n)
        ],
        "condition_occurrence": [],
        "concept": [concept(ULCER, "SNOMED", "1", "Ulcer of stomach")],
    }
    conditions = cdm["condition_occurrence"]
    for k in range(n):
        if ulcer[k]:
            conditions.append(condition(k + 1, ULCER, "2020-03-01"))
        if bled[k]:
            conditions.append(condition(k + 1, BLEED, "2020-07-01"))
        conditions += [condition(k + 1, c, "2020-05-20") for c in NOISE if random.random() < 0.1]
    conditions += [condition(k + 1, 999, "2020-05-20") for k in range(10)]  # of too few patients
    return cdm


def study(**adjust: Any) -> dict[str, Any]:
    analysis = {"adjust": ADJUST | adjust} if adjust is not None else {}
    events = {name: one for name, one in STUDY["events"].items() if name != "death"}
    return STUDY | {"events": events, "baseline": {"age": None, "sex": None}, "analysis": analysis}


def written(folder: Path, given: dict[str, Any]) -> tuple[Path, Path]:
    for name, what in (("study.yaml", given), ("site.yaml", {"records": {"omop": "cdm"}})):
        with (folder / name).open("w") as file:
            YAML().dump(what, file)
    return folder / "study.yaml", folder / "site.yaml"


@pytest.fixture(scope="module")
def cdm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("records") / "cdm", patients(1500))


@pytest.fixture(scope="module")
def ran(cdm: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    folder = tmp_path_factory.mktemp("every")
    out = folder / "out"
    return casewise.run(*written(folder, study()), records=cdm, out=out), out


def test_a_disease_that_no_covariate_names_is_adjusted_for(ran: tuple[Results, Path]) -> None:
    outcome = ran[0].outcomes["bleed"]
    crude = next(e for e in outcome.estimates if e.measure == "risk difference")
    assert crude.lower is not None
    assert crude.lower > 0, "the drug seems to make patients bleed"
    assert [one.method for one in outcome.adjusted] == ADJUST["method"]
    for one in outcome.adjusted:
        found = next(e for e in one.estimates if e.measure == "risk difference")
        assert found.lower is not None
        assert found.upper is not None
        assert found.lower < 0 < found.upper, (one.method, found)


def test_the_codes_are_counted_and_the_farthest_named(ran: tuple[Results, Path]) -> None:
    (adjustment,) = ran[0].adjustments
    codes = adjustment.codes
    assert codes is not None
    # The ulcer in the year before, and thirty codes in both windows; that of ten patients is none.
    assert (codes.codes, codes.at_least, codes.windows) == (61, 20, ("30 days", "365 days"))
    assert codes.farthest[0].label == "condition: Ulcer of stomach, 365 days before"
    assert codes.farthest[0].before > 0.5
    assert not any("999" in one.label for one in codes.farthest)
    assert codes.largest[0] == pytest.approx(abs(codes.farthest[0].before))
    for largest in codes.largest[1:4]:
        assert largest is not None
        assert largest < 0.2
    assert "intervals take the propensity of every code as known" in adjustment.notes


def test_the_report_tells_of_the_codes(ran: tuple[Results, Path]) -> None:
    page = (ran[1] / "report.html").read_text(encoding="utf-8")
    assert "Every code before day 0 as a covariate" in page
    assert "Ulcer of stomach" in page
    assert "61 columns, with an L1 penalty" in (ran[1] / "methods.md").read_text(encoding="utf-8")
    assert "Ulcer of stomach" in (ran[1] / "tables" / "codes_balance.csv").read_text()


def test_a_small_arm_is_declined_with_the_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "cdm", patients(90))
    results = casewise.run(*written(tmp_path, study()), records=path)
    (adjustment,) = results.adjustments
    assert "too few for a penalty by cross-validation" in adjustment.declined
    assert all(not one.estimates for one in results.outcomes["bleed"].adjusted)


@pytest.mark.parametrize(
    ("adjust", "told"),
    [
        ({"method": ["AIPW"]}, '"AIPW" is no method for every code'),
        ({"codes": {"at least": 2}}, "5"),
        ({"codes": {"before": "a while"}}, "a while"),
        ({"codes": {"before": []}}, "before"),
        ({"bootstrap": 200}, '"bootstrap" would fit the propensity'),
    ],
)
def test_what_makes_no_sense_with_codes_is_a_mistake(
    tmp_path: Path, adjust: dict[str, Any], told: str
) -> None:
    with pytest.raises(ProtocolError, match=told):
        protocol.read(*written(tmp_path, study(**adjust)))


def test_a_chart_table_has_no_codes(tmp_path: Path) -> None:
    adjust = ADJUST | {"method": METHODS}
    with pytest.raises(RecordsError, match="a chart table has no codes"):
        adjustment_support.run(tmp_path, {"adjust": adjust}, adjustment_support.charts(100))
