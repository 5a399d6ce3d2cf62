"""The right heart catheterization table of Connors 1996: 5,735 real patients, odd dates and all.

The table is not part of the project. It is looked for in the folder that CASEWISE_SHARED names,
or in ../shared beside the repository, and the tests are skipped where it is in neither.
"""

from __future__ import annotations

import numpy as np
import pytest
from ruamel.yaml import YAML

from casewise import records
from casewise.protocol.model import Study
from casewise.protocol.site import Site
from casewise.records import Records
from records_support import rows
from rhc_support import EXAMPLE, table


def load(name: str) -> dict[str, object]:
    loaded: dict[str, object] = YAML(typ="safe").load((EXAMPLE / name).read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def rhc() -> Records:
    study, site = Study.model_validate(load("study.yaml")), Site.model_validate(load("site.yaml"))
    return records.open(study, site, EXAMPLE, table())


def test_every_baseline_column_is_bound() -> None:
    study, site = Study.model_validate(load("study.yaml")), Site.model_validate(load("site.yaml"))
    assert set(study.baseline) == set(site.baseline) | {"age", "sex"}
    assert len(study.baseline) >= 50
    assert all(covariate.label for covariate in study.baseline.values())
    for name, binding in site.baseline.items():
        assert set(binding.values) <= {*study.baseline[name].choices, "yes", "no"}


def test_everybody_is_read_without_contradiction(rhc: Records) -> None:
    assert rows(rhc, "SELECT COUNT(*) AS n FROM person") == [(5735,)]
    assert rhc.errors == ()
    assert rhc.undated == {"catheter"}
    assert [str(problem) for problem in rhc.warnings] == [
        f"rhc.csv, line {line}, column lstctdte: follow-up ends after death "
        f"(line {line}, column dthdte)"
        for line in (2539, 2901, 4887)
    ]


def test_deaths_by_day_30_are_the_published_ones(rhc: Records) -> None:
    """R: with(rhc, table(swang1, !is.na(dthdte) & dthdte - sadmdte <= 30))"""
    died = rows(
        rhc,
        """SELECT c.person IS NOT NULL AS catheter, COUNT(*) AS n,
        CAST(SUM(CAST(d.start - a.start <= 30 AS INTEGER)) AS INTEGER) AS died
        FROM event AS a LEFT JOIN event AS d ON d.person = a.person AND d.code = 'death'
        LEFT JOIN event AS c ON c.person = a.person AND c.code = 'catheter'
        WHERE a.code = 'admission' GROUP BY 1 ORDER BY 1""",
    )
    assert died == [(False, 3551, 1088), (True, 2184, 830)]


def test_hospital_stays_are_the_published_ones(rhc: Records) -> None:
    """R: with(rhc, tapply(dschdte - sadmdte, swang1, quantile, c(.25, .5, .75), na.rm = TRUE))"""
    stays = rhc.engine.query(
        """SELECT c.person IS NOT NULL AS catheter, d.start - a.start AS days
        FROM event AS a JOIN event AS d ON d.person = a.person AND d.code = 'discharge'
        LEFT JOIN event AS c ON c.person = a.person AND c.code = 'catheter'
        WHERE a.code = 'admission' AND d.status = 'occurred'"""
    )
    days, catheter = np.asarray(stays["days"], dtype=float), np.asarray(stays["catheter"])
    assert np.quantile(days[catheter], (0.25, 0.5, 0.75)).tolist() == [8, 16, 31]
    assert np.quantile(days[~catheter], (0.25, 0.5, 0.75)).tolist() == [7, 12, 22]
    assert len(days) == 5734


def test_missing_and_none_stay_apart(rhc: Records) -> None:
    missing = rows(
        rhc,
        "SELECT code, COUNT(*) AS n FROM event WHERE status = 'not documented' "
        "GROUP BY code ORDER BY code",
    )
    assert missing == [
        ("activities of daily living", 4296),
        ("discharge", 1),
        ("urine output", 3028),
        ("weight", 515),
    ]
    none = "SELECT COUNT(*) AS n FROM event WHERE code = 'secondary disease' AND text = 'none'"
    assert rows(rhc, none) == [(4535,)]
    orders = "SELECT text, COUNT(*) AS n FROM event WHERE code = 'no resuscitation' GROUP BY text"
    assert sorted(rows(rhc, orders)) == [("no", 5081), ("yes", 654)]
