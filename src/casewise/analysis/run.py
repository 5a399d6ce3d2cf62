"""The analysis that a protocol asks for, from its dataset to results."""

from __future__ import annotations

from collections.abc import Iterable

from casewise import results, stats
from casewise.analysis.adjustment import adjust_arms
from casewise.analysis.appraisal import appraise
from casewise.analysis.baseline import baseline
from casewise.analysis.binary import binary
from casewise.analysis.checklists import checklists
from casewise.analysis.durations import duration
from casewise.analysis.harms import counted
from casewise.analysis.incidence import with_incidence
from casewise.analysis.late_starts import changing, cloned, person_time
from casewise.analysis.missingness import missing_patterns
from casewise.analysis.ranked import ranked
from casewise.analysis.recurrent import with_mean_counts
from casewise.analysis.sensitivity import sensitivity
from casewise.analysis.survival import time_to_event, times_of
from casewise.analysis.swimmer import swimmer
from casewise.analysis.target_trial import target_trial
from casewise.analysis.time_zero import time_zero
from casewise.analysis.treatments import treatments
from casewise.cohort.dataset import Dataset
from casewise.errors import Problem, UndefinedError
from casewise.protocol.late_treatment import landmark_day, late_arms
from casewise.protocol.model import Study
from casewise.protocol.words import definitions
from casewise.results_timing import PersonTime


def run(
    study: Study,
    dataset: Dataset,
    *,
    protocol: str,
    notice: str,
    provenance: results.Provenance,
    journal: str | None = None,
) -> results.Results:
    """Everything that ``study`` asks of ``dataset``.

    ``protocol`` is the file's text as run; ``journal`` overrides the protocol's
    style. Raises ``UndefinedError`` when no patient is left, or an outcome cannot be defined on
    these records at all; an estimate that does not exist is a result with its reason instead.
    """
    if len(dataset) == 0:
        raise UndefinedError(_nobody(dataset))
    defined = definitions(study)
    texts = {(item.part, item.term): item.text for item in defined}
    outcomes = {
        name: _outcome(study, dataset, name, texts.get(("outcome", name), ""))
        for name in study.outcomes
    }
    harms = {
        name: counted(study, dataset, dataset.harms[name], harm, texts.get(("harm", name), ""))
        for name, harm in study.harms.items()
    }
    adjustments, outcomes = adjust_arms(study, dataset, outcomes)
    rows = baseline(study, dataset)
    settings = study.analysis
    zero = time_zero(study)
    found = results.Results(
        study=results.StudyInfo(
            title=study.title,
            question=study.question,
            notice=notice,
            definitions=defined,
            protocol=protocol,
        ),
        settings=results.Settings.model_validate(
            {
                "level": settings.level,
                "quantile_type": settings.quantile_type,
                "multiplicity": settings.multiplicity,
                "journal": journal or settings.journal,
            }
        ),
        arms=tuple(
            results.Arm(name=name, n=int((dataset.arm == number).sum()))
            for number, name in enumerate(dataset.arms)
        ),
        attrition=dataset.attrition,
        baseline=rows,
        missing_patterns=missing_patterns(dataset),
        outcomes=_adjusted(outcomes, settings.multiplicity),
        harms=harms,
        treatments=treatments(study, dataset),
        adjustments=adjustments,
        sensitivity=sensitivity(study, dataset, outcomes),
        swimmer=swimmer(study, dataset),
        notes=dataset.notes,
        appraisal=appraise(study, dataset, outcomes, rows),
        time_zero=zero,
        person_time=_person_time(study, dataset),
        target_trial=target_trial(study, dataset, outcomes, rows, defined, zero),
        provenance=provenance,
    )
    return found.model_copy(update={"checklists": checklists(study, found)})


def run_outcome(study: Study, dataset: Dataset, name: str) -> results.Outcome:
    """One outcome, crude and adjusted, without the rest of the study."""
    crude = _outcome(study, dataset, name, "")
    return adjust_arms(study, dataset, {name: crude})[1][name]


def _outcome(study: Study, dataset: Dataset, name: str, text: str) -> results.Outcome:
    outcome = study.outcomes[name]
    match outcome.kind:
        case "binary":
            return binary(study, dataset, name, outcome, text)
        case "duration" | "number":
            return duration(study, dataset, name, outcome, text)
        case "time to event":
            chosen = study.analysis.treatment_after_day_0
            if chosen is not None and chosen.how == "time-dependent":
                return changing(study, dataset, name, outcome, text)
            if chosen is not None and chosen.clone_censor_weight is not None:
                return cloned(study, dataset, name, outcome, text)
            timed = time_to_event(study, dataset, name, outcome, text)
            times = times_of(study, dataset, name, outcome)
            return with_incidence(timed, times, study, dataset, outcome)
        case "ranked":
            return ranked(study, dataset, name, outcome, text)
        case "count":
            plain = counted(study, dataset, dataset.outcomes[name], outcome, text)
            return with_mean_counts(plain, study, dataset, dataset.outcomes[name])


def _person_time(study: Study, dataset: Dataset) -> PersonTime | None:
    """A landmark has left the time before it out."""
    waited = late_arms(study) and landmark_day(study.analysis) is None
    return person_time(study, dataset) if waited else None


def _adjusted(
    outcomes: dict[str, results.Outcome], multiplicity: str
) -> dict[str, results.Outcome]:
    """P values adjusted over every comparison of every outcome, harms left out."""
    if multiplicity == "none":
        return outcomes
    adjust = {"holm": stats.holm, "hochberg": stats.hochberg}[multiplicity]
    tests = [test for outcome in outcomes.values() for test in _tests(outcome)]
    adjusted = iter(adjust([test.p_value for test in tests]))

    def with_adjusted(test: results.Test) -> results.Test:
        return test.model_copy(update={"adjusted_p_value": next(adjusted)})

    made: dict[str, results.Outcome] = {}
    for name, outcome in outcomes.items():
        first = with_adjusted(outcome.test)
        further = tuple(
            comparison.model_copy(update={"test": with_adjusted(comparison.test)})
            for comparison in outcome.further_comparisons
        )
        made[name] = outcome.model_copy(update={"test": first, "further_comparisons": further})
    return made


def _tests(outcome: results.Outcome) -> Iterable[results.Test]:
    yield outcome.test
    yield from (comparison.test for comparison in outcome.further_comparisons)


def _nobody(dataset: Dataset) -> Problem:
    lost_at = next((step for step in dataset.attrition if step.remaining == 0), None)
    where = f' after "{lost_at.criterion}"' if lost_at else ""
    counts = "; ".join(f"{step.criterion}: {step.remaining}" for step in dataset.attrition)
    return Problem(
        f"no patient is left{where}, so nothing can be compared ({counts})",
        hint="look at the criterion that left nobody, and at how the site file answers it",
    )
