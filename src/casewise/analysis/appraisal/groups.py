"""Threats in how the groups came about and in what is known of them."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy import special

from casewise.analysis.appraisal.evidence import Evidence, listed, nothing, patients
from casewise.results import BaselineRow, Threat

INDICATION = "Confounding by indication"
MISSING = "Missing data"
FUTURE = "Adjustment for the future"
PREVALENT = "Prevalent users"
EXPOSURE = "Exposure outside its window"
SMALL = "Small groups that could identify a patient"

CUSTOMARY = 0.1  # standardized difference that is customarily taken as imbalance [austin2009]
BEYOND_JUDGING = 0.5  # chance differences over this leave nothing to be seen of real ones
SMALL_CELL = 5


def confounding_by_indication(evidence: Evidence) -> Threat | None:
    """Baseline differences larger than chance makes between arms of these sizes.

    A difference counts when it is over 0.1 [austin2009] and over what chance alone would exceed in
    any of the k covariates in one study of twenty: ``z(1 - 0.025 / k) sqrt(1/n_1 + 1/n_0)``.
    """
    rows = [row for row in evidence.baseline if not row.after_index]
    if not rows:
        return Threat(
            threat=INDICATION,
            severity="high",
            finding="No baseline covariate is compared: nothing shows that the arms are alike.",
            remedy="Add what decided who was treated, measured before it.",
            sources=("austin2009",),
        )
    sizes = [max(int(evidence.arm(name).sum()), 1) for name in evidence.dataset.arms]
    limit = _chance_limit(sizes[0], sizes[-1], len(rows))
    apart = sorted(
        ((_largest(row), row.label) for row in rows if _largest(row) > max(limit, CUSTOMARY)),
        reverse=True,
    )
    top = listed([f"{name} ({_shown(size)})" for size, name in apart[:3]])
    if limit > BEYOND_JUDGING and not apart:
        over = sum(_largest(row) > CUSTOMARY for row in rows)
        return Threat(
            threat=INDICATION,
            severity="moderate",
            finding=f"{over} of {len(rows)} baseline covariates differ by more than {CUSTOMARY} "
            f"standard deviations. In arms of {sizes[0]:,} and {sizes[-1]:,}, chance alone makes "
            f"differences up to {limit:.2f}, so that balance can be neither shown nor ruled out; "
            "a model that adjusts for them would not be credible.",
            remedy="Exact comparison within strata, bounds and an E-value; say who decided on "
            "treatment, and why.",
            sources=("austin2009", "vanderweele2017"),
        )
    if not apart:
        return Threat(
            threat=INDICATION,
            severity="low",
            finding=f"None of {len(rows)} baseline covariates differs by more than "
            f"{max(limit, CUSTOMARY):.2f} standard deviations. What was not measured may.",
            remedy="An E-value says how strong an unmeasured confounder would have to be.",
            sources=("austin2009", "vanderweele2017"),
        )
    return Threat(
        threat=INDICATION,
        severity=_how_far([size for size, _ in apart], len(rows), limit),
        finding=f"{len(apart)} of {len(rows)} baseline covariates differ by more than chance and "
        f"{CUSTOMARY} standard deviations, most of all {top}. Where these bear on the outcome, "
        "crude differences in it are not the effect of treatment.",
        remedy="Overlap or balancing weights, or a doubly robust estimate; an E-value for what was "
        "not measured.",
        sources=("austin2009", "li2018", "vanderweele2017"),
    )


def _how_far(
    sizes: list[float], covariates: int, limit: float
) -> Literal["high", "moderate", "low"]:
    """A single difference just over what chance makes is seen in one sound trial of twenty."""
    several, large = len(sizes) > 1, sizes[0] > 1.5 * limit
    if (several and len(sizes) > covariates / 10) or (large and sizes[0] > 0.25):
        return "high"
    return "moderate" if several or large else "low"


def _chance_limit(n_1: int, n_0: int, covariates: int) -> float:
    z = float(special.ndtri(1 - 0.025 / covariates))
    return z * math.sqrt(1 / n_1 + 1 / n_0)


def _largest(row: BaselineRow) -> float:
    values = [abs(one.value) for one in row.differences if one.value is not None]
    return max(values, default=0.0)


def _shown(size: float) -> str:
    return "nothing in common" if math.isinf(size) else f"{size:.2f}"


def missing_data(evidence: Evidence) -> Threat | None:
    """Baseline values that nobody wrote down, and whether one arm lacks more."""
    shares = []
    for row in evidence.baseline:
        lacking = row.overall.not_documented
        asked = row.overall.n + lacking
        if lacking and asked:
            shares.append((lacking / asked, row.label))
    if not shares:
        return nothing(MISSING, "Every baseline value is documented.")
    shares.sort(reverse=True)
    worst = listed([f"{name} ({share:.0%})" for share, name in shares[:3]])
    most = shares[0][0]
    return Threat(
        threat=MISSING,
        severity="high" if most > 0.4 else "moderate" if most > 0.1 else "low",
        finding=f"{len(shares)} of {len(evidence.baseline)} baseline covariates are not documented "
        f"for some patients, most of all {worst}.",
        remedy="Multiple imputation with a shift, and best and worst cases; say why values are "
        "missing.",
        sources=("rubin1987", "white2011", "sterne2009"),
    )


def adjustment_for_the_future(evidence: Evidence) -> Threat | None:
    """Covariates in the baseline table that were measured after day 0."""
    late = [row.label for row in evidence.baseline if row.after_index]
    if not late:
        return nothing(FUTURE, "No baseline covariate is measured after day 0.")
    return Threat(
        threat=FUTURE,
        severity="moderate",
        finding=f"{listed(late)} may have been measured after day 0, and so be an effect of "
        "treatment rather than a reason for it.",
        remedy="Show it, but do not adjust for it.",
        sources=("rosenbaum1984",),
    )


def prevalent_users(evidence: Evidence) -> Threat | None:
    """Patients who had the treatment before day 0: those it harmed early are not among them."""
    found = []
    for name, exposure in evidence.dataset.exposures.items():
        before = ~np.isnan(exposure.before.day) & evidence.arm(name)
        if before.any():
            n = int(evidence.arm(name).sum())
            found.append((int(before.sum()) / n, f"{name}, {int(before.sum()):,} of {n:,}"))
    if not evidence.dataset.exposures:
        return None
    if not found:
        return nothing(PREVALENT, "Nobody had the treatment before day 0.")
    share = max(share for share, _ in found)
    return Threat(
        threat=PREVALENT,
        severity="high" if share > 0.2 else "moderate",
        finding="Had the treatment before day 0: " + "; ".join(text for _, text in found) + ".",
        remedy="Leave them out (new users), or start their clock with their first treatment.",
        sources=("ray2003",),
    )


def exposure_outside_its_window(evidence: Evidence) -> Threat | None:
    """Comparators who had the treatment after all, outside the window that defines the arm."""
    found = []
    for name, exposure in evidence.dataset.exposures.items():
        others = ~evidence.arm(name)
        late = ~np.isnan(exposure.ever.day) & others
        if late.any():
            text = f"{int(late.sum()):,} of {patients(int(others.sum()))} outside {name}"
            found.append((float(np.mean(late[others])), text))
    if not evidence.dataset.exposures:
        return None
    if not found:
        return nothing(
            EXPOSURE, "Nobody had the treatment outside the window that defines its arm."
        )
    share = max(share for share, _ in found)
    return Threat(
        threat=EXPOSURE,
        severity="moderate" if share > 0.05 else "low",
        finding="Had the treatment outside its window: " + "; ".join(t for _, t in found) + ".",
        remedy="Vary the window; treat exposure as changing in time.",
    )


def small_groups(evidence: Evidence) -> Threat | None:
    """Categories with so few patients that a reader could know one."""
    small = []
    for row in evidence.baseline:
        for level, count in row.overall.counts.items():
            if 0 < count < SMALL_CELL:
                small.append(f"{row.label}: {level}" if row.kind == "category" else row.label)
    total = len(evidence.dataset)
    if not small and total >= 50:
        return nothing(
            SMALL, f"No category of the baseline holds fewer than {SMALL_CELL} patients."
        )
    finding = ""
    if small:
        number = "1 category holds" if len(small) == 1 else f"{len(small)} categories hold"
        finding = f"{number} fewer than {SMALL_CELL} patients"
    if total < 50:
        finding = (
            f"{finding}, and the study is of {total} in all"
            if finding
            else (f"The study is of {total} patients")
        )
    return Threat(
        threat=SMALL,
        severity="moderate" if total < 50 else "low",
        finding=finding + ": someone who knows a patient may recognize him or her.",
        remedy="Merge categories, and leave out the plot of each patient, before sharing.",
    )
