"""Simulated studies with a known effect, and each estimator on one of them.

A study is a function of a random generator, answering what its estimators need; ``truth`` is worked
out from the probabilities themselves over 400,000 patients, not from outcomes.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from casewise import stats

MANY = 400_000


def confounded(n, intercept, effect, strength=1.0, covariates=3):
    """Covariates decide on treatment and on a binary outcome; ``effect`` is a log odds ratio."""

    def probabilities(random, size):
        x = random.normal(size=(size, covariates))
        x[:, -1] = x[:, -1] > 0
        score = expit(strength * (0.6 * x[:, 0] + 0.4 * x[:, -1] - 0.4))
        base = intercept + 0.7 * x[:, 0] + (0.4 * x[:, 1] if covariates > 2 else 0) + 0.5 * x[:, -1]
        return x, score, expit(base), expit(base + effect)

    def draw(random):
        x, score, control, treated = probabilities(random, n)
        arm = random.random(n) < score
        return random.random(n) < np.where(arm, treated, control), arm, x

    _, score, control, treated = probabilities(np.random.default_rng(0), MANY)
    weights = {"all": np.ones(MANY), "treated": score, "overlap": score * (1 - score)}
    truth = {name: float(w @ (treated - control) / w.sum()) for name, w in weights.items()}
    return draw, truth | {"log odds": effect}


def differences(data, truth):
    """Name, truth, estimate and limits of every estimator of a risk difference."""
    outcome, arm, x = data
    counts = int(outcome[arm].sum()), int(arm.sum()), int(outcome[~arm].sum()), int((~arm).sum())
    yield "crude", truth["all"], stats.risk_difference(*counts, method="miettinen-nurminen")
    for name, estimand, how, target in (
        ("inverse probability weights", "ATE", "propensity", "all"),
        ("ATT weights", "ATT", "propensity", "treated"),
        ("overlap weights", "overlap", "propensity", "overlap"),
        ("entropy balancing", "ATE", "entropy", "all"),
        ("ATT entropy balancing", "ATT", "entropy", "treated"),
    ):
        weights = stats.estimated_weights(arm, x, estimand, how)
        yield name, truth[target], stats.risks_with(outcome, weights).risk_difference
    yield "AIPW", truth["all"], stats.aipw(outcome, arm, x).risk_difference
    yield "g-computation", truth["all"], stats.g_computation(outcome, arm, x).risk_difference
    score = stats.propensity_score(arm, x).values
    if score is not None and min(score.min(), 1 - score.max()) > 0:
        found = stats.stratified_risks(outcome, arm, score)
        yield "stratification", truth["all"], found.risk_difference
        matches = stats.nearest_matches(arm, score)
        if matches.treated.size:
            found = stats.matched_risks(outcome, arm, matches)
            yield "nearest matching", truth["treated"], found.risk_difference
    yield "logistic regression", truth["log odds"], stats.logistic_odds_ratio(outcome, arm, x).log


def exact(data, truth):
    """For small samples without covariates: the crude intervals."""
    outcome, arm, _ = data
    counts = int(outcome[arm].sum()), int(arm.sum()), int(outcome[~arm].sum()), int((~arm).sum())
    methods = ("agresti-min", "miettinen-nurminen", "newcombe")
    for method in methods:
        yield method, truth["all"], stats.risk_difference(*counts, method=method)


def waiting(n, hazard_ratio):
    """Treatment starts after a wait; only those alive get it. ``hazard_ratio`` from its start."""

    def draw(random):
        wait = random.exponential(1.0, n)
        never = random.random(n) < 0.3
        wait[never] = np.inf
        untreated = random.exponential(1.0, n)
        after = wait + random.exponential(1.0 / hazard_ratio, n)
        death = np.where(untreated <= wait, untreated, after)
        end = np.minimum(death, 3.0)
        return end, death <= 3.0, np.where(wait < end, wait, np.inf)

    return draw, {"log hazard": float(np.log(hazard_ratio))}


def hazards(data, truth):
    """The arm as if known at the start, time-dependent, and from a landmark."""
    time, event, start = data
    got = np.isfinite(start)
    true = truth["log hazard"]
    yield "ever treated (naive)", true, stats.cox(time, event, got.astype(float))["x1"].log
    later = np.flatnonzero(got)
    entry = np.concatenate([np.zeros(time.size), start[later]])
    stop = np.concatenate([np.where(got, start, time), time[later]])
    happened = np.concatenate([event & ~got, event[later]])
    treated = np.concatenate([np.zeros(time.size), np.ones(later.size)])
    kept = stop > entry
    patient = np.concatenate([np.arange(time.size), later])
    model = stats.cox(
        stop[kept], happened[kept], treated[kept], entry=entry[kept], cluster=patient[kept]
    )
    yield "time-dependent treatment", true, model["x1"].log


def few_survivors(n_1, n_0, hazard_ratio, rate=0.7):
    """Two small arms with constant hazards, followed for one unit of time; nobody is lost."""

    def draw(random):
        arm = np.repeat([1, 0], [n_1, n_0])
        death = random.exponential(1 / np.where(arm == 1, rate * hazard_ratio, rate))
        return np.minimum(death, 1.0), death <= 1.0, arm

    mean_1, mean_0 = (-np.expm1(-r) / r for r in (rate * hazard_ratio, rate))
    return draw, {"mean": float(mean_1 - mean_0), "log hazard": float(np.log(hazard_ratio))}


def few_times(data, truth):
    """What a report prints beside the curves of two small arms."""
    time, event, arm = data
    difference = stats.restricted_mean_difference(time, event, arm, 1.0)
    yield "difference in restricted mean time", truth["mean"], difference
    yield (
        "hazard ratio, exact",
        truth["log hazard"],
        _log(stats.log_rank_hazard_ratio(time, event, arm)),
    )
    yield "hazard ratio, Wald", truth["log hazard"], _log(stats.hazard_ratio(time, event, arm))


def _log(ratio):
    """An infinite estimate is none here: it has no bias. Its interval counts."""
    with np.errstate(divide="ignore"):
        return tuple(
            None if v is None else float(np.log(v)) for v in (ratio.value, ratio.lower, ratio.upper)
        )


def weighted_survival(n, hazard_ratio):
    """A covariate decides on treatment and death; censoring at random."""

    def draw(random):
        x = random.normal(size=(n, 2))
        arm = random.random(n) < expit(0.7 * x[:, 0])
        rate = np.exp(0.6 * x[:, 0]) * np.where(arm, hazard_ratio, 1.0)
        death, leaving = random.exponential(1 / rate), random.exponential(2.5, n)
        return np.minimum(death, leaving), death <= leaving, arm, x

    random = np.random.default_rng(0)
    x = random.normal(size=(MANY, 2))
    rates = np.exp(0.6 * x[:, 0])
    score = expit(0.7 * x[:, 0])
    by = [1 - np.exp(-0.8 * rates * h) for h in (hazard_ratio, 1.0)]
    weights = {"all": np.ones(MANY), "overlap": score * (1 - score)}
    truth = {name: float(w @ (by[0] - by[1]) / w.sum()) for name, w in weights.items()}
    return draw, truth | {"log hazard": float(np.log(hazard_ratio))}


def survivals(data, truth):
    """Risks by 0.8 and hazard ratios, weighted; the marginal hazard ratio's truth only at 1."""
    time, event, arm, x = data
    even = stats.given_weights(arm, np.ones(arm.size))
    yield (
        "crude risk",
        truth["all"],
        stats.weighted_risks_by(time, event, even, 0.8).risk_difference,
    )
    for name, estimand in (("inverse probability weights", "ATE"), ("overlap weights", "overlap")):
        weights = stats.estimated_weights(arm, x, estimand)
        target = truth["all" if estimand == "ATE" else "overlap"]
        found = stats.weighted_risks_by(time, event, weights, 0.8)
        yield f"risk, {name}", target, found.risk_difference
        if truth["log hazard"] == 0:
            yield f"hazard, {name}", 0.0, stats.weighted_hazard_ratio(time, event, weights).log
    found = stats.doubly_robust_risks_by(time, event, arm, x, 0.8)
    yield "risk, AIPW", truth["all"], found.risk_difference
    yield "Cox regression", truth["log hazard"], stats.cox_hazard_ratio(time, event, arm, x).log


def competing(n):
    """Two causes with constant hazards 1 and 0.7; follow-up ends at random."""

    def draw(random):
        first, second = random.exponential(1.0, n), random.exponential(1 / 0.7, n)
        leaving = random.exponential(1.5, n)
        time = np.minimum(np.minimum(first, second), leaving)
        cause = np.where(leaving <= time, 0, np.where(first <= second, 1, 2))
        return time, cause

    return draw, {"incidence": float(1 / 1.7 * (1 - np.exp(-1.7 * 0.7)))}


def incidences(data, truth):
    time, cause = data
    found = stats.aalen_johansen(time, cause).at(0.7)
    yield "Aalen-Johansen", truth["incidence"], found
    curve = stats.kaplan_meier(time, cause == 1).at(0.7)
    if curve.value is not None and curve.lower is not None and curve.upper is not None:
        flipped = 1 - curve.value, 1 - curve.upper, 1 - curve.lower
        yield "1 less Kaplan-Meier (naive)", truth["incidence"], flipped


# Name, the study, its estimators. Effects of 0 tell the type I error.
STUDIES = (
    ("confounding, no effect, n = 1,000", confounded(1000, -0.8, 0.0), differences),
    ("confounding, odds ratio 1.6, n = 1,000", confounded(1000, -0.8, 0.47), differences),
    ("rare outcome (4%), no effect, n = 1,000", confounded(1000, -3.9, 0.0), differences),
    ("poor overlap, no effect, n = 1,000", confounded(1000, -0.8, 0.0, 3.0), differences),
    ("small, n = 80, two covariates", confounded(80, -0.5, 0.0, 0.8, 2), differences),
    ("tiny, n = 15, no confounding", confounded(15, -0.5, 0.0, 0.0, 2), exact),
    ("tiny survival, 9 against 6, no effect", few_survivors(9, 6, 1.0), few_times),
    ("tiny survival, 9 against 6, hazard ratio 0.3", few_survivors(9, 6, 0.3), few_times),
    ("confounded survival, no effect, n = 500", weighted_survival(500, 1.0), survivals),
    ("confounded survival, hazard ratio 0.6, n = 500", weighted_survival(500, 0.6), survivals),
    ("immortal time, no effect, n = 300", waiting(300, 1.0), hazards),
    ("immortal time, hazard ratio 0.6, n = 300", waiting(300, 0.6), hazards),
    ("competing risk, n = 100", competing(100), incidences),
)
