"""Cox's model against R's survival 3.5-3, on made-up patients and the Stanford transplants.

The R lines, with the values they print in the order of the constants below::

    library(survival)
    i <- 1:80
    d <- data.frame(time=((i*37) %% 101) %/% 4 + 1, event=as.integer((i*13) %% 10 < 6),
                    x1=((i*29) %% 17)/4, x2=as.integer((i*7) %% 5 < 2), w=1+(i %% 4)/2,
                    s=i %% 3, id=i %/% 4)
    d$entry <- pmax(0, d$time-1-(i*11) %% 15)
    show <- function(f) cat(format(c(coef(f), sqrt(diag(f$var)), f$loglik), digits=12))
    zph <- function(f) for (t in c("km","identity")) cat(format(cox.zph(f, t)$table[,1], digits=12))
    plain <- coxph(Surv(time,event)~x1+x2, d)
    every <- coxph(Surv(entry,time,event)~x1+x2+strata(s), d, weights=w, robust=FALSE)
    show(plain); show(every)
    show(coxph(Surv(time,event)~x1+x2, d, weights=w, robust=TRUE))
    show(coxph(Surv(entry,time,event)~x1+x2+strata(s), d, weights=w, cluster=id))
    show(coxph(Surv(time,event)~x1+x2, d, cluster=id))
    zph(plain); zph(every)
"""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

I = np.arange(1, 81)  # noqa: E741
TIME, EVENT = (I * 37) % 101 // 4 + 1, (I * 13) % 10 < 6
X = np.column_stack([(I * 29) % 17 / 4, (I * 7) % 5 < 2])
WEIGHTS, STRATA, CLUSTER = 1 + (I % 4) / 2, I % 3, I // 4
ENTRY = np.maximum(0, TIME - 1 - (I * 11) % 15)

EVERY = {"entry": ENTRY, "weights": WEIGHTS, "strata": STRATA}
FITS = [
    ({}, "0.0276832781352 0.1449108319594 0.1241376476437 0.2931190348722 "
         "-164.9066728473112 -164.7643422234706"),
    (EVERY | {"robust": False}, "0.2482974412296 0.1691364950497 0.0954022291502 0.2931350766446 "
                                "-202.7166741504091 -199.0467901611782"),
    ({"weights": WEIGHTS}, "0.0400403305546 0.1344237058467 0.1242088786105 0.2967729328347 "
                           "-337.5207832765176 -337.2402670510760"),
    (EVERY | {"cluster": CLUSTER}, "0.2482974412296 0.1691364950497 0.0895983576427 "
                                   "0.3090404764723 -202.7166741504091 -199.0467901611782"),
    ({"cluster": CLUSTER}, "0.0276832781352 0.1449108319594 0.1373686049768 0.2665224435960 "
                           "-164.9066728473112 -164.7643422234706"),
]  # fmt: skip
PROPORTIONALITY = [
    ({}, "km", "0.0184015523834 2.4735084256832 2.4764663315817"),
    ({}, "identity", "0.0304813804174 2.4076743648394 2.4095026499749"),
    (EVERY, "km", "1.53828414095 11.62603596366 12.48798399218"),
    (EVERY, "identity", "1.63781779476 12.57387723534 13.45136288564"),
]


def close(values, printed):
    assert values == pytest.approx([float(word) for word in printed.split()], rel=1e-8)


@pytest.mark.parametrize(("options", "printed"), FITS)
def test_estimates_errors_and_likelihoods_are_those_of_coxph(options, printed):
    model = stats.cox(TIME, EVENT, X, **options)
    errors = np.sqrt(np.diag(model.covariance)).tolist()
    logs = [row.log.value for row in model.coefficients]
    close([*logs, *errors, model.null_log_likelihood, model.log_likelihood], printed)
    half = [(row.log.upper - row.log.lower) / 2 / 1.959963984540054 for row in model.coefficients]
    assert half == pytest.approx(errors)


@pytest.mark.parametrize(("options", "transform", "printed"), PROPORTIONALITY)
def test_proportionality_is_tested_as_by_cox_zph(options, transform, printed):
    tests = stats.cox(TIME, EVENT, X, **options).proportionality(transform)
    assert list(tests) == ["x1", "x2", "all together"]
    close([test.statistic for test in tests.values()], printed)


@pytest.fixture(scope="module")
def heart():
    """Start-stop rows of 103 patients; the times count the day of acceptance as day 1."""
    return pytest.importorskip("lifelines.datasets").load_stanford_heart_transplants()


def test_stanford_naive_landmark_and_time_dependent(heart):
    patients = heart.groupby("id").agg(
        stop=("stop", "max"), event=("event", "max"), transplant=("transplant", "max")
    )
    waited = heart[heart.transplant == 1].groupby("id").start.min().reindex(patients.index)
    naive = stats.hazard_ratio(patients.stop, patients.event, patients.transplant)
    rows = stats.cox(heart.stop, heart.event, heart.transplant, entry=heart.start)
    left = patients.stop - 1 > 30
    early = (waited - 1 <= 30)[left]
    landmark = stats.hazard_ratio(patients.stop[left] - 31, patients.event[left], early)
    assert (int(left.sum()), int(early.sum())) == (78, 35)
    for ratio, expected in (
        (naive, (0.266, 0.165, 0.429)),
        (rows["x1"].ratio, (1.136, 0.629, 2.049)),
        (landmark, (0.915, 0.527, 1.589)),
    ):
        assert (ratio.value, ratio.lower, ratio.upper) == pytest.approx(expected, abs=0.0005)
