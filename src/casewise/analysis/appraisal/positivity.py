"""Kinds of patients who were all treated alike, so that nothing tells what else would have done."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from casewise.analysis.appraisal.evidence import Evidence, listed, nothing, patients
from casewise.cohort.dataset import KNOWN, Bools, Covariate
from casewise.results import Threat

POSITIVITY = "Positivity"


def positivity(evidence: Evidence) -> Threat | None:
    """Levels of a covariate, or ends of its range, that are found in one arm alone.

    Chance puts k patients all into an arm of share p with probability ``p^k``. A kind of patient
    counts where that is under 0.05 over the kinds and arms looked at [crump2009]. High where
    more than a tenth of the patients are of such a kind.
    """
    covariates = [c for c in evidence.dataset.baseline if not c.after_index]
    if not covariates:
        return None
    kinds = [kind for covariate in covariates for kind in kinds_of(covariate)]
    arms = [evidence.arm(name) for name in evidence.dataset.arms]
    alone: list[tuple[int, str]] = []
    everyone = np.zeros(len(evidence.dataset), dtype=np.bool_)
    for name, known, mask in (*kinds, *_ends(covariates, arms)):
        for number, arm in enumerate(arms):
            share = float((arm & known).sum()) / max(int(known.sum()), 1)
            k = int(mask.sum())
            tried = (len(kinds) + 2 * len(covariates)) * len(arms)
            if k and not (mask & ~arm).any() and share**k < 0.05 / tried:
                alone.append((k, f"{name}: {k:,}, all {evidence.dataset.arms[number]}"))
                everyone |= mask
    if not alone:
        return nothing(
            POSITIVITY,
            "No kind of patient was more one-sided than chance makes, by any single covariate.",
        )
    alone.sort(reverse=True)
    n = int(everyone.sum())
    return Threat(
        threat=POSITIVITY,
        severity="high" if n > len(evidence.dataset) / 10 else "moderate",
        finding=f"{patients(n)} are of a kind that was found in one arm alone ("
        f"{listed([text for _, text in alone[:3]])}). For them the records hold no comparison.",
        remedy="Leave such patients out and say so (trimming, overlap weights, exclusion "
        "criteria), rather than extrapolate to them.",
        sources=("crump2009", "li2018"),
    )


Kind = tuple[str, Bools, Bools]  # its name, for whom the covariate is known, and who is of it


def kinds_of(covariate: Covariate) -> Iterator[Kind]:
    known = np.asarray(covariate.status == KNOWN)
    if covariate.kind == "category":
        for level in covariate.levels:
            yield f"{covariate.label} {level}", known, known & (covariate.values == level)
    elif covariate.kind == "yes/no":
        yes = known & covariate.values.astype(np.bool_)
        yield covariate.label, known, yes
        yield f"no {covariate.label}", known, known & ~yes


def _ends(covariates: list[Covariate], arms: list[Bools]) -> Iterator[Kind]:
    """The patients of one arm above, or below, everybody of the others."""
    for covariate in covariates:
        if covariate.kind != "number":
            continue
        known = np.asarray(covariate.status == KNOWN)
        values = np.where(known, covariate.values.astype(np.float64), np.nan)
        for arm in arms:
            rest = values[known & ~arm]
            if not len(rest):
                continue
            top, low = float(rest.max()), float(rest.min())
            yield f"{covariate.label} over {top:g}", known, known & arm & (values > top)
            yield f"{covariate.label} under {low:g}", known, known & arm & (values < low)
