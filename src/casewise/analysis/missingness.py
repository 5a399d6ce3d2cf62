"""Which baseline covariates are missing together, by arm."""

from __future__ import annotations

from collections import Counter

import numpy as np

from casewise import results
from casewise.analysis.arms import masks
from casewise.cohort.dataset import NOT_DOCUMENTED, Dataset

SHOWN = 8  # patterns that have a row of their own
SMALL = 5  # patients under whom a pattern has no row of its own, and a count is not told


def missing_patterns(dataset: Dataset) -> tuple[results.MissingPattern, ...]:
    """The most frequent patterns first, and what is left together at the end; empty where every
    value is documented. A pattern of fewer than 5 patients is left to the rest."""
    if not dataset.baseline or not len(dataset):
        return ()
    lacking = np.column_stack([c.status == NOT_DOCUMENTED for c in dataset.baseline])
    if not lacking.any():
        return ()
    codes, which = np.unique(np.packbits(lacking, axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    frequent = [code for code, n in Counter(which.tolist()).most_common(SHOWN) if n >= SMALL]
    labels = [covariate.label for covariate in dataset.baseline]
    told = np.unpackbits(codes, axis=1)[:, : len(labels)].astype(bool)
    by_arm = dict(masks(dataset))

    def row(rows: np.ndarray, names: tuple[str, ...], rest: bool) -> results.MissingPattern:
        counts = {arm: int((rows & mask).sum()) for arm, mask in by_arm.items()}
        return results.MissingPattern(
            missing=names,
            rest=rest,
            arms={arm: None if 0 < n < SMALL else n for arm, n in counts.items()},
        )

    made = [
        row(
            which == code, tuple(n for n, out in zip(labels, told[code], strict=True) if out), False
        )
        for code in frequent
    ]
    left = ~np.isin(which, frequent)
    return (*made, row(left, (), True)) if left.any() else tuple(made)
