"""Comparisons of small and large groups: arrays and counts in, frozen results out.

Nothing here knows of studies. Arms are given treated first: ``(events_1, n_1, events_0, n_0)``.

Every public name is loaded from its module at first use, so that importing this package costs
nothing: scipy is loaded by the first function that needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULE_OF = {
    # what every function answers with
    "Estimate": "_result",
    "TestResult": "_result",
    # describing a sample
    "MedianIQR": "quantiles",
    "mean": "quantiles",
    "median_iqr": "quantiles",
    "quantile": "quantiles",
    "standard_deviation": "quantiles",
    "StandardizedDifference": "balance",
    "standardized_mean_difference": "balance",
    # two proportions
    "barnard": "unconditional_tests",
    "boschloo": "unconditional_tests",
    "chi_square": "chi_square_tests",
    "fisher": "fisher_tests",
    "fisher_table": "contingency",
    "number_needed_to_treat": "differences",
    "odds_ratio": "ratios",
    "proportion": "one_proportion",
    "risk_difference": "differences",
    "risk_ratio": "ratios",
    # two proportions within strata
    "common_odds_ratio": "strata",
    "mantel_haenszel": "strata",
    "stratified_fisher": "strata",
    "stratified_risk_difference": "strata",
    "stratified_risk_ratio": "strata",
    "zelen": "strata",
    # two samples
    "brunner_munzel": "k_samples",
    "hodges_lehmann": "shift",
    "kruskal_wallis": "k_samples",
    "midranks": "ranks",
    "permutation_test": "permutation_tests",
    "rank_sum": "ranks",
    "van_elteren": "k_samples",
    # time to event
    "SurvivalCurve": "survival",
    "kaplan_meier": "survival",
    "log_rank": "survival_tests",
    "log_rank_scores": "survival_tests",
    "hazard_ratio": "cox",
    "incidence_rate": "rates",
    "rate_ratio": "rates",
    # models
    "Coefficient": "_models",
    "exact_logistic": "conditional_logistic",
    "firth_cox": "firth",
    "firth_logistic": "firth",
    # many outcomes
    "AdjustedPValues": "step_down",
    "hochberg": "multiplicity",
    "holm": "multiplicity",
    "westfall_young": "step_down",
    # priors, fragility, and what so few can show
    "Attainable": "power",
    "Fragility": "fragility",
    "Posterior": "bayes",
    "Precision": "power",
    "SampleSize": "power",
    "attainable": "power",
    "fragility_index": "fragility",
    "posterior": "bayes",
    "power_rank_sum": "power",
    "power_two_proportions": "power",
    "precision_two_proportions": "power",
    "sample_size_rank_sum": "power",
    "sample_size_two_proportions": "power",
    "smallest_rank_sum_p": "power",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """Load the module that a public name lives in.

    No module may bear the name of a function: the import system would then put the module in
    the function's place.
    """
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
