"""The Stanford heart transplant data, in four ways; lifelines carries the table.

The hazard ratios and person-times are R 4.2.2's, survival 3.5-3, on the same stretches of time:

    library(survival)
    d <- read.csv("stanford_heart.csv")   # of lifelines; its clock reads 1 on the day of acceptance
    one <- aggregate(cbind(stop, event, transplant) ~ id, d, max)
    summary(coxph(Surv(stop, event) ~ transplant, one))                # naive
    summary(coxph(Surv(start, stop, event) ~ transplant, d))           # time-dependent
    wait <- sapply(one$id, function(i) min(c(Inf, d$start[d$id == i & d$transplant == 1])))
    late <- one$stop > 31                                              # watched after day 30
    summary(coxph(Surv(stop, event) ~ I(wait[late] <= 31), one[late, ]))
    survdiff(Surv(stop, event) ~ transplant, one)$exp

    n <- nrow(one); x <- d[match(one$id, d$id), c("age", "surgery")]   # clone-censor-weight
    x$age <- round(48 + x$age, 1)
    g <- 31; end <- one$stop; st <- ceiling(wait)                      # at the end of its day
    beyond <- end > g; begun <- st <= g
    p <- predict(glm(begun[beyond] ~ ., binomial, x[beyond, ]), x, type = "response")
    w <- mean(begun[beyond]) / p
    A <- rbind(data.frame(id = 1:n, a = 0, b = pmin(end, g), e = one$event * (!beyond), w = 1),
               data.frame(id = 1:n, a = g, b = end, e = one$event, w = w)[beyond & begun, ])
    starts <- is.finite(st) & st <= g
    leave <- ifelse(starts, pmin(st, end - .5), end)
    fit <- coxph(Surv(leave, starts) ~ age + surgery, x)
    r <- exp(as.matrix(sweep(x, 2, colMeans(x))) %*% coef(fit))
    days <- sort(unique(leave[starts]))
    H <- function(r) cumsum(sapply(days, function(t) {
      d <- starts & leave == t; m <- sum(d)
      sum(1 / (sum(r[leave >= t]) - (0:(m - 1)) / m * sum(r[d]))) }))
    h0 <- c(0, H(rep(1, n))); h1 <- c(0, H(r))
    B <- do.call(rbind, lapply(1:n, function(i) {
      cut <- c(0, days[days < leave[i]], leave[i]); k <- length(cut) - 1
      data.frame(id = i, a = cut[1:k], b = cut[-1],
                 e = c(rep(0, k - 1), one$event[i] * !starts[i]),
                 w = exp(h1[1:k] * r[i] - h0[1:k])) }))
    both <- rbind(cbind(A, arm = 1), cbind(B, arm = 0))
    exp(coef(coxph(Surv(a, b, e) ~ arm, both, weights = w)))
    1 - summary(survfit(Surv(a, b, e) ~ arm, both, weights = w), times = 366)$surv
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import casewise
from casewise.results import Results, TimeToEventOutcome

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "heart_transplant"


@pytest.fixture(scope="module")
def studies() -> dict[str, Results]:
    names = ("naive", "time_dependent", "landmark", "clone_censor_weight")
    return {
        name: casewise.run(EXAMPLE / f"study_{name}.yaml", EXAMPLE / "site.yaml") for name in names
    }


def survival(results: Results) -> TimeToEventOutcome:
    outcome = results.outcomes["survival"]
    assert isinstance(outcome, TimeToEventOutcome)
    return outcome


def hazard_ratio(results: Results) -> tuple[float | None, float | None, float | None]:
    one = next(e for e in survival(results).estimates if e.measure == "hazard ratio")
    return one.value, one.lower, one.upper


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("naive", (0.266216644632, 0.165085917997, 0.429299498947)),
        ("time_dependent", (1.13557726665, 0.629339393188, 2.04903068597)),
        ("landmark", (0.915045866556, 0.526989115217, 1.58885433062)),
    ],
)
def test_hazard_ratios_are_those_of_r(
    studies: dict[str, Results], name: str, expected: tuple[float, float, float]
) -> None:
    assert hazard_ratio(studies[name]) == pytest.approx(expected, abs=1e-6)


def test_the_landmark_leaves_78_patients_35_of_them_transplanted(
    studies: dict[str, Results],
) -> None:
    assert [arm.n for arm in studies["landmark"].arms] == [35, 43]
    assert studies["landmark"].attrition[-1].excluded == 25


def test_only_the_naive_study_has_immortal_time_and_it_is_of_the_highest_severity(
    studies: dict[str, Results],
) -> None:
    severity = {
        name: next(t.severity for t in found.appraisal if t.threat == "Immortal time")
        for name, found in studies.items()
    }
    assert severity.pop("naive") == "high"
    assert set(severity.values()) <= {"none", "low"}


def test_clone_censor_weight_is_that_of_r(studies: dict[str, Results]) -> None:
    found = studies["clone_censor_weight"]
    assert hazard_ratio(found)[0] == pytest.approx(0.912435550145, abs=1e-8)
    year = found.outcomes["survival to 1 year"]
    difference = next(e.value for e in year.estimates if e.measure == "risk difference")
    assert difference == pytest.approx(0.612372207372 - 0.724578621557, abs=1e-8)


def test_cloning_undoes_the_naive_benefit_and_starts_from_every_patient(
    studies: dict[str, Results],
) -> None:
    found = studies["clone_censor_weight"]
    value, lower, upper = hazard_ratio(found)
    assert value is not None
    assert lower is not None
    assert upper is not None
    assert 0.8 < value < 1.2
    assert lower < 1 < upper
    assert {arm.n for arm in survival(found).arms.values()} == {103}


def test_waiting_explains_the_naive_benefit(studies: dict[str, Results]) -> None:
    found: Any = studies["naive"].person_time
    assert (found.waiting.days, found.treated.days, found.never.days) == (2600, 25998, 3253)
    assert (found.treated.events, found.never.events, found.waiting.events) == (45, 30, 0)
    assert found.expected_naive == pytest.approx((62.9089788564, 12.0910211436), abs=1e-6)
    assert found.expected[0] == pytest.approx(43.6, abs=0.05)  # 45 happened
