"""Logistic regression by Newton's method, which says when there is no estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, qr
from scipy.special import expit

from casewise.stats._samples import Floats

_ITERATIONS = 100
# A greatest likelihood is found when a step moves no linear predictor by more than this; under
# separation every step moves some patient's by about 1, for ever.
_STEP = 1e-9
# Columns in standard deviations that another combination of columns gives to 9 digits are taken
# as given by it: what is left is the rounding of how the data were written.
_DEPENDENT = 1e-9


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients, the intercept's first, or a ``reason`` why there are none.

    ``columns`` are the covariates at fault, counted from 0, where the reason lies with some.
    ``scores`` are each patient's contribution to the estimating equations and ``inverse`` is the
    inverse of the information matrix, so that the rows of ``scores @ inverse`` times n are the
    influence of each patient on the coefficients.
    """

    coefficients: Floats
    fitted: Floats
    scores: Floats
    inverse: Floats
    reason: str = ""
    columns: tuple[int, ...] = ()

    @property
    def influence(self) -> Floats:
        """How far each patient moves the coefficients, times n: n rows."""
        rows: Floats = self.scores @ self.inverse * self.scores.shape[0]
        return rows


def with_intercept(table: Floats) -> Floats:
    return np.column_stack([np.ones(table.shape[0]), table])


def fit_logistic(outcome: Floats, table: Floats, what: str = "the outcome") -> Fit:
    """The greatest likelihood of ``outcome`` (0 or 1) given ``table``, an intercept added.

    No estimate where everybody or nobody has the outcome, a column is constant, columns give one
    another, or some combination of columns separates those with the outcome from those without
    [albert1984]. Cost: 5 to 10 steps of n times the square of the number of columns.
    """
    n, k = table.shape
    reason, columns = why_no_design(table)
    if n and (outcome.all() or not outcome.any()):
        reason, columns = f"{'everybody' if outcome.all() else 'nobody'} has {what}", ()
    if reason:
        return _none(reason, columns)
    centre, spread = table.mean(axis=0), table.std(axis=0)
    scaled = with_intercept((table - centre) / spread)
    start = np.zeros(k + 1)
    start[0] = np.log(outcome.mean() / (1 - outcome.mean()))
    beta = newton(scaled, outcome, np.ones(n), start)
    if beta is None:
        return _none(*_why_no_maximum(scaled, outcome, what))
    # back from standard deviations: eta = b0 + sum b_j (x_j - c_j) / s_j
    coefficients = beta / np.concatenate([[1.0], spread])
    coefficients[0] -= coefficients[1:] @ centre
    fitted = expit(scaled @ beta)
    weight = fitted * (1 - fitted)
    # the influence does not depend on the scale, so it is kept on the well-conditioned one and
    # carried back by the transformation's inverse
    carry = np.diag(1 / np.concatenate([[1.0], spread]))
    carry[0, 1:] = -centre / spread
    inverse = np.linalg.inv((scaled * weight[:, None]).T @ scaled)
    scores = scaled * (outcome - fitted)[:, None]
    return Fit(coefficients, fitted, scores, inverse @ carry.T)


def newton(scaled: Floats, outcome: Floats, weight: Floats, start: Floats) -> Floats | None:
    """The weighted greatest likelihood, or ``None`` where the search does not end."""
    beta = start
    for _ in range(_ITERATIONS):
        eta = scaled @ beta
        p = expit(eta)
        information = (scaled * (weight * p * (1 - p))[:, None]).T @ scaled
        try:
            step = cho_solve(cho_factor(information), scaled.T @ (weight * (outcome - p)))
        except np.linalg.LinAlgError:
            return None
        moved = scaled @ step
        if not np.isfinite(moved).all():
            return None
        likelihood = _log_likelihood(eta, outcome, weight)
        size = 1.0
        while size > 1e-6 and (
            _log_likelihood(eta + size * moved, outcome, weight)
            < likelihood - 1e-10 * (1 + abs(likelihood))
        ):
            size /= 2
        beta = np.asarray(beta + size * step, dtype=np.float64)
        if np.abs(moved[weight > 0]).max() < _STEP * (1 + np.abs(eta).max()):
            return beta
    return None


def limit_of_fit(
    white: Floats, outcome: Floats, weight: Floats, start: Floats, settled: float
) -> Floats | None:
    """The probabilities that the weighted likelihood tends to, ``None`` where no limit is found.

    ``white`` has the identity as its information matrix before weighting. A resample may separate
    a few patients, or leave a column without variation: its coefficients then do not exist, but
    everybody's probability does, in the limit.
    """
    drawn = weight > 0
    rows, target, times = white[drawn], outcome[drawn], weight[drawn]
    single = rows.astype(np.float32)  # enough for a step's direction; the gradient keeps all digits
    beta, eta = start, rows @ start
    fitted = expit(eta)
    diagonal = np.diag_indices(rows.shape[1])
    for _ in range(_ITERATIONS):
        curvature = np.sqrt(times * fitted * (1 - fitted), dtype=np.float32, casting="same_kind")
        scaled = single * curvature[:, None]
        information = (scaled.T @ scaled).astype(np.float64)
        information[diagonal] += 1e-4  # slows a step, moves no limit
        gradient = rows.T @ (times * (target - fitted))
        step = cho_solve(cho_factor(information, check_finite=False), gradient, check_finite=False)
        moved = rows @ step
        # no step so long that the likelihood could fall far: probabilities settle regardless
        share = min(1.0, 5.0 / max(float(np.abs(moved).max()), 1e-300))
        beta = beta + share * step
        eta += share * moved
        before, fitted = fitted, expit(eta)
        if np.abs(fitted - before).max() < settled:
            return np.asarray(expit(white @ beta), dtype=np.float64)
    return None


def _log_likelihood(eta: Floats, outcome: Floats, weight: Floats) -> float:
    return float(weight @ (outcome * eta - np.logaddexp(0.0, eta)))


def why_no_design(table: Floats) -> tuple[str, tuple[int, ...]]:
    """Why ``table`` with an intercept fits no model, and the columns (from 0) at fault."""
    if table.shape[0] == 0:
        return "there are no patients", ()
    constant = np.flatnonzero(np.ptp(table, axis=0) == 0)
    if constant.size:
        return f"{_named(constant)} the same for all patients", tuple(map(int, constant))
    if table.shape[0] <= table.shape[1] + 1:
        return f"{table.shape[0]} patients are too few for {table.shape[1]} covariates", ()
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    dependent = _dependent(scaled)
    if dependent:
        return f"{_named(np.array(dependent))} given by each other", dependent
    return "", ()


def _dependent(scaled: Floats) -> tuple[int, ...]:
    """The first set of columns of which one is a combination of the others; usually empty."""
    triangle, order = qr(scaled, mode="r", pivoting=True)
    triangle = triangle[: scaled.shape[1]]
    size = np.abs(np.diag(triangle))
    rank = int((size > _DEPENDENT * size[0]).sum())
    if rank == scaled.shape[1]:
        return ()
    shares = np.linalg.solve(triangle[:rank, :rank], triangle[:rank, rank])
    members = [*order[:rank][np.abs(shares) > 1e-6], order[rank]]
    return tuple(sorted(int(column) for column in members))


def _named(columns: NDArray[np.int_]) -> str:
    names = [str(column + 1) for column in columns]
    if len(names) == 1:
        return f"covariate {names[0]} is"
    return f"covariates {', '.join(names[:-1])} and {names[-1]} are"


def _why_no_maximum(scaled: Floats, outcome: Floats, what: str) -> tuple[str, tuple[int, ...]]:
    """Whether a combination of columns separates the outcome: a linear program [konis2007].

    With the columns of that combination, where a single one is enough.
    """
    from scipy.optimize import linprog  # slow to load

    signed = scaled * np.where(outcome, 1.0, -1.0)[:, None]
    found = linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(signed.shape[0]), bounds=(-1, 1)
    )
    if found.status == 0 and -found.fun > 1e-7:
        reason = f"the covariates separate those with {what} from those without (separation)"
        return reason, _separating_alone(scaled, outcome)
    return "the search for the greatest likelihood did not end", ()


def _separating_alone(scaled: Floats, outcome: Floats) -> tuple[int, ...]:
    """Columns, from 0, of which all patients above, or below, the least value are alike."""
    alone = []
    for j in range(1, scaled.shape[1]):
        column = scaled[:, j]
        for side in (column > column.min(), column < column.max()):
            if side.any() and np.ptp(outcome[side]) == 0:
                alone.append(j - 1)
                break
    return tuple(alone[:5])


def _none(reason: str, columns: tuple[int, ...]) -> Fit:
    nothing = np.empty(0)
    return Fit(nothing, nothing, np.empty((0, 0)), np.empty((0, 0)), reason, columns)
