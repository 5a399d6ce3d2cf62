"""Weighted risks on the right heart catheterization table, against R.

The table is not part of the project: it is looked for where rhc_support.py looks, and the
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

import numpy as np
import pytest

from casewise import stats
from rhc_support import table

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
    with table().open(encoding="utf-8", newline="") as file:
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


@pytest.fixture(scope="module")
def survival():
    """Days to death or last contact. In R, with adm, dth and the later of last and discharge:
    T <- ifelse(is.na(dth), pmax(last, adm), dth) - adm; E <- !is.na(dth)."""
    with table().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def days(name):
        return np.array([float(row[name]) if row[name] != "NA" else np.nan for row in rows])

    death, start = days("dthdte"), days("sadmdte")
    seen = np.fmax(days("lstctdte"), days("dschdte"))
    end = np.where(np.isnan(death), np.fmax(seen, start), death)
    return end - start, ~np.isnan(death)


def test_adjusted_odds_and_hazards_given_the_covariates_are_those_of_r(rhc, survival):
    """exp(coef(glm(y ~ t + X, binomial))[2]) and exp(coef(coxph(Surv(T, E) ~ t + X))[1]), Wald."""
    outcome, arm, table = rhc
    odds = stats.logistic_odds_ratio(outcome, arm, table).ratio
    assert numbers(odds) == pytest.approx((1.36611353, 1.17986352, 1.58176444), abs=1e-7)
    hazard = stats.cox_hazard_ratio(*survival, arm, table).ratio
    assert numbers(hazard) == pytest.approx((1.15371093, 1.06935100, 1.24472592), abs=1e-7)


@pytest.mark.parametrize(
    ("estimand", "difference", "odds", "hazard", "by_180"),
    [
        (
            "ATE",
            (0.05276523, 0.02317657, 0.08235390),
            (1.26517174, 1.11028181, 1.44166960),
            1.11934716,
            (0.52082223, 0.47022194),
        ),
        (
            "ATT",
            (0.05274816, 0.01765008, 0.08784625),
            (1.25996244, 1.07717000, 1.47377419),
            1.14230855,
            (0.54126589, 0.47610062),
        ),
        (
            "overlap",
            (0.05722489, 0.03133336, 0.08311642),
            (1.28968665, 1.14976669, 1.44663406),
            1.13736574,
            (0.53323174, 0.46945537),
        ),
    ],
)
def test_errors_that_know_the_weights_are_those_of_stacked_equations_in_r(
    rhc, survival, estimand, difference, odds, hazard, by_180
):
    """With e and w as above, dw the derivative of w by the linear predictor, M <- cbind(1, X):

    I <- (M * (t - e)) %*% solve(crossprod(M * sqrt(e * (1 - e)))) * n
    m1 <- weighted.mean(y[t == 1], w[t == 1]); m0 <- weighted.mean(y[t == 0], w[t == 0])
    v1 <- t * (y - m1) / sum(w * t); v0 <- (1 - t) * (y - m0) / sum(w * (1 - t))
    F <- n * cbind(w * v1, w * v0) + I %*% cbind(t(M) %*% (dw * v1), t(M) %*% (dw * v0))
    V <- crossprod(F) / n^2                     # of the two risks; delta method for the rest
    exp(coef(coxph(Surv(T, E) ~ t, weights = w)))
    1 - summary(survfit(Surv(T, E) ~ t, weights = w), times = 180)$surv
    """
    outcome, arm, table = rhc
    weights = stats.estimated_weights(arm, table, estimand)
    found = stats.risks_with(outcome, weights)
    assert numbers(found.risk_difference) == pytest.approx(difference, abs=1e-7)
    assert numbers(found.odds_ratio) == pytest.approx(odds, abs=1e-7)
    both = stats.propensity_weighted_risks(outcome, arm, table, estimand)
    assert numbers(both.odds_ratio) == pytest.approx(odds, abs=1e-7)
    ratio = stats.weighted_hazard_ratio(*survival, weights).ratio
    assert ratio.value == pytest.approx(hazard, abs=1e-7)
    curve = stats.weighted_risks_by(*survival, weights, 180)
    risks = curve.risk_treated.value, curve.risk_control.value
    assert risks == pytest.approx((by_180[0], by_180[1]), abs=1e-7)


def test_stratified_and_standardized_risks_are_those_of_r(rhc):
    """q <- cut(e, quantile(e, 0:5 / 5), include.lowest = TRUE); risks by q, standardized to all,
    variances p (1 - p) / n within; plogis(cbind(1, a, X) %*% coef(glm(y ~ t + X, binomial)))."""
    outcome, arm, table = rhc
    score = stats.propensity_score(arm, table).values
    strata = stats.stratified_risks(outcome, arm, score).risk_difference
    assert numbers(strata) == pytest.approx((0.05822282, 0.02498696, 0.09145868), abs=1e-7)
    standardized = stats.g_computation(outcome, arm, table).risk_difference
    assert standardized.value == pytest.approx(0.05472429, abs=1e-7)
    augmented = stats.aipw(outcome, arm, table).risk_difference
    assert augmented.value == pytest.approx(0.05488310, abs=1e-7)
