"""Whether what is adjusted for exists, and each key belongs to a method that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from casewise.protocol.adjustment import BY_PROPENSITY, KEYS_OF, KINDS_OF, Adjust
from casewise.protocol.alternatives import changed, whole
from casewise.protocol.findings import findings
from casewise.protocol.mistakes import Mistake, Path_
from casewise.protocol.model import Outcome, Study
from casewise.protocol.nearest import one_of
from casewise.protocol.resolve import covariate_type


def adjusted_as(outcome: Outcome) -> str:
    """The kind of outcome that methods of adjustment take it for: days free of are a duration."""
    return "duration" if outcome.days_free_of is not None else outcome.kind


def adjustment_mistakes(study: Study) -> Iterator[Mistake]:
    yield from _subgroups(study)
    yield from _alternatives(study)
    yield from _censoring(study)
    adjust = study.analysis.adjust
    if adjust is None:
        return
    here: Path_ = ("analysis", "adjust")
    yield from _methods(study, adjust, here)
    yield from _codes(study, adjust, here)
    if not study.baseline:
        message = "there is nothing to adjust for: the study has no baseline"
        yield Mistake(here, message, 'list covariates under "baseline"', key=True)
        return
    for key, names in (("for", adjust.for_), ("exact", adjust.exact)):
        for number, name in enumerate(names):
            path = (*here, key, number)
            if name not in study.baseline:
                hint = one_of(name, study.baseline, "baseline")
                yield Mistake(path, f'no covariate is called "{name}"', hint)
            elif name in names[:number]:
                yield Mistake(path, f'"{name}" is listed twice')
            elif key == "exact" and (name == "age" or covariate_type(study, name) == "number"):
                message = f'"{name}" is a number: hardly two patients are equal in it'
                yield Mistake(path, message, "match exactly on a category or a yes or no")


def _codes(study: Study, adjust: Adjust, here: Path_) -> Iterator[Mistake]:
    """Thousands of covariates go into a penalized propensity, and into nothing else."""
    if adjust.codes is None:
        return
    usual = f'with "codes" the methods are {", ".join(BY_PROPENSITY)}'
    for number, method in enumerate(adjust.method):
        if method not in BY_PROPENSITY:
            message = f'"{method}" is no method for every code of the records'
            yield Mistake((*here, "method", number), message, usual)
    if adjust.bootstrap is not None:
        message = '"bootstrap" would fit the propensity of every code anew for each resample'
        yield Mistake((*here, "bootstrap"), message, "leave it out", key=True)
    if study.analysis.missing.covariates == "multiple imputation":
        message = "covariates cannot be imputed several times beside every code of the records"
        hint = "write indicators, or complete cases"
        yield Mistake(("analysis", "missing", "covariates"), message, hint)


def _censoring(study: Study) -> Iterator[Mistake]:
    """Censoring weights: covariates that exist, and outcomes that have a risk."""
    missing, here = study.analysis.missing, ("analysis", "missing")
    if missing.outcomes is None:
        if missing.weights_from:
            message = (
                '"weights from" belongs to outcomes: censoring weights, which is not asked for'
            )
            yield Mistake((*here, "weights from"), message, "", key=True)
        return
    kinds = {outcome.kind for outcome in study.outcomes.values()}
    if not study.baseline:
        message = "nothing can say who is lost: the study has no baseline"
        yield Mistake((*here, "outcomes"), message, 'list covariates under "baseline"')
    elif not kinds & {"binary", "time to event"}:
        message = "censoring weights are for outcomes that are binary or a time to event"
        yield Mistake((*here, "outcomes"), message, "there is none")
    for number, name in enumerate(missing.weights_from):
        path = (*here, "weights from", number)
        if name not in study.baseline:
            hint = one_of(name, study.baseline, "baseline")
            yield Mistake(path, f'no covariate is called "{name}"', hint)
        elif name in missing.weights_from[:number]:
            yield Mistake(path, f'"{name}" is listed twice')
        elif study.baseline[name].after_index:
            message = f'"{name}" is measured after the index date, and may follow from treatment'
            yield Mistake(path, message, "take what is known on day 0")


def _methods(study: Study, adjust: Adjust, here: Path_) -> Iterator[Mistake]:
    kinds = {adjusted_as(outcome) for outcome in study.outcomes.values()}
    for number, method in enumerate(adjust.method):
        path = (*here, "method", number)
        if method in adjust.method[:number]:
            yield Mistake(path, f'"{method}" is listed twice')
        elif not kinds & set(KINDS_OF[method]):
            usual = " or ".join(KINDS_OF[method])
            yield Mistake(path, f'"{method}" is for outcomes that are {usual}; there is none')
    for key, methods in KEYS_OF.items():
        if key in adjust.model_fields_set and not set(methods) & set(adjust.method):
            message = f'"{key}" belongs to {" or ".join(methods)}, which is not asked for'
            yield Mistake((*here, key), message, "", key=True)


def _alternatives(study: Study) -> Iterator[Mistake]:
    """Each alternative is a protocol of its own, and must be a sound one."""
    from casewise.protocol.check import check_study

    for name in study.analysis.alternatives:
        path: Path_ = ("analysis", "alternatives", name)
        try:
            other = changed(study, name)
        except ValidationError as error:
            for one in findings(error, Study, whole(study, name)):
                yield Mistake(path, f"with this, the protocol is wrong: {one.message}", one.hint)
            continue
        for mistake in check_study(other):
            where = " → ".join(map(str, mistake.path))
            yield Mistake(path, f"with this, {where}: {mistake.message}", mistake.hint)


def _subgroups(study: Study) -> Iterator[Mistake]:
    for name, cut in study.analysis.subgroups.items():
        path: Path_ = ("analysis", "subgroups", name)
        if name not in study.baseline:
            hint = one_of(name, study.baseline, "baseline")
            yield Mistake(path, f'no covariate is called "{name}"', hint, key=True)
            continue
        number = name == "age" or covariate_type(study, name) == "number"
        if number and (cut is None or not cut.numeric):
            yield Mistake(path, f'"{name}" is a number: say where it is cut', 'write ">= 65"')
        if not number and cut is not None:
            message = f'"{name}" has its own levels, and takes no comparison'
            yield Mistake(path, message, "leave it empty, or list it")
