"""Weighted risks on the right heart catheterization table, against R.

The table is not part of the project: it is looked for where test_records_rhc.py looks, and the
tests are skipped where it is not. With y, t and X the arrays made below:

    e <- fitted(glm(t ~ X, family = binomial, control = list(epsilon = 1e-14)))
    w <- ifelse(t == 1, 1 / e, 1 / (1 - e))   # ATE; ifelse(t == 1, 1, e / (1 - e)) for ATT;
                                              # ifelse(t == 1, 1 - e, e) for overlap
    f <- lm(y ~ t, weights = w)
    coef(f)[2] + c(0, -1, 1) * qnorm(.975) * sqrt(sandwich::vcovHC(f, type = "HC0")[2, 2])
    g <- glm(y ~ t, weights = w, family = quasibinomial, control = list(epsilon = 1e-14))
    exp(coef(g)[2] + c(0, -1, 1) * qnorm(.975) * sqrt(sandwich::vcovHC(g, type = "HC0")[2, 2]))
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from casewise import stats

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CASEWISE_SHARED", REPOSITORY.parent / "shared"))
TABLE = SHARED / "data" / "rhc" / "rhc.csv"
NUMBERS = [
    "age", "edu", "surv2md1", "aps1", "scoma1", "meanbp1", "wblc1", "hrt1", "resp1", "temp1",
    "pafi1", "alb1", "hema1", "bili1", "crea1", "sod1", "pot1", "paco21", "ph1", "wtkilo1",
    "das2d3pc", "cardiohx", "chfhx", "dementhx", "psychhx", "chrpulhx", "renalhx", "liverhx",
    "gibledhx", "malighx", "immunhx", "transhx", "amihx",
]  # fmt: skip
YES = [
    "dnr1", "resp", "card", "neuro", "gastr", "renal", "meta", "hema", "seps", "trauma", "ortho",
]  # fmt: skip
LABELS = [
    "cat1", "ca", "sex", "ninsclas", "race", "income",
]  # fmt: skip


@pytest.fixture(scope="module")
def rhc():
    if not TABLE.is_file():
        pytest.skip(f"the right heart catheterization table is not there: {TABLE}")
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [[float(row[name]) for row in rows] for name in NUMBERS]
    columns += [[float(row[name] == "Yes") for row in rows] for name in YES]
    for name in LABELS:
        for label in sorted({row[name] for row in rows})[1:]:
            columns.append([float(row[name] == label) for row in rows])
    outcome = np.array([row["dth30"] == "Yes" for row in rows])
    return outcome, np.array([row["swang1"] == "RHC" for row in rows]), np.array(columns).T


def numbers(estimate):
    return estimate.value, estimate.lower, estimate.upper


@pytest.mark.parametrize(
    ("estimand", "difference", "odds"),
    [
        ("ATE", (0.0527652, 0.0196734, 0.0858570), (1.2651717, 1.0931822, 1.4642203)),
        ("ATT", (0.0527482, 0.0144820, 0.0910143), (1.2599624, 1.0622885, 1.4944201)),
        ("overlap", (0.0572249, 0.0277974, 0.0866524), (1.2896866, 1.1318633, 1.4695164)),
    ],
)
def test_weighted_risks_are_those_of_r(rhc, estimand, difference, odds):
    outcome, arm, table = rhc
    score = stats.propensity_score(arm, table).values
    weights = stats.balancing_weights(arm, score, estimand).values
    found = stats.weighted_risks(outcome, arm, weights)
    assert numbers(found.risk_difference) == pytest.approx(difference, abs=1e-7)
    assert numbers(found.odds_ratio) == pytest.approx(odds, abs=1e-7)
    estimated = stats.propensity_weighted_risks(outcome, arm, table, estimand)
    assert estimated.risk_difference.value == pytest.approx(difference[0], abs=1e-7)
    after = np.abs(stats.weighted_balance(arm, table, weights).after).max()
    assert after < (1e-9 if estimand == "overlap" else 0.1)


def test_the_crude_odds_ratio_is_the_known_one(rhc):
    outcome, arm, _ = rhc
    counts = outcome[arm].sum(), arm.sum(), outcome[~arm].sum(), (~arm).sum()
    found = stats.odds_ratio(*map(int, counts), method="central")
    assert numbers(found) == pytest.approx((1.3876, 1.2385, 1.5546), abs=5e-5)


def test_entropy_weights_leave_no_difference_of_means(rhc):
    _, arm, table = rhc
    weights = stats.entropy_balance(arm, table)
    assert np.abs(stats.weighted_balance(arm, table, weights.values).after).max() < 1e-9


def test_entropy_weights_to_the_treated_are_those_that_minimize_the_dual(rhc):
    """R: D <- sweep(scale(X)[t == 0, ], 2, colMeans(scale(X)[t == 1, ]))
    b <- optim(rep(0, ncol(D)), function(b) log(mean(exp(D %*% b))), method = "BFGS",
               control = list(maxit = 2000, reltol = 1e-15))$par  # with its gradient
    w <- exp(D %*% b); mean(y[t == 1]) - sum(w * y[t == 0]) / sum(w)
    """
    found = stats.entropy_balanced_risks(*rhc, estimand="ATT").risk_difference
    assert found.value == pytest.approx(0.06847973, abs=1e-7)
