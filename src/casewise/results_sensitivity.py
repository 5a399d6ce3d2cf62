"""How far a result must be pushed to change: confounding, missing outcomes, other choices."""

from __future__ import annotations

from pydantic import Field

from casewise.results_base import Estimate, Frozen


class Unmeasured(Frozen):
    """E-values of one ratio, and the confounder of given prevalences that would undo it."""

    outcome: str
    arm: str
    analysis: str = Field(description="crude, or the method of adjustment")
    ratio: Estimate
    e_value: float | None
    e_value_limit: float | None = Field(description="1 where the interval includes no effect")
    prevalences: tuple[float, float] = Field(description="of the confounder, treated and control")
    tipping: float | None = Field(description="its risk ratio that moves the estimate to 1")
    tipping_limit: float | None
    reason: str = ""


class MissingOutcome(Frozen):
    """What the unknown outcomes of a binary outcome could do to the risk difference."""

    outcome: str
    arm: str
    unknown: tuple[int, int] = Field(description="patients whose outcome is not known, by arm")
    observed: Estimate = Field(description="the patients whose outcome is known")
    best: Estimate = Field(description="none of the treated unknown had it, all of the others")
    worst: Estimate = Field(description="the other way round")
    delta: float | None = Field(
        description="the shift in log odds of the treated unknown, of the observed risk, at which "
        "the interval's verdict on no difference changes; null where no shift does it"
    )


class CensoringWeighted(Frozen):
    """Risks by the horizon in which those whose outcome is known stand for the lost like them."""

    outcome: str
    arm: str
    lost: tuple[int, int] = Field(description="patients lost before it was known, by arm")
    effective: tuple[float, float] | None = Field(
        default=None, description="effective numbers of patients after weighting"
    )
    risks: tuple[float, float] | None = None
    estimates: tuple[Estimate, ...] = ()
    reason: str = Field(default="", description="why there is none")


class SubgroupLevel(Frozen):
    level: str
    n: tuple[int, int]
    events: tuple[int, int] | None = None
    estimate: Estimate | None
    reason: str = ""


class Subgroup(Frozen):
    """An effect by the levels of a covariate, and the test that it is the same in all."""

    outcome: str
    arm: str
    covariate: str
    label: str
    analysis: str
    levels: tuple[SubgroupLevel, ...]
    interaction: float | None = Field(description="P of Cochran's Q over the levels' log ratios")


class Calibrated(Frozen):
    """A ratio beside itself after the systematic error of the negative controls is taken out."""

    outcome: str
    arm: str
    analysis: str
    before: Estimate
    after: Estimate | None
    p_value: float | None


class NegativeControls(Frozen):
    """Outcomes that treatment cannot change: how far from 1 they are is systematic error."""

    arm: str
    analysis: str
    controls: tuple[Estimate, ...]
    names: tuple[str, ...]
    mean: float | None = Field(description="of the systematic error, on the log scale")
    sd: float | None
    calibrated: tuple[Calibrated, ...] = ()
    reason: str = ""


class Alternative(Frozen):
    """The primary outcome under another declared choice; the first is the protocol itself."""

    name: str
    n: tuple[int, int]
    analysis: str
    estimate: Estimate | None
    reason: str = ""


class Sensitivity(Frozen):
    unmeasured: tuple[Unmeasured, ...] = ()
    missing_outcomes: tuple[MissingOutcome, ...] = ()
    censoring: tuple[CensoringWeighted, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    negative_controls: tuple[NegativeControls, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
