"""Is a hazard ratio constant in time? Score tests of coefficients that change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from casewise.stats._partial_likelihood import Moments, RiskSets
from casewise.stats._result import TestResult
from casewise.stats._samples import Floats, check_choice

Clock = tuple[Floats, NDArray[np.bool_], Floats | None]


def score_tests(
    sets: RiskSets,
    moments: Moments,
    names: tuple[str, ...],
    clock: Clock,
    transform: str,
    unit: float,
) -> dict[str, TestResult]:
    """For each covariate, and for all together, the score test of beta + theta g(t).

    At theta = 0 the score for theta is the sum of the Schoenfeld residuals times g, and the
    information of (beta, theta) has the blocks I, I weighted by g, and I weighted by g squared.
    The test does not depend on the origin of g. ``unit`` is what a weight of 1 stands for.
    """
    check_choice(transform, ("km", "identity"), "transform")
    method = f"score test of proportional hazards (time transformed by {transform})"
    g = sets.times if transform == "identity" else 1 - _survival_before(sets.times, *clock)
    g = g - np.average(g, weights=sets.tied)
    everything = (*names, "all together")
    if np.ptp(g) == 0:
        reason = "all events happened at the same time"
        return {name: TestResult(None, None, method, reason=reason) for name in everything}
    spread = float(np.abs(g).max())
    g = g / spread
    gaps = sets.x[:, sets.event] - sets.mean_covariates(moments)[:, sets.moment]
    score = (gaps * sets.weights[sets.event]) @ g[sets.moment]
    information, cross = sets.information(moments), sets.information(moments, g)
    own = sets.information(moments, g**2) - cross @ np.linalg.solve(information, cross)
    answer = {}
    for j, name in enumerate(everything):
        k = np.arange(len(names)) if j == len(names) else np.array([j])
        try:
            chi = unit * float(score[k] @ np.linalg.solve(own[np.ix_(k, k)], score[k]))
        except np.linalg.LinAlgError:
            chi = -1.0
        if not 0 <= chi < np.inf:
            reason = "the events are too few to tell a change in time"
            answer[name] = TestResult(None, None, method, reason=reason)
            continue
        p = max(float(special.gammaincc(k.size / 2, chi / 2)), 5e-324)
        answer[name] = TestResult(p, chi, method, ("grambsch1994",))
    return answer


def _survival_before(
    at: Floats, time: Floats, event: NDArray[np.bool_], entry: Floats | None
) -> Floats:
    """The Kaplan-Meier estimate of all rows just before each of the times ``at``."""
    distinct, d = np.unique(time[event], return_counts=True)
    at_risk = time.size - np.searchsorted(np.sort(time), distinct)
    if entry is not None:
        at_risk -= time.size - np.searchsorted(np.sort(entry), distinct)
    survival = np.concatenate([[1.0], np.cumprod(1 - d / at_risk)])
    return np.asarray(survival[np.searchsorted(distinct, at)])
