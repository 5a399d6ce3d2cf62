"""Made-up outcomes and harms for ``sample_results``."""

from __future__ import annotations

import math
import random
from typing import Any

from casewise.results import (
    Arm,
    BinaryArm,
    BinaryOutcome,
    Comparison,
    CountArm,
    CountOutcome,
    Curve,
    DurationArm,
    DurationOutcome,
    Estimate,
    Test,
    TimeToEventArm,
    TimeToEventOutcome,
)

STAYS = {0: (9, 18, 23, 25, 27, 31, 36, 44, 61), 1: (5, 8, 10, 14, 14, 26), 2: (7, 9, 12, 20, 33)}
NAMES = ("plasma exchange", "no plasma exchange", "rituximab alone")


def share(n: int, fraction: float) -> int:
    """The nearest whole number of ``n`` patients to ``fraction`` of them."""
    return round(n * fraction)


def estimate(
    measure: Any, value: Any, lower: Any, upper: Any, method: str, **rest: Any
) -> Estimate:
    return Estimate(
        measure=measure, value=value, lower=lower, upper=upper, level=0.95, method=method, **rest
    )


def fisher(p: float | None, **rest: Any) -> Test:
    return Test(
        method="Fisher's exact test, two-sided (minlike)",
        p_value=p,
        sources=("fisher1935",),
        **rest,
    )


def _binary_estimates(rd: tuple[float, float, float], odds: Any, ratio: Any) -> Any:
    return (
        estimate(
            "risk difference",
            *rd,
            "score interval of Miettinen and Nurminen",
            sources=("miettinen1985",),
        ),
        estimate(
            "risk ratio",
            *ratio,
            "exact unconditional interval of Agresti and Min",
        ),
        estimate("odds ratio", *odds, "conditional, exact interval of Baptista and Pike"),
    )


def _further(
    arms: tuple[Arm, ...], test: Test, estimates: tuple[Estimate, ...]
) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(arm=arm.name, comparator=arms[-1].name, test=test, estimates=estimates)
        for arm in arms[1:-1]
    )


def _binary(
    arms: tuple[Arm, ...],
    label: str,
    fractions: tuple[float, ...],
    test: Test,
    estimates: tuple[Estimate, ...],
    **rest: Any,
) -> BinaryOutcome:
    lost = rest.pop("lost", 0)
    cells = {
        arm.name: BinaryArm(
            n=arm.n - (lost if i == 0 else 0),
            events=share(arm.n, fractions[0] if i == 0 else fractions[1]),
            lost=lost if i == 0 else 0,
            risk_lower=0.0,
            risk_upper=0.6,
        )
        for i, arm in enumerate(arms)
    }
    return BinaryOutcome(
        label=label,
        text="Any occurrence from day 0 to the horizon, both included.",
        horizon=rest.pop("horizon", "30 days"),
        lost_rule="excluded",
        arms=cells,
        test=test,
        estimates=estimates,
        further_comparisons=_further(arms, test, estimates),
        **rest,
    )


def outcomes(arms: tuple[Arm, ...]) -> dict[str, Any]:
    undefined = "no patient in either arm had the event"
    none = tuple(
        estimate(measure, value, lower, upper, method, reason=reason)
        for measure, value, lower, upper, method, reason in (
            ("risk difference", 0.0, -0.39, 0.301, "score interval of Miettinen and Nurminen", ""),
            (
                "risk ratio",
                None,
                0.0,
                math.inf,
                "exact unconditional interval of Agresti and Min",
                undefined,
            ),
            (
                "odds ratio",
                None,
                None,
                None,
                "conditional, exact interval of Baptista and Pike",
                undefined,
            ),
        )
    )
    stay = (
        estimate(
            "Hodges-Lehmann shift",
            17.0,
            4.0,
            30.0,
            "median of pairwise differences, exact rank-sum interval",
            sources=("hodges1963",),
            unit="days",
        ),
    )
    rank = Test(method="exact Wilcoxon rank-sum test, with ties", p_value=0.015984, statistic=95.5)
    logrank = Test(
        method="asymptotic log-rank test", p_value=0.0432, statistic=4.09, sources=("mantel1966",)
    )
    hazard = (
        estimate(
            "hazard ratio",
            0.19,
            0.03,
            1.09,
            "Cox model, Efron's method for ties, Wald interval",
            sources=("cox1972", "efron1977"),
        ),
    )
    return {
        "death by 30 days": _binary(
            arms,
            "Death by 30 days",
            (0.0, 0.33),
            fisher(0.142857, adjusted_p_value=0.285714),
            _binary_estimates(
                (-1 / 3, -0.70939, 0.04455), (0.0, 0.0, 2.161901), (0.0, 0.0, 1.58994)
            ),
            primary=True,
        ),
        "death or transplant": _binary(
            arms,
            "Death or lung transplant by 30 days",
            (0.0, 0.5),
            fisher(0.043956, adjusted_p_value=0.17582),
            _binary_estimates((-0.5, -0.81893, -0.09646), (0.0, 0.0, 0.930087), (0, 0, 0.79683)),
        ),
        "failure by 1 year": _binary(
            arms,
            "Death, transplant or readmission by 1 year",
            (0.22, 0.83),
            fisher(0.040559, adjusted_p_value=0.17582),
            _binary_estimates(
                (-0.611111, -0.86836, -0.07849),
                (0.0735801, 0.00216551, 0.88091),
                (0.26667, 0.04083, 0.87451),
            ),
            horizon="1 year",
            lost=1,
            footnotes=("Lost before the horizon and left out: 1 patient.",),
        ),
        "stroke": _binary(arms, "Stroke by 30 days", (0.0, 0.0), fisher(1.0), none),
        "hospital stay": DurationOutcome(
            label="Hospital stay",
            text="Days from the index date to discharge; a stay that ended in death counts to "
            "the day of death.",
            competing="death",
            arms=_stays(arms),
            test=rank,
            estimates=stay,
            further_comparisons=_further(arms, rank, stay),
        ),
        "survival": TimeToEventOutcome(
            label="Death from any cause",
            text="Days from the index date to death from any cause, censored at last contact.",
            arms=_survival(arms),
            test=logrank,
            estimates=hazard,
            further_comparisons=_further(arms, logrank, hazard),
        ),
        "hospital admissions": CountOutcome(
            label="Readmissions in the first year",
            text="Every hospital admission after discharge within 1 year.",
            horizon="1 year",
            arms={
                arm.name: CountArm(
                    n=arm.n,
                    patients=share(arm.n, 0.4),
                    events=share(arm.n, 0.4) + 3,
                    person_days=300.0 * arm.n,
                    rate=(share(arm.n, 0.4) + 3) / (300.0 * arm.n) * 100,
                    rate_lower=0.05,
                    rate_upper=0.9,
                )
                for arm in arms
            },
            test=Test(
                method="exact conditional test of two rates (central)",
                p_value=0.61,
            ),
            estimates=(
                estimate(
                    "rate difference", -0.02, -0.31, 0.24, "score", unit="per 100 person-days"
                ),
                estimate(
                    "rate ratio",
                    0.88,
                    0.31,
                    2.41,
                    "ratio of rates, exact conditional interval (central)",
                ),
            ),
            further_comparisons=_further(
                arms,
                Test(method="exact conditional test of two rates (central)", p_value=0.61),
                (
                    estimate(
                        "rate ratio",
                        0.88,
                        0.31,
                        2.41,
                        "ratio of rates, exact conditional interval (central)",
                    ),
                ),
            ),
        ),
    }


def _stays(arms: tuple[Arm, ...]) -> dict[str, DurationArm]:
    cells = {}
    for arm in arms:
        which = NAMES.index(arm.name)
        values = tuple(float(day) for day in STAYS[which]) if arm.n <= 9 else ()
        median, q1, q3 = ((27.0, 23.0, 36.0), (12.0, 8.0, 14.0), (12.0, 9.0, 20.0))[which]
        cells[arm.name] = DurationArm(
            n=arm.n,
            median=median,
            q1=q1,
            q3=q3,
            minimum=float(STAYS[which][0]),
            maximum=float(STAYS[which][-1]),
            ended_by_competing=0 if which == 0 else 2,
            values=values,
        )
    return cells


def follow_up(arm: Arm) -> list[tuple[int, bool]]:
    """Day of the end of follow-up of each patient, and whether it was death."""
    dice = random.Random(arm.name)
    chance = 0.22 if arm.name == NAMES[0] else 0.66
    ends = [(dice.randint(20, 400), dice.random() < chance) for _ in range(arm.n)]
    return sorted(ends, reverse=True)


def kaplan_meier(ends: list[tuple[int, bool]], z: float = 1.959964) -> Curve:
    """Kaplan-Meier with log-log bands of Greenwood's variance."""
    times = sorted({day for day, _ in ends})
    survival, variance = 1.0, 0.0
    columns: dict[str, list[Any]] = {name: [] for name in Curve.model_fields}
    for day in times:
        at_risk = sum(end >= day for end, _ in ends)
        events = sum(end == day and died for end, died in ends)
        survival *= 1 - events / at_risk
        if survival > 0:
            variance += events / (at_risk * (at_risk - events)) if events else 0.0
        band: tuple[float | None, float | None] = (None, None)
        if 0 < survival < 1:
            spread = z * math.sqrt(variance) / abs(math.log(survival))
            band = (survival ** math.exp(spread), survival ** math.exp(-spread))
        elif survival == 1:
            band = (1.0, 1.0)
        columns["time"].append(float(day))
        columns["at_risk"].append(at_risk)
        columns["events"].append(events)
        columns["censored"].append(sum(end == day for end, _ in ends) - events)
        columns["survival"].append(survival)
        columns["lower"].append(band[0])
        columns["upper"].append(band[1])
    return Curve(**{name: tuple(values) for name, values in columns.items()})


def _survival(arms: tuple[Arm, ...]) -> dict[str, TimeToEventArm]:
    cells = {}
    for arm in arms:
        ends = follow_up(arm)
        curve = kaplan_meier(ends)
        events = sum(died for _, died in ends)
        half = [day for day, at in zip(curve.time, curve.survival, strict=True) if at <= 0.5]
        cells[arm.name] = TimeToEventArm(
            n=arm.n,
            events=events,
            censored=arm.n - events,
            person_days=float(sum(day for day, _ in ends)),
            median=half[0] if half else None,
            median_lower=curve.time[1] if half else None,
            median_upper=math.inf if half else None,
            curve=curve,
        )
    return cells


def harms(arms: tuple[Arm, ...]) -> dict[str, CountOutcome]:
    def harm(label: str, each: int, p: float, ratio: Estimate) -> CountOutcome:
        cells = {}
        for i, arm in enumerate(arms):
            events = each * 2 if i == 0 else 0
            cells[arm.name] = CountArm(
                n=arm.n,
                patients=each if i == 0 else 0,
                events=events,
                person_days=274.0 if i == 0 else 77.0,
                rate=events / 274.0 * 100 if i == 0 else 0.0,
                rate_lower=0.0,
                rate_upper=4.8,
                undated=1 if i == 0 and each else 0,
            )
        test = fisher(p)
        method = "score interval of Miettinen and Nurminen"
        risk = (each / 9, each / 9 - 0.423, each / 9 + 0.325)
        estimates = (
            estimate("risk difference", *risk, method, sources=("miettinen1985",)),
            ratio,
        )
        return CountOutcome(
            label=label,
            harm=True,
            text="Every occurrence while in hospital.",
            arms=cells,
            test=test,
            estimates=estimates,
            further_comparisons=_further(arms, test, estimates),
        )

    infinite = estimate(
        "rate ratio",
        math.inf,
        0.18,
        math.inf,
        "ratio of rates, exact conditional interval (central)",
    )
    missing = estimate(
        "rate ratio",
        None,
        None,
        None,
        "ratio of rates, exact conditional interval (central)",
        reason="no event in either arm",
    )
    return {
        "line infection": harm("Line infection", 2, 0.485714, infinite),
        "bleeding": harm("Bleeding", 1, 0.0006, infinite),
        "hypotension": harm("Hypotension during exchange", 0, 1.0, missing),
    }
