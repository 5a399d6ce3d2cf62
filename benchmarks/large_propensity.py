"""A propensity score from 10,000 sparse covariates, cross-validation included, beside liblinear.

    python benchmarks/large_propensity.py [patients] [covariates] [codes a patient] [beside]

The third argument is how many codes a patient has on average. With ``beside`` the same path of
penalties, folds and refit are done by scikit-learn's liblinear too. Judge by the ratio in one run.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from scipy import sparse

from casewise import stats


def patients(n, p, per_patient, seed=11):
    """Codes with frequencies that fall as a power of their rank; 150 of them bear on treatment."""
    random = np.random.default_rng(seed)
    often = 1 / np.arange(1, p + 1) ** 0.8
    often = np.minimum(often * per_patient / often.sum(), 0.5)
    rows = [np.unique(random.integers(0, n, random.binomial(n, f))).astype(np.int32) for f in often]
    ends = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    parts = (np.ones(ends[-1]), np.concatenate(rows), ends)
    table = sparse.csc_matrix(parts, shape=(n, p))
    effects = np.zeros(p)
    effects[random.choice(p // 5, 150, replace=False)] = random.normal(0, 0.5, 150)
    eta = table @ effects
    return random.random(n) < 1 / (1 + np.exp(0.8 + eta.mean() - eta)), table


def timed(work):
    wall, spent = time.perf_counter(), time.process_time()
    answer = work()
    return answer, time.perf_counter() - wall, time.process_time() - spent


def beside(arm, table, own):
    from sklearn.linear_model import LogisticRegressionCV

    n = arm.size
    model = LogisticRegressionCV(
        Cs=[1 / (penalty * n) for penalty in own.penalties],
        l1_ratios=(1,),
        cv=5,
        solver="liblinear",
        scoring="neg_log_loss",
        intercept_scaling=100.0,
        use_legacy_attributes=False,
    )
    rows = table.tocsr()
    _, wall, spent = timed(lambda: model.fit(rows, arm))
    return wall, spent


def main(n, p, per_patient, also):
    arm, table = patients(n, p, per_patient)
    print(f"{n:,} patients, {p:,} covariates, {table.nnz:,} entries")
    own, wall, spent = timed(lambda: stats.large_propensity(arm, table))
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"casewise: {wall:.1f} s, {spent:.1f} processor seconds, peak {gigabytes:.1f} GB, "
        f"{len(own.penalties)} penalties, {own.selected} selected"
    )
    if also:
        theirs, theirs_spent = beside(arm, table, own)
        print(f"liblinear: {theirs:.1f} s, {theirs_spent:.1f} processor seconds")
        print(f"{theirs / wall:.1f} times by the clock, {theirs_spent / spent:.1f} by processor")


if __name__ == "__main__":
    words = sys.argv[1:]
    given = [int(word) for word in words if word.isdigit()]
    main(*given, *(100_000, 10_000, 50)[len(given) :], "beside" in words)
