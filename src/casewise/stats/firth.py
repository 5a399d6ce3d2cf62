"""Logistic and Cox regression with Firth's penalty, for sparse data."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from firthmodels import FirthCoxPH, FirthLogisticRegression
from numpy.typing import ArrayLike, NDArray

from casewise.stats._models import Coefficient, coefficient
from casewise.stats._samples import Floats, check_level, design, follow_up, indicator

_ITERATIONS = 500
# The finest tolerance that the likelihood's own rounding lets the search reach is not known
# beforehand: with too fine a one the search halves its step for ever.
_TOLERANCES = (1e-9, 1e-7, 1e-5)


def firth_logistic(
    outcome: ArrayLike, covariates: ArrayLike, level: float = 0.95
) -> tuple[Coefficient, ...]:
    """Odds ratios by logistic regression with Firth's penalty [firth1993].

    The likelihood is multiplied by the root of the information's determinant (Jeffreys' prior),
    so that estimates exist although an arm has no event [heinze2002]. ``covariates`` is one
    column or a table, a row a patient; the answer has one coefficient a column, adjusted for the
    others. Interval and P value are those of the penalized profile likelihood, and agree.

    A coefficient is undefined (``None``) where the covariates are constant or depend on each
    other, everybody or nobody has the outcome, or the search fails; a limit is ``None`` where
    only its search does. Raises ``ValueError`` for missing values and unequal lengths.
    """
    check_level(level)
    events = indicator(outcome, "outcome")
    table = design(covariates, events.size)
    method = "Firth logistic regression, profile penalized likelihood"
    sources = ("firth1993", "heinze2002")
    reason = _why_not(table, intercept=True)
    if events.size and (events.all() or not events.any()):
        reason = f"{'everybody' if events.all() else 'nobody'} has the outcome"
    if reason:
        return _undefined("odds ratio", table.shape[1], level, method, sources, reason)
    return _fitted(
        FirthLogisticRegression, table, events.astype(int), "odds ratio", level, method, sources
    )


def firth_cox(
    time: ArrayLike, event: ArrayLike, covariates: ArrayLike, level: float = 0.95
) -> tuple[Coefficient, ...]:
    """Hazard ratios by Cox's model with Firth's penalty [heinze2001].

    As :func:`firth_logistic`, for the partial likelihood; tied events by Breslow's method. Finite
    although all events are in one arm. Undefined also where nobody has the event.
    """
    check_level(level)
    times, events = follow_up(time, event)
    table = design(covariates, events.size)
    method = "Firth Cox regression, profile penalized likelihood, Breslow's method for ties"
    sources = ("firth1993", "heinze2001")
    reason = _why_not(table, intercept=False) or ("" if events.any() else "nobody had an event")
    if reason:
        return _undefined("hazard ratio", table.shape[1], level, method, sources, reason)
    followed = np.array(
        list(zip(events, times, strict=True)), dtype=[("event", bool), ("time", float)]
    )
    return _fitted(FirthCoxPH, table, followed, "hazard ratio", level, method, sources)


def _why_not(table: Floats, intercept: bool) -> str:
    if table.shape[0] == 0:
        return "there are no patients"
    if (np.ptp(table, axis=0) == 0).any():
        return "a covariate is the same for all patients"
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    if np.linalg.matrix_rank(scaled) < table.shape[1]:
        return "the covariates determine each other"
    if table.shape[0] <= table.shape[1] + intercept - 1:
        return "there are fewer patients than covariates"
    return ""


def _undefined(
    measure: str, k: int, level: float, method: str, sources: tuple[str, ...], reason: str
) -> tuple[Coefficient, ...]:
    nothing = (None, None, None)
    return (coefficient(measure, nothing, level, method, sources, None, reason),) * k


def _fitted(
    model_class: Any,
    table: Floats,
    outcome: NDArray[Any],
    measure: str,
    level: float,
    method: str,
    sources: tuple[str, ...],
) -> tuple[Coefficient, ...]:
    columns = range(table.shape[1])
    # on standardized columns the search converges whatever the units
    centre, spread = table.mean(axis=0), table.std(axis=0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # every failure is told from the answer below
        try:
            model = _converged(model_class, (table - centre) / spread, outcome)
            limits = model.conf_int(alpha=1 - level, method="pl", max_iter=_ITERATIONS, tol=1e-7)
            p_values = model.lrt().lrt_pvalues_
        except (np.linalg.LinAlgError, ValueError, FloatingPointError) as error:
            return _undefined(measure, len(columns), level, method, sources, str(error))
    if not model.converged_:
        reason = "the search for the greatest likelihood did not end"
        return _undefined(measure, len(columns), level, method, sources, reason)
    answers = []
    for j in columns:
        lower, upper = (_finite(limit / spread[j]) for limit in limits[j])
        reason = "a limit was not found" if lower is None or upper is None else ""
        value = (float(model.coef_[j] / spread[j]), lower, upper)
        p = _finite(p_values[j])
        answers.append(coefficient(measure, value, level, method, sources, p, reason))
    return tuple(answers)


def _converged(model_class: Any, table: Floats, outcome: NDArray[Any]) -> Any:
    for tolerance in _TOLERANCES:
        model = model_class(backend="numpy", max_iter=_ITERATIONS, gtol=tolerance, xtol=tolerance)
        model.fit(table, outcome)
        if model.converged_:
            break
    return model


def _finite(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
