"""What the methods section says of adjusting: what was done, for whom, and by whose method."""

from __future__ import annotations

from casewise.report.adjusted import MISSING
from casewise.results import Adjustment, Results

Told = tuple[str, tuple[str, ...]]
METHODS: dict[str, Told] = {
    "logistic regression": (
        "logistic regression of the outcome on group and covariates (an odds ratio given the "
        "covariates; Wald intervals)",
        ("hosmer2013",),
    ),
    "Cox regression": (
        "Cox’s model with group and covariates (a hazard ratio given the covariates)",
        ("cox1972", "efron1977"),
    ),
    "inverse probability weights": (
        "inverse probability of treatment weights, for the effect in all patients",
        ("rosenbaum1987", "lunceford2004"),
    ),
    "ATT weights": (
        "weighting the comparator by the odds of treatment, for the effect in patients such as the "
        "treated",
        ("rosenbaum1987",),
    ),
    "overlap weights": (
        "overlap weights, for the effect in patients whose treatment was in doubt",
        ("li2018",),
    ),
    "entropy balancing": (
        "entropy balancing of both groups to the means of all patients",
        ("hainmueller2012",),
    ),
    "ATT entropy balancing": (
        "entropy balancing of the comparator to the means of the treated",
        ("hainmueller2012",),
    ),
    "nearest matching": (
        "matching each treated patient, the highest propensity first, to the nearest on the logit "
        "of the propensity score within the caliper",
        ("austin2011",),
    ),
    "optimal matching": (
        "pairs with the least total distance on the logit of the propensity score within the "
        "caliper",
        ("rosenbaum1989",),
    ),
    "stratification": (
        "standardizing over quantile groups of the propensity score",
        ("rosenbaum1984",),
    ),
    "AIPW": (
        "augmented inverse probability weighting, right if either the propensity or the outcome "
        "model is; for times to event on pseudo-observations of the risk by the horizon",
        ("robins1994", "bang2005", "wang2018"),
    ),
    "g-computation": (
        "standardizing a logistic outcome model over all patients (g-computation)",
        ("robins1986", "snowden2011"),
    ),
    "ATT g-computation": (
        "standardizing a logistic outcome model over the treated (g-computation)",
        ("robins1986", "snowden2011"),
    ),
}


def adjustment(results: Results) -> list[Told]:
    """Sentences in order, each with the keys of its sources; none without an adjustment."""
    if not results.adjustments:
        return []
    first = results.adjustments[0]
    covariates = "; ".join(first.covariates)
    missing = MISSING.get(first.missing, first.missing)
    imputed: tuple[str, ...] = ()
    if first.missing == "multiple imputation":
        imputed = ("rubin1987", "white2011")
    told: list[Told] = [
        (f"Groups were made comparable in these covariates: {covariates}. {missing}.", imputed)
    ]
    if all(one.declined for one in results.adjustments):
        text = (
            f" No model was fitted: {first.declined}. In its place stand exact comparisons within "
            "strata, bounds, and an E-value."
        )
        return [*told, (text, ("vittinghoff2007", "manski1990", "vanderweele2017"))]
    told.append(_propensity(first))
    used = list(dict.fromkeys(m.method for one in results.adjustments for m in one.methods))
    told.append((" Methods, all shown:", ()))
    for place, method in enumerate(used):
        end = "." if place == len(used) - 1 else ";"
        text, keys = METHODS[method]
        told.append((f" {text}{end}", keys))
    told.append(
        (
            " Standard errors of weighted effects are by M-estimation"
            + (
                ", the propensity taken as known"
                if first.codes
                else " and count that the weights were estimated"
            )
            + "; matched sets are clusters, taken as given.",
            ("stefanski2002", "liang1986"),
        )
    )
    weighted = any(m.tails for one in results.adjustments for m in one.methods)
    if weighted:
        told.append(
            (
                " Balance is judged by standardized differences in units of the standard deviation "
                "before adjustment, and weights by their effective number of patients.",
                ("austin2015", "kish1965"),
            )
        )
    return told


def _propensity(one: Adjustment) -> Told:
    if one.codes is None:
        return (
            " The propensity score is from a logistic regression of group on the covariates, main "
            "effects alone.",
            ("rosenbaum1983",),
        )
    windows = " and ".join(one.codes.windows)
    return (
        " The propensity score is from a logistic regression of group on the covariates and on "
        f"every code that at least {one.codes.at_least} patients had within {windows} before day 0 "
        f"(day 0 left out), {one.codes.codes:,} columns, with an L1 penalty chosen by five-fold "
        "cross-validation.",
        ("rosenbaum1983", "tian2018", "tibshirani1996"),
    )
