"""Two proportions against R: 40 tables, balanced and not, zero cells, ties, one patient an arm.

``two_proportions.csv`` is what ``two_proportions.R``, beside it, prints: base R alone, with each
method written there from its definition where base R lacks it (or, as for the exact odds ratio
intervals of ``fisher.test``, gives it to few digits).
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from casewise import stats

with (Path(__file__).parent / "two_proportions.csv").open() as file:
    ROWS = list(csv.DictReader(file))

P_VALUES = {
    "minlike": stats.fisher,
    "central": lambda *t: stats.fisher(*t, kind="central"),
    "blaker": lambda *t: stats.fisher(*t, kind="blaker"),
    "minlike_mid": lambda *t: stats.fisher(*t, kind="minlike", mid_p=True),
    "central_mid": lambda *t: stats.fisher(*t, kind="central", mid_p=True),
    "blaker_mid": lambda *t: stats.fisher(*t, kind="blaker", mid_p=True),
    "pooled": lambda *t: stats.barnard(*t, statistic="pooled"),
    "unpooled": lambda *t: stats.barnard(*t, statistic="unpooled"),
    "boschloo_minlike": lambda *t: stats.boschloo(*t, kind="minlike"),
    "boschloo_central": lambda *t: stats.boschloo(*t, kind="central"),
    "pearson": stats.chi_square,
    "yates": lambda *t: stats.chi_square(*t, kind="yates"),
}

INTERVALS = {
    "or_central": lambda *t: stats.odds_ratio(*t, method="central"),
    "or_minlike": lambda *t: stats.odds_ratio(*t, method="minlike"),
    "or_blaker": lambda *t: stats.odds_ratio(*t, method="blaker"),
    "or_mid": lambda *t: stats.odds_ratio(*t, method="mid-p"),
    "or_score": lambda *t: stats.odds_ratio(*t, method="score"),
    "rr_score": lambda *t: stats.risk_ratio(*t, method="score"),
    "rd_mn": lambda *t: stats.risk_difference(*t, method="miettinen-nurminen"),
    "rd_newcombe": lambda *t: stats.risk_difference(*t, method="newcombe"),
    "cp": lambda *t: stats.proportion(*t[:2], method="clopper-pearson"),
    "wilson": lambda *t: stats.proportion(*t[:2], method="wilson"),
}


def cases(*columns):
    """The tables for which R has a value, with the values."""
    for row in ROWS:
        if all(row[column] != "NA" for column in columns):
            table = [int(row[name]) for name in ("events_1", "n_1", "events_0", "n_0")]
            yield table, [float(row[column]) for column in columns]


@pytest.mark.parametrize("column", P_VALUES)
def test_p_equals_r(column):
    for table, (p,) in cases(column):
        assert P_VALUES[column](*table).p_value == pytest.approx(p, rel=1e-8, abs=1e-11), table


@pytest.mark.parametrize("column", INTERVALS)
def test_interval_equals_r(column):
    for table, limits in cases(column + "1", column + "2"):
        estimate = INTERVALS[column](*table)
        # R maximizes the likelihood numerically, to 7 digits where it is flat
        assert (estimate.lower, estimate.upper) == pytest.approx(limits, rel=2e-7, abs=1e-9), table


def test_conditional_odds_ratio_equals_r():
    for table, (value,) in cases("or"):
        assert stats.odds_ratio(*table).value == pytest.approx(value, rel=1e-8), table
