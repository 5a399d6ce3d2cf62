"""What adjusting for covariates found: how alike the arms became, and each method's estimates."""

from __future__ import annotations

from pydantic import Field

from casewise.results_base import Estimate, Frozen, Test


class AdjustedCurve(Frozen):
    """Survival of one arm made comparable, after each day on which it falls."""

    time: tuple[float, ...]
    survival: tuple[float, ...]
    last: float = Field(description="the last day on which somebody was followed")


class Adjusted(Frozen):
    """One outcome, one arm against the comparator, adjusted by one method.

    ``estimates`` is empty and ``reason`` says why where the method was declined or failed.
    """

    method: str = Field(description="as the protocol names it")
    arm: str
    comparator: str
    population: str = Field(description="for whom the effect holds: all, the treated, ...")
    conditional: bool = Field(
        default=False, description="an effect given the covariates, not a marginal one"
    )
    n: tuple[int, int] = Field(description="patients used, treated and control")
    effective: tuple[float, float] | None = Field(
        default=None, description="effective numbers after weighting"
    )
    risks: tuple[float, float] | None = Field(
        default=None, description="risks made comparable, treated and control"
    )
    curves: tuple[AdjustedCurve, AdjustedCurve] | None = Field(
        default=None, description="of a time to event, treated and control; not where imputed"
    )
    estimates: tuple[Estimate, ...] = ()
    test: Test
    reason: str = ""


class Tail(Frozen):
    """Weights of one arm over their mean: least, median, 95th and 99th percentile, greatest;
    and the greatest share of the arm's weight that one patient carries."""

    quantiles: tuple[float, float, float, float, float]
    largest_share: float


class AdjustmentMethod(Frozen):
    """One method's balance. ``after`` is in the order of the adjustment's covariates."""

    method: str
    population: str
    after: tuple[float, ...] | None = Field(
        default=None, description="standardized differences, where the method weights or matches"
    )
    effective: tuple[float, float] | None = None
    tails: tuple[Tail, Tail] | None = None
    unmatched: int | None = Field(default=None, description="treated patients without a match")
    promises: bool = Field(
        default=False, description="the method makes the means equal by construction"
    )
    reason: str = Field(default="", description="why the method was not used")


class BalanceColumn(Frozen):
    """One column of the covariates' table: a number, a yes, or one value of a category."""

    covariate: str
    label: str
    before: float = Field(description="standardized difference without adjustment")


class CodeBalance(Frozen):
    """One code before day 0: standardized differences without adjustment and by each method, in
    the order of ``Adjustment.methods``."""

    label: str
    before: float
    after: tuple[float | None, ...]


class EveryCode(Frozen):
    """Codes before day 0 as covariates of a penalized propensity, those of too few patients left
    out. ``over`` and ``largest`` are of standardized differences beyond 0.1 over all codes, without
    adjustment first, then by method; ``farthest`` are the codes that differed most before."""

    codes: int
    at_least: int = Field(description="patients with a code")
    windows: tuple[str, ...]
    unmapped: int = Field(description="records without a standard concept")
    selected: int = Field(default=0, description="columns with a coefficient in the propensity")
    penalty: float | None = None
    over: tuple[int | None, ...] = ()
    largest: tuple[float | None, ...] = ()
    farthest: tuple[CodeBalance, ...] = ()


class ScoreOverlap(Frozen):
    """Propensity scores of both arms in bins from 0 to 1, and how far they share a range."""

    edges: tuple[float, ...]
    treated: tuple[int, ...]
    control: tuple[int, ...]
    common: tuple[float, float] | None
    outside: tuple[int, int]
    extreme: int
    c_statistic: float


class Offered(Frozen):
    """What can still be said where an adjustment was declined."""

    outcome: str
    what: str
    text: str
    estimates: tuple[Estimate, ...] = ()
    test: Test | None = None


class Adjustment(Frozen):
    """How one arm was made comparable with the comparator, before any outcome is looked at."""

    arm: str
    comparator: str
    covariates: tuple[str, ...] = Field(description="labels, as adjusted for")
    columns: tuple[BalanceColumn, ...] = ()
    missing: str = Field(description="what was done about values that are not documented")
    n: tuple[int, int] = Field(description="patients used, treated and control")
    left_out: tuple[int, int] = Field(description="for a covariate that is not documented")
    trimmed: tuple[int, int] = (0, 0)
    overlap: ScoreOverlap | None = None
    methods: tuple[AdjustmentMethod, ...] = ()
    codes: EveryCode | None = Field(default=None, description="where every code is a covariate")
    notes: tuple[str, ...] = ()
    declined: str = Field(default="", description="why no model was fitted at all")
    offered: tuple[Offered, ...] = ()
