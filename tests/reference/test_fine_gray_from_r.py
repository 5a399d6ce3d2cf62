"""Fine and Gray's model against R's cmprsk: coefficients, robust covariance, likelihoods.

``fine_gray.csv`` is what ``fine_gray.R``, beside it, prints.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from casewise import stats

with (Path(__file__).parent / "fine_gray.csv").open() as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_model_equals_that_of_crr(row):
    time, cause, x, expected = (
        np.array(row[name].split(), float) for name in ("time", "cause", "covariates", "expected")
    )
    model = stats.fine_gray(time, cause.astype(int), x.reshape(time.size, -1))
    found = [one.log.value for one in model.coefficients]
    found += np.array(model.covariance).T.ravel().tolist()
    found += [model.log_likelihood, model.null_log_likelihood]
    assert found == pytest.approx(expected.tolist(), rel=1e-7, abs=1e-8)


# 40 patients with many ties; crr(TIME, CAUSE, ARM, gtol = 1e-13), summary()$conf.int
TIME = [5, 11, 23, 1, 3, 76, 2, 4, 6, 15, 7, 17, 21, 3, 30, 28, 55, 59, 35, 27, 11, 12, 13, 19, 48]
TIME += [18, 27, 80, 1, 10, 22, 7, 62, 10, 8, 25, 5, 12, 3, 2]
CAUSE = [0, 0, 1, 1, 2, 1, 1, 2, 1, 2, 2, 1, 2, 0, 0, 0, 0, 2, 0, 1, 2, 2, 2, 0, 1, 0, 0, 2, 0, 1]
CAUSE += [0, 0, 2, 0, 0, 0, 2, 0, 1, 0]
ARM = [0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1]
ARM += [1, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_ratio_of_two_arms_is_that_of_crr():
    found = stats.subdistribution_hazard_ratio(TIME, CAUSE, ARM)
    expected = (1.5097356845768, 0.46637140306165, 4.8873104618367)
    assert (found.value, found.lower, found.upper) == pytest.approx(expected, rel=1e-9)
