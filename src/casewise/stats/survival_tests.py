"""Comparing survival between arms: the log-rank test and its weighted kin."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats import _permutation
from casewise.stats._result import TestResult
from casewise.stats._samples import Floats, check_choice, follow_up, labels, starts
from casewise.stats.survival import leave_table

_NAMES = {
    "log-rank": ("log-rank test", "mantel1966"),
    "gehan": ("Gehan-Wilcoxon test", "gehan1965"),
    "peto": ("Peto-Prentice test", "prentice1979"),
    "fleming-harrington": ("Fleming-Harrington test", "fleming1991"),
}
_METHODS = ("asymptotic", "exact", "monte-carlo", "auto")


def log_rank(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    method: str = "asymptotic",
    weights: str = "log-rank",
    rho: float = 1.0,
    gamma: float = 0.0,
    entry: ArrayLike | None = None,
) -> TestResult:
    """Compare the survival of two or more arms, two-sided.

    Observed less expected events are summed over the event times with weights w(t): 1
    (``"log-rank"`` [mantel1966]); the number at risk (``"gehan"`` [gehan1965]); the survival
    estimate with n + 1 in place of n (``"peto"`` [prentice1979]); or
    ``S(t-)^rho (1 - S(t-))^gamma`` with the pooled Kaplan-Meier estimate
    (``"fleming-harrington"`` [fleming1991]; R's ``survdiff(rho=1)`` has rho 1, gamma 0).
    ``arm`` gives each patient's arm, as text or numbers.

    The statistic is the chi-square from the hypergeometric variances. ``"asymptotic"``: P is the
    chi-square distribution's, for any number of arms. For two arms also: ``"exact"``, the share of
    all arrangements of the arms' labels with observed less expected events at least as far from 0
    (each patient has a fixed score, the event indicator less the Nelson-Aalen hazard at leaving
    [peto1972]); ``"monte-carlo"``, 20,000 such arrangements at random, up to 15,000 patients;
    ``"auto"``, exact up to some 42 patients, asymptotic beyond. The permutation P values
    assume that censoring does not depend on the arm. Where a sampled P is out of reach the
    answer is the asymptotic one, and ``reason`` says so. The interval that inverts the log-rank
    test of two arms is :func:`log_rank_hazard_ratio`'s.

    ``entry`` is when each patient comes under observation (left truncation), as of
    :func:`kaplan_meier`; the P is then asymptotic.

    Undefined (``None``) with fewer than two arms, no event, or no event while two arms are at
    risk. Raises ``ValueError`` for negative or missing times, unequal lengths, more than two arms
    for a permutation method, and ``"exact"`` beyond its reach.
    """
    check_choice(method, _METHODS, "method")
    check_choice(weights, tuple(_NAMES), "weights")
    if not (rho >= 0 and gamma >= 0 and math.isfinite(rho + gamma)):
        raise ValueError("rho and gamma must be finite and 0 or more")
    times, events = follow_up(time, event)
    entries = starts(entry, times)
    if entries is not None and method != "asymptotic":
        raise ValueError("with late entry the log-rank test is asymptotic")
    names, codes = _arms(arm, times.size)
    name, source = _NAMES[weights]
    if weights == "fleming-harrington":
        name += f" (rho {rho:g}, gamma {gamma:g})"
    chosen = method
    if method == "auto":
        chosen = "exact" if names == 2 and _listable(codes) else "asymptotic"
    if chosen != "asymptotic" and names > 2:
        raise ValueError(f"the {method} log-rank test compares two arms, not {names}")
    full = f"{chosen} {name}"
    if names < 2:
        return TestResult(None, None, full, reason="there are fewer than two arms with patients")
    if not events.any():
        return TestResult(None, None, full, reason="nobody had an event")
    table = leave_table(times, events, entries)
    w = _weights(table, weights, rho, gamma)
    large = chosen == "monte-carlo" and codes.size > _permutation.SHUFFLED_LIMIT
    chi_square = _chi_square(
        times, events, codes, table, w, f"asymptotic {name}" if large else full, source, entries
    )
    if large:
        limit = f"asymptotic: more than {_permutation.SHUFFLED_LIMIT:,} patients"
        return replace(chi_square, reason=chi_square.reason or limit)
    if chosen == "asymptotic":
        return chi_square
    scores = _scores(times, events, table, w)
    if np.ptp(scores) <= 1e-12 * w.max():
        return TestResult(None, None, full, reason="every patient has the same score")
    return replace(_permuted(scores, codes, chosen, name, source), statistic=chi_square.statistic)


def _arms(arm: ArrayLike, n: int) -> tuple[int, NDArray[np.intp]]:
    given = labels(arm, "arm")
    if given.size != n:
        raise ValueError(f"time has {n} values but arm has {given.size}")
    names, codes = np.unique(given, return_inverse=True)
    return names.size, codes


def _listable(codes: NDArray[np.intp]) -> bool:
    return _permutation.sums_are_few(codes.size, int((codes == 1).sum()))


Table = tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _weights(table: Table, weights: str, rho: float, gamma: float) -> Floats:
    _, d, _, n = table
    if weights == "gehan":
        return n.astype(np.float64)
    if weights == "peto":
        return np.asarray(np.cumprod(1 - d / (n + 1)), dtype=np.float64)
    if weights == "fleming-harrington":
        before = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]])
        return np.asarray(before**rho * (1 - before) ** gamma, dtype=np.float64)
    return np.ones(d.size)


def _scores(times: Floats, events: NDArray[np.bool_], table: Table, w: Floats) -> Floats:
    """Each patient's weighted event less the weighted hazard to which the patient was exposed."""
    distinct, d, _, n = table
    index = np.searchsorted(distinct, times)
    return np.asarray(w[index] * events - np.cumsum(w * d / n)[index], dtype=np.float64)


def patient_scores(times: Floats, events: NDArray[np.bool_]) -> Floats:
    table = leave_table(times, events)
    return _scores(times, events, table, np.ones(table[1].size))


def log_rank_scores(time: ArrayLike, event: ArrayLike) -> tuple[float, ...]:
    """Each patient's log-rank score: the event indicator less the Nelson-Aalen hazard at leaving.

    An arm's sum is its observed less expected events; the scores of all patients add up to 0.
    They stand for a time to event wherever a permutation test takes one number a patient.
    """
    times, events = follow_up(time, event)
    if times.size == 0:
        return ()
    return tuple(patient_scores(times, events).tolist())


def _permuted(
    scores: Floats, codes: NDArray[np.intp], method: str, name: str, source: str
) -> TestResult:
    size = int((codes == 1).sum())
    observed = float(scores[codes == 1].sum())
    if method == "exact":
        if not _listable(codes):
            raise ValueError(
                f"an exact log-rank test of {codes.size} patients is out of reach: "
                "use method='monte-carlo'"
            )
        p = _permutation.sum_p(scores, size, observed)
        interval = "log_rank_hazard_ratio(method='exact')" if source == "mantel1966" else ""
        return TestResult(
            p, None, f"exact permutation {name}", ("peto1972", source), interval=interval
        )
    p, error = _permutation.sampled_p(scores, size, observed)
    return TestResult(
        p,
        None,
        f"permutation {name} ({_permutation.sampled_name()})",
        ("peto1972", "phipson2010", source),
        monte_carlo_error=error,
    )


def _chi_square(
    times: Floats,
    events: NDArray[np.bool_],
    codes: NDArray[np.intp],
    table: Table,
    w: Floats,
    name: str,
    source: str,
    entry: Floats | None = None,
) -> TestResult:
    distinct, d, _, n = table
    arms = int(codes.max()) + 1
    index = np.searchsorted(distinct, times)
    shape = (arms, distinct.size)
    cells = codes * distinct.size + index
    leaving = np.bincount(cells, minlength=arms * distinct.size).reshape(shape)
    observed = np.bincount(cells[events], minlength=arms * distinct.size).reshape(shape)
    at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
    if entry is not None:  # not yet under observation
        for code in range(arms):
            mine = np.sort(entry[codes == code])
            at_risk[code] -= mine.size - np.searchsorted(mine, distinct)
    share = at_risk / n
    z = ((observed - share * d) * w).sum(axis=1)
    factor = w**2 * d * (n - d) / np.maximum(n - 1, 1)
    covariance = np.diag((share * factor).sum(axis=1)) - (share * factor) @ share.T
    chi_square, freedom = _quadratic(z, covariance)
    if freedom == 0:
        return TestResult(None, None, name, reason="no event happened while two arms were at risk")
    p = max(float(special.gammaincc(freedom / 2, chi_square / 2)), 5e-324)
    two_arms_alike = source == "mantel1966" and arms == 2
    interval = "log_rank_hazard_ratio(method='asymptotic')" if two_arms_alike else ""
    return TestResult(p, chi_square, name, (source,), interval=interval)


def _quadratic(z: Floats, covariance: NDArray[Any]) -> tuple[float, int]:
    """z' V^- z and the rank of V: arms never at risk together with others leave the comparison."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-10 * max(float(np.trace(covariance)), 1e-300)
    projected = vectors[:, kept].T @ z
    return float((projected**2 / values[kept]).sum()), int(kept.sum())
