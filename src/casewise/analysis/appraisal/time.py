"""Threats that time makes: waiting for treatment, dying first, being watched for less long."""

from __future__ import annotations

import numpy as np

from casewise.analysis.appraisal.evidence import Evidence, nothing, patients
from casewise.analysis.time_zero import time_zero
from casewise.results import BinaryOutcome, DurationOutcome, Threat, TimeToEventOutcome

IMMORTAL = "Immortal time"
COMPETING = "Death competes"
FOLLOW_UP = "Differential follow-up"


def immortal_time(evidence: Evidence) -> Threat | None:
    """Treatment that starts after day 0 can be had only by those who live until it starts.

    High where somebody of another arm died while members of this arm were still waiting; the
    longest wait bounds that time [gail1972], [mantel1974], [suissa2008], [hernan2016]. Low where
    the protocol deals with the wait.
    """
    dataset = evidence.dataset
    dealt_with = _dealt_with(evidence)
    if dealt_with is not None:
        return dealt_with
    worst: Threat | None = None
    for name, exposure in dataset.exposures.items():
        mine = evidence.arm(name)
        if exposure.in_window.undated[mine].any():
            return Threat(
                threat=IMMORTAL,
                severity="moderate",
                finding=f"The records do not date {exposure.event}, so that nobody can tell "
                f"whether patients had to live for a while to be counted under {name}.",
                remedy="Find the dates, or show that treatment was decided on day 0.",
                sources=("suissa2008", "hernan2016"),
            )
        days = exposure.in_window.day[mine]
        waits = days[days > 0]
        if not len(waits):
            continue
        died = ~mine & (dataset.death <= waits.max())
        decided = time_zero(evidence.study).choice == "decided on day 0"
        settled = "The protocol says that the arms were settled on day 0. " if decided else ""
        found = Threat(
            threat=IMMORTAL,
            severity="high" if died.any() and not decided else "moderate",
            finding=settled + _waiting(name, waits, int(mine.sum()), died, mine),
            remedy="Compare from a landmark day, treat exposure as changing in time, or use "
            "clone-censor-weight. As it stands, the waiting counts in favour of treatment.",
            sources=("gail1972", "mantel1974", "suissa2008", "hernan2016"),
        )
        if worst is None or found.severity == "high":
            worst = found
    if worst is None and dataset.exposures:
        return nothing(IMMORTAL, "No treatment that defines an arm starts after day 0.")
    return worst


def _dealt_with(evidence: Evidence) -> Threat | None:
    """What is left of immortal time under a landmark, changing treatment or cloning."""
    zero = time_zero(evidence.study)
    left = {
        "landmark": "What happened before the landmark is left out, and treatment begun after it "
        "counts for the arm without.",
        "time-dependent": "Who starts on a day may differ from who does not, and the model takes "
        "the hazard to change at once.",
        "clone-censor-weight": "Weights make up for the censoring only as far as the covariates "
        "say who starts.",
    }.get(zero.choice)
    if left is None:
        return None
    return Threat(
        threat=IMMORTAL,
        severity="low",
        finding=f"Arms are formed by treatment that starts after day 0, and that is dealt with. "
        f"{zero.text} {left}",
        remedy="Show another of the choices beside it.",
        sources={
            "landmark": ("anderson1983",),
            "time-dependent": ("mantel1974", "crowley1977"),
        }.get(zero.choice, ("hernan2018", "maringe2020")),
    )


def _waiting(name: str, waits: object, n: int, died: object, mine: object) -> str:
    days, dead, members = np.asarray(waits), np.asarray(died), np.asarray(mine)
    text = (
        f"Under {name}, {len(days):,} of {n:,} began treatment after day 0, at the median on day "
        f"{np.median(days):g} (range {days.min():g} to {days.max():g}). They had to live until "
        f"then: {days.sum():,.0f} days of waiting count as treated. "
    )
    others = int((~members).sum())
    return text + (
        f"Of the {patients(others)} of the other arms, {int(dead.sum()):,} died by day "
        f"{days.max():g}, when treatment could still have begun."
    )


def death_competes(evidence: Evidence) -> Threat | None:
    """A stay that ends in death is short, and the dead cannot be readmitted.

    High for a duration that a death ended, moderate where a death censored or excluded the event
    [fine1999], [austin2016], [pocock2012].
    """
    findings = []
    severity = 0
    for outcome in evidence.outcomes.values():
        if isinstance(outcome, DurationOutcome):
            ended = {name: (arm.ended_by_competing, arm.n) for name, arm in outcome.arms.items()}
            if any(count for count, _ in ended.values()):
                counts = "; ".join(f"{name}, {k:,} of {n:,}" for name, (k, n) in ended.items())
                findings.append(f"{outcome.label} ended by {outcome.competing} ({counts})")
                severity = 2
            severity = max(severity, _dead_within(evidence, outcome, findings))
        elif isinstance(outcome, TimeToEventOutcome):
            competing = sum(arm.competing for arm in outcome.arms.values())
            if competing:
                findings.append(
                    f"{outcome.label}: {patients(competing)} censored by {outcome.competing}"
                )
                severity = max(severity, 1)
        elif isinstance(outcome, BinaryOutcome):
            note = next((n for n in outcome.footnotes if "died before the horizon" in n), "")
            if note:
                findings.append(f"{outcome.label}: {note.partition(',')[0]}")
                severity = max(severity, 1)
    if not findings:
        return nothing(COMPETING, "No outcome was cut short or made impossible by a death.")
    return Threat(
        threat=COMPETING,
        severity=("low", "moderate", "high")[severity],
        finding="; ".join(findings) + ". An arm in which more die early then looks the better.",
        remedy="Cumulative incidence with death as a competing event, days alive and out of "
        "hospital, or a ranked composite (win ratio).",
        sources=("fine1999", "austin2016", "pocock2012"),
    )


def _dead_within(evidence: Evidence, outcome: DurationOutcome, findings: list[str]) -> int:
    """A duration that names no competing event, and deaths on or before the day it ends."""
    if outcome.competing or outcome.number:
        return 0
    name = next(n for n, o in evidence.outcomes.items() if o is outcome)
    columns = evidence.dataset.outcomes[name]
    dead = evidence.dataset.death <= columns.ends
    if not dead.any():
        return 0
    counts = "; ".join(
        f"{arm}, {int((dead & evidence.arm(arm)).sum()):,}" for arm in evidence.dataset.arms
    )
    findings.append(f"{outcome.label} ends in death for {patients(int(dead.sum()))} ({counts})")
    return 2


def differential_follow_up(evidence: Evidence) -> Threat | None:
    """Patients lost before a horizon, and more of them in one arm than in another."""
    if not evidence.dataset.follow_up_known:
        return Threat(
            threat=FOLLOW_UP,
            severity="moderate",
            finding="The records do not say until when patients were watched; everyone without "
            "the event was taken as watched to the horizon.",
            remedy="Record the date on which each patient was last known to be alive.",
        )
    worst, text = 0.0, ""
    gap = 0.0
    for outcome in evidence.binary().values():
        shares = {
            name: arm.lost / max(int(evidence.arm(name).sum()), 1)
            for name, arm in outcome.arms.items()
        }
        if max(shares.values()) >= worst and max(shares.values()) > 0:
            worst, gap = max(shares.values()), max(shares.values()) - min(shares.values())
            counts = "; ".join(
                f"{name}, {arm.lost:,} of {int(evidence.arm(name).sum()):,}"
                for name, arm in outcome.arms.items()
            )
            text = f"{outcome.label}, lost before its horizon: {counts}."
    if not text:
        return nothing(FOLLOW_UP, "Nobody was lost before a horizon.")
    severe = "high" if worst > 0.2 or gap > 0.1 else "moderate" if worst > 0.05 else "low"
    return Threat(
        threat=FOLLOW_UP,
        severity=severe,
        finding=text,
        remedy="Show the best and the worst case, or weight for being censored.",
    )
