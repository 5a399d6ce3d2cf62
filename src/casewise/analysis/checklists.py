"""Reporting checklists, filled as far as the protocol and the run can fill them.

STROBE for cohort studies [vonelm2007], RECORD [benchimol2015], TARGET [cashin2025]. Items are in
our own words, by the guideline's numbers. What a program cannot know is left to the authors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from casewise.protocol.model import Study
from casewise.results import BinaryOutcome, Results
from casewise.results_timing import ChecklistItem, TargetTrialRow

By = Literal["this report", "this report in part", "the authors"]
DONE: By = "this report"
PART: By = "this report in part"
AUTHORS: By = "the authors"


@dataclass(frozen=True)
class Known:
    """What the run knows, as the checklists quote it."""

    question: str
    patients: int
    in_records: int
    arms: str
    outcomes: str
    sources: str
    codes: int
    covariates: int
    lacking: int
    lost: str
    adjusted: str
    threats: str
    subgroups: str
    sensitivity: str
    trial: dict[str, TargetTrialRow]


def checklists(study: Study, found: Results) -> tuple[ChecklistItem, ...]:
    """Every item of the three guidelines, in their order."""
    known = _known(study, found)
    return (*_strobe(known), *_record(known), *_target(known))


def _known(study: Study, found: Results) -> Known:
    outcomes = list(found.outcomes.values())
    binary = [o for o in outcomes if isinstance(o, BinaryOutcome)]
    lost = max((sum(arm.lost for arm in o.arms.values()) for o in binary), default=0)
    methods = list(dict.fromkeys(m.method for a in found.adjustments for m in a.methods))
    threats = [t.threat for t in found.appraisal if t.severity == "high"]
    patients = sum(arm.n for arm in found.arms)
    return Known(
        question=found.study.question,
        patients=patients,
        in_records=found.attrition[0].remaining if found.attrition else patients,
        arms="; ".join(f"{arm.name}, {arm.n:,}" for arm in found.arms),
        outcomes=", ".join(o.label for o in outcomes),
        sources="Provenance names the records." if found.provenance.records else "",
        codes=len(study.codes),
        covariates=len(found.baseline),
        lacking=sum(row.overall.not_documented > 0 for row in found.baseline),
        lost=f"Lost before a horizon: {lost:,}. See Methods."
        if binary
        else "Censored when last seen.",
        adjusted=f"Adjusted by {', '.join(methods)}." if methods else "Crude; nothing is adjusted.",
        threats=f"High: {', '.join(threats)}." if threats else "",
        subgroups=_subgroups(found),
        sensitivity=_sensitivity(study, found),
        trial={row.element: row for row in found.target_trial},
    )


def _subgroups(found: Results) -> str:
    names = dict.fromkeys(one.label for one in found.sensitivity.subgroups)
    if not names:
        return "No subgroups were asked for in the protocol."
    return f"Subgroups by {', '.join(names)}, each with a test of interaction."


def _sensitivity(study: Study, found: Results) -> str:
    """Which sensitivity analyses the report has."""
    made = found.sensitivity
    said = (
        ("E-values and tipping points", made.unmeasured),
        ("best and worst cases of unknown outcomes", made.missing_outcomes),
        ("censoring weights", made.censoring),
        ("negative controls", made.negative_controls),
        ("every declared alternative", study.analysis.alternatives),
    )
    shown = [name for name, there in said if there]
    return f"See Sensitivity: {', '.join(shown)}." if shown else "None was asked for."


def _items(
    guideline: Literal["STROBE", "RECORD", "TARGET"],
    rows: list[tuple[str, str, str, str, By]],
) -> Iterator[ChecklistItem]:
    for number, topic, item, answer, by in rows:
        yield ChecklistItem(
            guideline=guideline, number=number, topic=topic, item=item, answer=answer, by=by
        )


def _strobe(k: Known) -> Iterator[ChecklistItem]:
    title, intro, methods = "Title and abstract", "Introduction", "Methods"
    found, discussion, other = "Results", "Discussion", "Other information"
    rows: list[tuple[str, str, str, str, By]] = [
        ("1a", title, "Name the design in the title or abstract", "Cohort study.", AUTHORS),
        ("1b", title, "A fair summary of what was done and found", "See Summary.", PART),
        ("2", intro, "Why the study was done", "", AUTHORS),
        (
            "3",
            intro,
            "Aims and hypotheses set beforehand",
            k.question,
            PART if k.question else AUTHORS,
        ),
        ("4", methods, "The design's main elements, early", "See Target trial and Methods.", DONE),
        ("5", methods, "Place, dates of recruitment, exposure, follow-up", k.sources, PART),
        ("6a", methods, "Who was eligible, how found, how followed", "See Patients.", DONE),
        ("6b", methods, "For matching: criteria and numbers", k.adjusted, DONE),
        ("7", methods, "Outcomes, exposures, confounders defined", "See Definitions.", DONE),
        ("8", methods, "For each variable, its source and measurement", "See the site file.", PART),
        ("9", methods, "What was done about bias", f"See Appraisal. {k.threats}", DONE),
        (
            "10",
            methods,
            "How the size of the study came about",
            f"All of {k.in_records:,} patients in the records who met the criteria.",
            PART,
        ),
        ("11", methods, "How numbers were handled and grouped", "See Methods.", DONE),
        ("12a", methods, "Statistical methods, confounding included", k.adjusted, DONE),
        ("12b", methods, "Subgroups and interactions", k.subgroups, DONE),
        (
            "12c",
            methods,
            "What was done about missing data",
            f"{k.lacking} of {k.covariates} covariates lack values.",
            DONE,
        ),
        ("12d", methods, "What was done about loss to follow-up", k.lost, DONE),
        ("12e", methods, "Sensitivity analyses", k.sensitivity, DONE),
        (
            "13a",
            found,
            "Numbers at each stage",
            f"{k.in_records:,} in the records, {k.patients:,} studied; see the flow.",
            DONE,
        ),
        ("13b", found, "Why patients were left out", "See Patients, by criterion.", DONE),
        ("13c", found, "A flow diagram", "See the flow of patients.", DONE),
        ("14a", found, "Who the patients are", "See Baseline.", DONE),
        ("14b", found, "Missing values for each variable", "See Baseline.", DONE),
        ("14c", found, "How long they were followed", k.trial["Follow-up"].records, DONE),
        ("15", found, "Events or summaries over time", f"See Outcomes: {k.outcomes}.", DONE),
        ("16a", found, "Unadjusted and adjusted estimates, with precision", k.adjusted, DONE),
        ("16b", found, "Bounds of categories made of numbers", "See Definitions.", DONE),
        ("16c", found, "Absolute beside relative risk", "Absolute effects come first.", DONE),
        ("17", found, "Other analyses", f"{k.subgroups} {k.sensitivity}", DONE),
        ("18", discussion, "Main results against the aims", "", AUTHORS),
        ("19", discussion, "Limits: direction and size of bias", "Start from the appraisal.", PART),
        ("20", discussion, "A cautious reading", "", AUTHORS),
        ("21", discussion, "To whom it applies", "", AUTHORS),
        ("22", other, "Funding and the funders' part", "", AUTHORS),
    ]
    return _items("STROBE", rows)


def _record(k: Known) -> Iterator[ChecklistItem]:
    title, methods, found, other = "Title and abstract", "Methods", "Results", "Other information"
    lists = (
        f"{k.codes} code lists stand in the protocol." if k.codes else "No codes: the site file "
    )
    lists += "" if k.codes else "names the columns that answer each event."
    rows: list[tuple[str, str, str, str, By]] = [
        ("1.1", title, "The kind of data, and the databases by name", k.sources, PART),
        ("1.2", title, "Region and time frame", "", AUTHORS),
        ("1.3", title, "Whether databases were linked", "", AUTHORS),
        ("6.1", methods, "Codes or algorithms that select the population", lists, DONE),
        ("6.2", methods, "Validation of those codes", "", AUTHORS),
        ("6.3", methods, "A diagram of the linkage", "", AUTHORS),
        ("7.1", methods, "All codes for exposures, outcomes, confounders", lists, DONE),
        ("12.1", methods, "Access of the investigators to the database", "", AUTHORS),
        (
            "12.2",
            methods,
            "How the data were cleaned",
            "Nothing is mended: what cannot be read stops the run. See Assumptions and limits.",
            DONE,
        ),
        ("12.3", methods, "How linkage was done and judged", "", AUTHORS),
        ("13.1", found, "Selection in detail, with a flow diagram", "See Patients.", DONE),
        (
            "19.1",
            "Discussion",
            "What follows from data not made for research: misclassification, "
            "unmeasured confounding, missing data, changing eligibility",
            "Start from the appraisal.",
            PART,
        ),
        (
            "22.1",
            other,
            "Where protocol, raw data and code can be had",
            "The protocol and the SQL are printed in this report.",
            PART,
        ),
    ]
    return _items("RECORD", rows)


def _target(k: Known) -> Iterator[ChecklistItem]:
    parts = (
        ("a", "eligibility", "Eligibility"),
        ("b", "treatment strategies", "Treatment strategies"),
        ("c", "assignment", "Assignment"),
        ("d", "start and end of follow-up", "Follow-up"),
        ("e", "outcomes", "Outcome"),
        ("f", "causal contrasts", "Causal contrast"),
        ("g", "assumptions that identify the effect", ""),
        ("h", "plan of analysis", "Analysis"),
    )
    assumed = (
        "No confounding but by the covariates compared; no bias by who was lost; each strategy "
    )
    assumed += "possible for every kind of patient; one version of each treatment."
    specified = [
        (
            "6" + letter,
            "Target trial",
            f"The trial's {name}",
            k.trial[row].protocol if row else "None but randomization.",
            DONE,
        )
        for letter, name, row in parts
    ]
    emulated = [
        (
            "7" + letter,
            "Emulation",
            f"In the records: {name}",
            k.trial[row].records if row else assumed,
            DONE if row else PART,
        )
        for letter, name, row in parts
    ]
    abstract, intro, found, last = "Abstract", "Introduction", "Results", "Other information"
    rows: list[tuple[str, str, str, str, By]] = [
        ("1a", abstract, "Say that a target trial is emulated in observational data", "", AUTHORS),
        ("1b", abstract, "Where the data come from", k.sources, PART),
        ("1c", abstract, "Main assumptions, methods and findings", "See Summary.", PART),
        ("2", intro, "What is known and what is not", "", AUTHORS),
        ("3", intro, "The causal question", k.question, PART if k.question else AUTHORS),
        ("4", intro, "Why a trial is emulated", "", AUTHORS),
        ("5", "Data", "The data: origin, purpose, quality", k.sources, PART),
        *specified,
        *emulated,
        (
            "8",
            found,
            "Numbers assessed, eligible and assigned",
            f"{k.in_records:,} in the records, {k.patients:,} studied: {k.arms}.",
            DONE,
        ),
        ("9", found, "Baseline by strategy", "See Baseline.", DONE),
        ("10", found, "Length of follow-up, and why it ended", k.trial["Follow-up"].records, PART),
        ("11", found, "Missing data by strategy", "See Baseline.", DONE),
        ("12", found, "Outcomes by strategy", f"See Outcomes: {k.outcomes}.", DONE),
        (
            "13",
            found,
            "Effect estimates with precision, absolute and relative",
            "See Outcomes and Effects on all outcomes.",
            DONE,
        ),
        ("14", found, "Further analyses, by sensitivity to the assumptions", k.sensitivity, PART),
        ("15", "Discussion", "What the findings mean for the causal question", "", AUTHORS),
        (
            "16",
            "Discussion",
            "Limits, and departures from the target trial",
            "Start from the appraisal and the target trial.",
            PART,
        ),
        ("17", last, "Ethics approval", "", AUTHORS),
        ("18", last, "Registration and protocol", "The protocol is printed as run.", PART),
        ("19", last, "Availability of data and code", "The SQL is printed as run.", PART),
        ("20", last, "Funding", "", AUTHORS),
        ("21", last, "Conflicts of interest", "", AUTHORS),
    ]
    return _items("TARGET", rows)
