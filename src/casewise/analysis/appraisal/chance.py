"""Threats that chance makes: many looks, nested outcomes, few events, results that hang on one."""

from __future__ import annotations

from casewise import stats
from casewise.analysis.appraisal.evidence import Evidence, listed, nothing, patients
from casewise.analysis.appraisal.positivity import kinds_of
from casewise.analysis.covariates import chosen
from casewise.analysis.labels import labels
from casewise.protocol.model import Study
from casewise.protocol.resolve import label, outcome_window
from casewise.protocol.time import bounds
from casewise.results import Arm, BinaryOutcome, Threat, TimeToEventOutcome

MULTIPLICITY = "Multiplicity"
FRAGILITY = "Fragility"
SPARSE = "Sparse data and separation"
OUTCOME_MODELS = ("logistic regression", "Cox regression", "AIPW", "g-computation")
FEW_EVENTS = 10


def multiplicity(evidence: Evidence) -> Threat | None:
    """How many comparisons were made, what is left after Holm, and which repeat one another."""
    tests = [
        comparison.test
        for outcome in evidence.outcomes.values()
        for comparison in outcome.comparisons(_arms(evidence))
    ]
    p_values = [test.p_value for test in tests]
    known = [p for p in p_values if p is not None]
    chain = nested(evidence.study)
    if len(known) < 2:
        return nothing(MULTIPLICITY, "One comparison was made.")
    adjusted = [p for p in stats.holm(p_values) if p is not None]
    before = sum(p <= evidence.alpha for p in known)
    after = sum(p <= evidence.alpha for p in adjusted)
    smallest = "below 0.001" if min(adjusted) < 0.001 else f"{min(adjusted):.2g}"
    finding = (
        f"{len(known)} comparisons of outcomes were made. At the level of {evidence.alpha:.2g}, "
        f"{before} of their P values lie at or below it before Holm's adjustment and {after} "
        f"after; the smallest after is {smallest}."
    )
    if chain:
        finding += (
            f" {len(chain)} outcomes are nested, each holding the one before "
            f"({', '.join(label(evidence.study, name) for name in chain)}), and so repeat one "
            "another's events rather than confirm them."
        )
    severity = "high" if before and not after else "moderate" if before > after else "low"
    return Threat(
        threat=MULTIPLICITY,
        severity=severity,
        finding=finding,
        remedy="Name one primary outcome beforehand, and read the others as exploration or "
        "adjust them (Holm; Westfall and Young).",
        sources=("holm1979", "westfall1993"),
    )


def _arms(evidence: Evidence) -> tuple[Arm, ...]:
    return tuple(Arm(name=name, n=int(evidence.arm(name).sum())) for name in evidence.dataset.arms)


def nested(study: Study) -> list[str]:
    """The longest chain of binary outcomes in which each holds all the events of the one before,
    over a window at least as wide."""
    binary = [name for name, outcome in study.outcomes.items() if outcome.kind == "binary"]

    def holds(outer: str, inner: str) -> bool:
        one, two = study.outcomes[outer], study.outcomes[inner]
        first, second = (bounds(outcome_window(o).end) for o in (two, one))
        wide = first is not None and second is not None and first[1] <= second[0]
        same_start = outcome_window(one).start == outcome_window(two).start
        more = _opened(study, two.events) <= _opened(study, one.events)
        return outer != inner and wide and same_start and more

    best: list[str] = []

    def grow(chain: list[str]) -> None:
        nonlocal best
        best = max(best, chain, key=len)
        for name in binary:
            if name not in chain and holds(name, chain[-1]):
                grow([*chain, name])

    for name in binary:
        grow([name])
    return best if len(best) > 1 else []


def _opened(study: Study, events: tuple[str, ...]) -> frozenset[str]:
    """The events with composites opened."""
    found: set[str] = set()
    for event in events:
        members = study.events[event].any_of
        found |= _opened(study, members) if members else {event}
    return frozenset(found)


def fragility(evidence: Evidence) -> Threat | None:
    """How few patients would have to fare otherwise for Fisher's P to cross the level."""
    arms = evidence.dataset.arms
    weak: list[tuple[int, str]] = []
    strong = 0
    for outcome in evidence.binary().values():
        for arm in arms[:-1]:
            one, two = outcome.arms[arm], outcome.arms[arms[-1]]
            found = stats.fragility_index(one.events, one.n, two.events, two.n, evidence.alpha)
            if not found.index:
                continue
            share = found.index / (one.n + two.n)
            if found.index <= 3 or (share < 0.005 and found.index <= 20):
                weak.append((found.index, outcome.label))
            else:
                strong += 1
    if not weak:
        text = "No result below the level hangs on a few patients."
        return nothing(FRAGILITY, text) if strong else None
    least = min(index for index, _ in weak)
    each = "; ".join(f"{name}, {index}" for index, name in weak)
    return Threat(
        threat=FRAGILITY,
        severity="high" if least == 1 else "moderate",
        finding=f"{len(weak)} result{'s hang' if len(weak) > 1 else ' hangs'} on few patients. "
        f"Patients who would have to fare otherwise for P to reach {evidence.alpha:.2g}: {each}.",
        remedy="Report the estimate with its interval first; do not rest a conclusion on P alone.",
        sources=("walsh2014",),
    )


def sparse_data(evidence: Evidence) -> Threat | None:
    """Outcomes with few events, or none in an arm: asymptotic methods and models then fail."""
    vacant = [name for name in evidence.dataset.arms if not evidence.arm(name).any()]
    if vacant:
        return Threat(
            threat=SPARSE,
            severity="high",
            finding=f"No patient is in the arm {listed(vacant)}: there is nothing to compare with.",
            remedy="Look at the rules of the arms, and at how the site file answers their events.",
        )
    thin, empty, full = [], [], []
    for outcome in evidence.outcomes.values():
        if not isinstance(outcome, BinaryOutcome | TimeToEventOutcome):
            continue
        events = {name: arm.events for name, arm in outcome.arms.items()}
        total = sum(events.values())
        if total < FEW_EVENTS:
            thin.append(f"{outcome.label}, {total}")
        if total and min(events.values()) == 0:
            empty.append(outcome.label)
        sizes = {name: arm.n for name, arm in outcome.arms.items()}
        if any(sizes[name] and events[name] == sizes[name] for name in sizes) and total:
            full.append(outcome.label)
        if isinstance(outcome, TimeToEventOutcome) and total == 0:
            empty.append(outcome.label)
    apart = _separating(evidence)
    if not thin and not empty and not full and not apart:
        return nothing(
            SPARSE, f"Every outcome has {FEW_EVENTS} events or more, and some in each arm."
        )
    text = f"Fewer than {FEW_EVENTS} events: {'; '.join(thin)}." if thin else ""
    if empty:
        text += f" No event in one arm: {listed(empty)}."
    if full:
        text += f" Everybody in one arm had it: {listed(full)}."
    if apart:
        text += f" A covariate that is adjusted for settles the outcome: {'; '.join(apart)}."
    return Threat(
        threat=SPARSE,
        severity="high" if empty or full else "moderate",
        finding=text.strip(),
        remedy="Exact methods and Firth's penalty only; no model that adjusts for covariates.",
        sources=("firth1993", "heinze2002", "greenland2016"),
    )


def _separating(evidence: Evidence) -> list[str]:
    """Kinds of patients none or all of whom had a binary outcome, where a model of the outcome is
    asked for: the model then has no maximum, however many patients there are."""
    adjust = evidence.study.analysis.adjust
    if adjust is None or not set(OUTCOME_MODELS) & set(adjust.method):
        return []
    used = [c for c in chosen(evidence.study, evidence.dataset) if c.kind != "number"]
    found = []
    for outcome in labels(evidence.study, evidence.dataset):
        for covariate in used:
            for name, _, of_kind in kinds_of(covariate):
                there = of_kind & outcome.known
                had, n = int((there & outcome.happened).sum()), int(there.sum())
                if n and had in (0, n):
                    share = "none" if had == 0 else "all"
                    about = f"{label(evidence.study, outcome.name)}, {share} of {patients(n)}"
                    found.append(f"{about} ({name})")
    return found[:5]
