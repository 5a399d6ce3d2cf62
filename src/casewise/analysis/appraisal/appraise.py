"""Every threat in turn, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping

from casewise.analysis.appraisal import chance, groups, positivity, time
from casewise.analysis.appraisal.evidence import ORDER, Evidence
from casewise.cohort.dataset import Dataset
from casewise.protocol.model import Study
from casewise.results import BaselineRow, Outcome, Threat

THREATS = (
    time.immortal_time,
    time.death_competes,
    groups.confounding_by_indication,
    positivity.positivity,
    chance.multiplicity,
    chance.fragility,
    chance.sparse_data,
    time.differential_follow_up,
    groups.missing_data,
    groups.prevalent_users,
    groups.exposure_outside_its_window,
    groups.adjustment_for_the_future,
    groups.small_groups,
)


def appraise(
    study: Study,
    dataset: Dataset,
    outcomes: Mapping[str, Outcome],
    baseline: tuple[BaselineRow, ...],
) -> tuple[Threat, ...]:
    """What could be wrong with the comparison, from this study's own numbers."""
    evidence = Evidence(study, dataset, outcomes, baseline)
    found = [threat for look in THREATS if (threat := look(evidence)) is not None]
    return tuple(sorted(found, key=lambda threat: ORDER[threat.severity]))
