"""Every code before day 0 as a covariate: a penalized propensity, and the balance it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from casewise import results, stats
from casewise.cohort.dataset import Bools, CodeColumns, Floats
from casewise.protocol.adjustment import EveryCode

if TYPE_CHECKING:
    from casewise.analysis.adjusted_effects import Patients

LEAST = 50  # patients of the smaller arm, for a penalty by cross-validation
FARTHEST = 20
CUSTOMARY = 0.1


def beside_codes(table: Floats, codes: Any) -> Any:
    """The covariates, in their standard deviations, and the codes as one sparse table."""
    from scipy.sparse import csc_matrix, hstack

    spread = table.std(axis=0)
    scaled = table / np.where(spread > 0, spread, 1.0)
    return hstack([csc_matrix(scaled), codes]).tocsc()


def penalized_score(arm: Bools, found: stats.LargePropensity) -> stats.PropensityScore:
    n = int(arm.sum()), int((~arm).sum())
    return stats.PropensityScore(
        found.values,
        None,
        *n,
        min(n) / max(found.selected, 1),
        found.method,
        found.sources,
        found.reason,
    )


def too_few(n: tuple[int, int]) -> str:
    if min(n) >= LEAST:
        return ""
    return (
        f"{min(n)} patients in the smaller arm are too few for a penalty by cross-validation, "
        f"which needs {LEAST}"
    )


def differences(codes: Any, arm: Bools, weights: Floats, spread: Floats) -> Floats:
    """Standardized differences of 0 and 1 columns, in the arms' standard deviations before."""
    shares = [
        np.asarray(codes[here].T @ weights[here]).ravel() / weights[here].sum()
        for here in (arm, ~arm)
    ]
    apart = shares[0] - shares[1]
    return np.where(spread > 0, apart / np.where(spread > 0, spread, 1.0), 0.0)


def balance_of_codes(
    asked: EveryCode, columns: CodeColumns, patients: Patients, weights: list[Floats | None]
) -> results.EveryCode:
    """How far apart the arms are in every code: as they were, and by each method's weights."""
    codes, arm = patients.codes, patients.arm
    assert codes is not None
    even = np.ones(arm.size)
    shares = [np.asarray(codes[here].mean(axis=0)).ravel() for here in (arm, ~arm)]
    spread = np.sqrt((shares[0] * (1 - shares[0]) + shares[1] * (1 - shares[1])) / 2)
    before = differences(codes, arm, even, spread)
    after = [None if w is None else differences(codes, arm, w, spread) for w in weights]
    every = [before, *after]
    worst = np.argsort(-np.abs(before), kind="stable")[:FARTHEST]
    found = patients.penalized
    return results.EveryCode(
        codes=codes.shape[1],
        at_least=asked.at_least,
        windows=tuple(str(one) for one in asked.before),
        unmapped=columns.unmapped,
        selected=found.selected,
        penalty=found.penalty or None,
        over=tuple(None if d is None else int((np.abs(d) > CUSTOMARY).sum()) for d in every),
        largest=tuple(None if d is None else float(np.abs(d).max(initial=0.0)) for d in every),
        farthest=tuple(
            results.CodeBalance(
                label=columns.labels[j],
                before=float(before[j]),
                after=tuple(None if d is None else float(d[j]) for d in after),
            )
            for j in worst.tolist()
        ),
    )
