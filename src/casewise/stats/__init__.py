"""Comparisons of small and large groups: arrays and counts in, frozen results out.

Nothing here knows of studies. Arms are given treated first: ``(events_1, n_1, events_0, n_0)``.

Every public name is loaded from its module at first use, so that importing this package costs
nothing: scipy is loaded by the first function that needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers alone: the same names as in _MODULE_OF
    from casewise.stats._effects import RiskComparison as RiskComparison
    from casewise.stats._effects import effective_sample_size as effective_sample_size
    from casewise.stats._models import Coefficient as Coefficient
    from casewise.stats._result import Estimate as Estimate
    from casewise.stats._result import TestResult as TestResult
    from casewise.stats.adjusted_models import cox_hazard_ratio as cox_hazard_ratio
    from casewise.stats.adjusted_models import logistic_odds_ratio as logistic_odds_ratio
    from casewise.stats.adjusted_models import strata_of_score as strata_of_score
    from casewise.stats.adjusted_models import stratified_risks as stratified_risks
    from casewise.stats.agreement import cohen_kappa as cohen_kappa
    from casewise.stats.agreement import fleiss_kappa as fleiss_kappa
    from casewise.stats.agreement import gwet_ac1 as gwet_ac1
    from casewise.stats.agreement import pabak as pabak
    from casewise.stats.agreement import percent_agreement as percent_agreement
    from casewise.stats.agreement_of_numbers import days_apart as days_apart
    from casewise.stats.agreement_of_numbers import intraclass_correlation as intraclass_correlation
    from casewise.stats.agreement_of_numbers import krippendorff_alpha as krippendorff_alpha
    from casewise.stats.balance import StandardizedDifference as StandardizedDifference
    from casewise.stats.balance import standardized_mean_difference as standardized_mean_difference
    from casewise.stats.bayes import Posterior as Posterior
    from casewise.stats.bayes import posterior as posterior
    from casewise.stats.brunner_munzel_test import brunner_munzel as brunner_munzel
    from casewise.stats.calibration import EmpiricalNull as EmpiricalNull
    from casewise.stats.calibration import calibrated as calibrated
    from casewise.stats.calibration import empirical_null as empirical_null
    from casewise.stats.calibration import heterogeneity as heterogeneity
    from casewise.stats.calibration import log_and_error as log_and_error
    from casewise.stats.calibration import normal_quantile as normal_quantile
    from casewise.stats.censoring import CensoringWeights as CensoringWeights
    from casewise.stats.censoring import (
        censoring_weighted_risks as censoring_weighted_risks,
    )
    from casewise.stats.censoring import censoring_weights as censoring_weights
    from casewise.stats.chi_square_tests import chi_square as chi_square
    from casewise.stats.clone_weights import CloneComparison as CloneComparison
    from casewise.stats.clone_weights import clone_censor_weight as clone_censor_weight
    from casewise.stats.competing_risks import IncidenceCurve as IncidenceCurve
    from casewise.stats.competing_risks import aalen_johansen as aalen_johansen
    from casewise.stats.competing_risks import gray_test as gray_test
    from casewise.stats.conditional_logistic import exact_logistic as exact_logistic
    from casewise.stats.contingency import fisher_r_by_c as fisher_r_by_c
    from casewise.stats.cox_models import CoxModel as CoxModel
    from casewise.stats.cox_models import cox as cox
    from casewise.stats.cox_models import hazard_ratio as hazard_ratio
    from casewise.stats.differences import number_needed_to_treat as number_needed_to_treat
    from casewise.stats.differences import risk_difference as risk_difference
    from casewise.stats.doubly_robust import aipw as aipw
    from casewise.stats.doubly_robust import g_computation as g_computation
    from casewise.stats.doubly_robust_survival import DoublyRobustCurves as DoublyRobustCurves
    from casewise.stats.doubly_robust_survival import doubly_robust_curves as doubly_robust_curves
    from casewise.stats.doubly_robust_survival import (
        doubly_robust_risks_by as doubly_robust_risks_by,
    )
    from casewise.stats.entropy_balancing import entropy_balance as entropy_balance
    from casewise.stats.entropy_balancing import entropy_balanced_risks as entropy_balanced_risks
    from casewise.stats.firth import firth_cox as firth_cox
    from casewise.stats.firth import firth_logistic as firth_logistic
    from casewise.stats.fisher_tests import fisher as fisher
    from casewise.stats.fragility import Fragility as Fragility
    from casewise.stats.fragility import fragility_index as fragility_index
    from casewise.stats.interactions import EffectByLevel as EffectByLevel
    from casewise.stats.interactions import hazard_ratio_by_level as hazard_ratio_by_level
    from casewise.stats.interactions import odds_ratio_by_level as odds_ratio_by_level
    from casewise.stats.k_samples import kruskal_wallis as kruskal_wallis
    from casewise.stats.k_samples import van_elteren as van_elteren
    from casewise.stats.large_scale import LargePropensity as LargePropensity
    from casewise.stats.large_scale import large_propensity as large_propensity
    from casewise.stats.late_starts import ChangingTreatment as ChangingTreatment
    from casewise.stats.late_starts import changing_treatment as changing_treatment
    from casewise.stats.late_starts import expected_events as expected_events
    from casewise.stats.late_starts import stretches as stretches
    from casewise.stats.log_rank_ratio import log_rank_hazard_ratio as log_rank_hazard_ratio
    from casewise.stats.matching import Matches as Matches
    from casewise.stats.matching import matched_risks as matched_risks
    from casewise.stats.matching import nearest_matches as nearest_matches
    from casewise.stats.matching import optimal_matches as optimal_matches
    from casewise.stats.multiplicity import hochberg as hochberg
    from casewise.stats.multiplicity import holm as holm
    from casewise.stats.one_proportion import proportion as proportion
    from casewise.stats.permutation_tests import permutation_test as permutation_test
    from casewise.stats.pooling import Pooled as Pooled
    from casewise.stats.pooling import rubin as rubin
    from casewise.stats.power import Attainable as Attainable
    from casewise.stats.power import Precision as Precision
    from casewise.stats.power import SampleSize as SampleSize
    from casewise.stats.power import attainable as attainable
    from casewise.stats.power import power_rank_sum as power_rank_sum
    from casewise.stats.power import power_two_proportions as power_two_proportions
    from casewise.stats.power import precision_two_proportions as precision_two_proportions
    from casewise.stats.power import sample_size_rank_sum as sample_size_rank_sum
    from casewise.stats.power import sample_size_two_proportions as sample_size_two_proportions
    from casewise.stats.power import smallest_rank_sum_p as smallest_rank_sum_p
    from casewise.stats.propensity import Overlap as Overlap
    from casewise.stats.propensity import PropensityScore as PropensityScore
    from casewise.stats.propensity import overlap_of_scores as overlap_of_scores
    from casewise.stats.propensity import propensity_score as propensity_score
    from casewise.stats.propensity import within_overlap as within_overlap
    from casewise.stats.quantiles import MedianIQR as MedianIQR
    from casewise.stats.quantiles import mean as mean
    from casewise.stats.quantiles import median_iqr as median_iqr
    from casewise.stats.quantiles import quantile as quantile
    from casewise.stats.quantiles import standard_deviation as standard_deviation
    from casewise.stats.ranks import midranks as midranks
    from casewise.stats.ranks import rank_sum as rank_sum
    from casewise.stats.rates import incidence_rate as incidence_rate
    from casewise.stats.rates import rate_ratio as rate_ratio
    from casewise.stats.ratios import odds_ratio as odds_ratio
    from casewise.stats.ratios import risk_ratio as risk_ratio
    from casewise.stats.recurrent_events import MeanCountCurve as MeanCountCurve
    from casewise.stats.recurrent_events import mean_count as mean_count
    from casewise.stats.recurrent_events import mean_count_difference as mean_count_difference
    from casewise.stats.restricted_means import restricted_mean as restricted_mean
    from casewise.stats.restricted_means import (
        restricted_mean_difference as restricted_mean_difference,
    )
    from casewise.stats.shift import hodges_lehmann as hodges_lehmann
    from casewise.stats.step_down import AdjustedPValues as AdjustedPValues
    from casewise.stats.step_down import westfall_young as westfall_young
    from casewise.stats.strata import common_odds_ratio as common_odds_ratio
    from casewise.stats.strata import mantel_haenszel as mantel_haenszel
    from casewise.stats.strata import stratified_fisher as stratified_fisher
    from casewise.stats.strata import stratified_risk_difference as stratified_risk_difference
    from casewise.stats.strata import stratified_risk_ratio as stratified_risk_ratio
    from casewise.stats.strata import zelen as zelen
    from casewise.stats.subdistribution import FineGrayModel as FineGrayModel
    from casewise.stats.subdistribution import fine_gray as fine_gray
    from casewise.stats.subdistribution import (
        subdistribution_hazard_ratio as subdistribution_hazard_ratio,
    )
    from casewise.stats.survival import SurvivalCurve as SurvivalCurve
    from casewise.stats.survival import kaplan_meier as kaplan_meier
    from casewise.stats.survival_tests import log_rank as log_rank
    from casewise.stats.survival_tests import log_rank_scores as log_rank_scores
    from casewise.stats.unconditional_tests import barnard as barnard
    from casewise.stats.unconditional_tests import boschloo as boschloo
    from casewise.stats.unmeasured_confounding import EValue as EValue
    from casewise.stats.unmeasured_confounding import TippingPoint as TippingPoint
    from casewise.stats.unmeasured_confounding import e_value as e_value
    from casewise.stats.unmeasured_confounding import (
        e_value_risk_difference as e_value_risk_difference,
    )
    from casewise.stats.unmeasured_confounding import tipping_point as tipping_point
    from casewise.stats.weighted_bootstrap import BootstrapComparison as BootstrapComparison
    from casewise.stats.weighted_bootstrap import (
        bootstrap_weighted_risks as bootstrap_weighted_risks,
    )
    from casewise.stats.weighted_effects import EstimatedWeights as EstimatedWeights
    from casewise.stats.weighted_effects import estimated_weights as estimated_weights
    from casewise.stats.weighted_effects import given_weights as given_weights
    from casewise.stats.weighted_effects import risks_with as risks_with
    from casewise.stats.weighted_effects import wald_test as wald_test
    from casewise.stats.weighted_effects import weighted_curve as weighted_curve
    from casewise.stats.weighted_effects import weighted_hazard_ratio as weighted_hazard_ratio
    from casewise.stats.weighted_effects import (
        weighted_mean_difference as weighted_mean_difference,
    )
    from casewise.stats.weighted_effects import weighted_risks_by as weighted_risks_by
    from casewise.stats.weighting import propensity_weighted_risks as propensity_weighted_risks
    from casewise.stats.weighting import weighted_risks as weighted_risks
    from casewise.stats.weights import WeightedBalance as WeightedBalance
    from casewise.stats.weights import Weights as Weights
    from casewise.stats.weights import balancing_weights as balancing_weights
    from casewise.stats.weights import weighted_balance as weighted_balance
    from casewise.stats.win_ratios import Wins as Wins
    from casewise.stats.win_ratios import win_ratio as win_ratio

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
    "fisher_r_by_c": "contingency",
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
    "brunner_munzel": "brunner_munzel_test",
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
    "log_rank_hazard_ratio": "log_rank_ratio",
    "log_rank_scores": "survival_tests",
    "IncidenceCurve": "competing_risks",
    "aalen_johansen": "competing_risks",
    "gray_test": "competing_risks",
    "subdistribution_hazard_ratio": "subdistribution",
    "FineGrayModel": "subdistribution",
    "fine_gray": "subdistribution",
    "Wins": "win_ratios",
    "CensoringWeights": "censoring",
    "censoring_weighted_risks": "censoring",
    "censoring_weights": "censoring",
    "MeanCountCurve": "recurrent_events",
    "mean_count": "recurrent_events",
    "mean_count_difference": "recurrent_events",
    "restricted_mean": "restricted_means",
    "restricted_mean_difference": "restricted_means",
    "win_ratio": "win_ratios",
    "ChangingTreatment": "late_starts",
    "CloneComparison": "clone_weights",
    "changing_treatment": "late_starts",
    "clone_censor_weight": "clone_weights",
    "expected_events": "late_starts",
    "stretches": "late_starts",
    "CoxModel": "cox_models",
    "cox": "cox_models",
    "hazard_ratio": "cox_models",
    "incidence_rate": "rates",
    "rate_ratio": "rates",
    # models
    "Coefficient": "_models",
    "exact_logistic": "conditional_logistic",
    "firth_cox": "firth",
    "firth_logistic": "firth",
    # confounding
    "BootstrapComparison": "weighted_bootstrap",
    "EValue": "unmeasured_confounding",
    "Matches": "matching",
    "Overlap": "propensity",
    "PropensityScore": "propensity",
    "RiskComparison": "_effects",
    "TippingPoint": "unmeasured_confounding",
    "WeightedBalance": "weights",
    "Weights": "weights",
    "aipw": "doubly_robust",
    "balancing_weights": "weights",
    "bootstrap_weighted_risks": "weighted_bootstrap",
    "e_value": "unmeasured_confounding",
    "e_value_risk_difference": "unmeasured_confounding",
    "effective_sample_size": "_effects",
    "entropy_balance": "entropy_balancing",
    "entropy_balanced_risks": "entropy_balancing",
    "g_computation": "doubly_robust",
    "matched_risks": "matching",
    "nearest_matches": "matching",
    "optimal_matches": "matching",
    "overlap_of_scores": "propensity",
    "propensity_score": "propensity",
    "propensity_weighted_risks": "weighting",
    "tipping_point": "unmeasured_confounding",
    "weighted_balance": "weights",
    "weighted_risks": "weighting",
    "within_overlap": "propensity",
    "cox_hazard_ratio": "adjusted_models",
    "logistic_odds_ratio": "adjusted_models",
    "strata_of_score": "adjusted_models",
    "stratified_risks": "adjusted_models",
    "DoublyRobustCurves": "doubly_robust_survival",
    "doubly_robust_curves": "doubly_robust_survival",
    "doubly_robust_risks_by": "doubly_robust_survival",
    "EstimatedWeights": "weighted_effects",
    "estimated_weights": "weighted_effects",
    "given_weights": "weighted_effects",
    "risks_with": "weighted_effects",
    "wald_test": "weighted_effects",
    "weighted_curve": "weighted_effects",
    "weighted_hazard_ratio": "weighted_effects",
    "weighted_mean_difference": "weighted_effects",
    "weighted_risks_by": "weighted_effects",
    # agreement of raters
    "cohen_kappa": "agreement",
    "days_apart": "agreement_of_numbers",
    "fleiss_kappa": "agreement",
    "gwet_ac1": "agreement",
    "intraclass_correlation": "agreement_of_numbers",
    "krippendorff_alpha": "agreement_of_numbers",
    "pabak": "agreement",
    "percent_agreement": "agreement",
    "LargePropensity": "large_scale",
    "large_propensity": "large_scale",
    "EmpiricalNull": "calibration",
    "calibrated": "calibration",
    "empirical_null": "calibration",
    "heterogeneity": "calibration",
    "log_and_error": "calibration",
    "normal_quantile": "calibration",
    "EffectByLevel": "interactions",
    "hazard_ratio_by_level": "interactions",
    "odds_ratio_by_level": "interactions",
    "Pooled": "pooling",
    "rubin": "pooling",
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
