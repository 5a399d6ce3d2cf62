"""The methods section, written from what was run: nothing in it was not done.

Sources that the text itself names: quantiles [hyndman1996], standardized differences [yang2012],
survival curves and their intervals [kaplan1958] [borgan1990] [brookmeyer1982], rates [garwood1936],
multiplicity [holm1979] [hochberg1988]. Those of a test or an estimate come with it in the results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from casewise.citations import cite
from casewise.errors import Problem, RecordsError
from casewise.report import chart_review
from casewise.report.adjusted_methods import adjustment
from casewise.report.effects import KINDS, measure_name, ordered
from casewise.report.style import Style
from casewise.report.table import capital, sentence
from casewise.results import (
    BinaryOutcome,
    DurationOutcome,
    Outcome,
    Results,
    TimeToEventOutcome,
)

QUANTILES = {
    1: "the inverse of the empirical distribution function",
    2: "the inverse of the empirical distribution function, averaged where it is flat (the default "
    "of SAS)",
    3: "the observation nearest to n times the probability",
    4: "linear interpolation of the empirical distribution function",
    5: "linear interpolation between the midpoints of the empirical distribution function's steps",
    6: "linear interpolation at n + 1 times the probability (the default of SPSS and Minitab)",
    7: "linear interpolation at n − 1 times the probability, plus 1 (the default of R and of "
    "spreadsheets)",
    8: "approximately median-unbiased interpolation",
    9: "interpolation approximately unbiased for normal data",
}
LOST = {
    "excluded": "were left out of the denominator",
    "event-free": "were counted as free of the event",
    "event": "were counted as having had the event",
}
# How the arms themselves are described, whatever their comparison.
DESCRIBED = {
    "time to event": (
        ("Survival curves are by the product-limit estimator of Kaplan and Meier,", "kaplan1958"),
        (" with pointwise intervals on the scale of log(−log S);", "borgan1990"),
        (" median times have the interval of Brookmeyer and Crowley.", "brookmeyer1982"),
    ),
    "ranked": (
        (
            "Each patient was set against each of the comparator; of two, the one seen to have "
            "the gravest of the ranked events first lost, and a pair that one event left "
            "undecided went on to the next.",
            "pocock2012",
        ),
    ),
    "count": (
        (
            "Counted events are given by patients with at least one and by events per person-time, "
            "the latter with exact Poisson intervals.",
            "garwood1936",
        ),
    ),
}
NOTES = {
    "assumption": "Assumptions",
    "limit": "What the records cannot show",
    "records": "How the records were read",
}


@dataclass(frozen=True, slots=True)
class Passage:
    """Some text and the numbers of the references printed raised after it."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Paragraphs are passages in a row; ``items`` are terms with their text, printed as a list."""

    title: str
    paragraphs: tuple[tuple[Passage, ...], ...]
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Methods:
    """``references`` are in order of first use: number 1 is the first."""

    sections: tuple[Section, ...]
    references: tuple[str, ...]
    notice: str = ""


@dataclass
class _Citations:
    keys: list[str] = field(default_factory=list)

    def numbers(self, keys: Iterable[str]) -> tuple[int, ...]:
        """The references' numbers, given out in order of first use."""
        found = []
        for key in dict.fromkeys(keys):
            if key not in self.keys:
                self.keys.append(key)
            found.append(self.keys.index(key) + 1)
        return tuple(found)

    def references(self) -> tuple[str, ...]:
        return tuple(_reference(key) for key in self.keys)


def _reference(key: str) -> str:
    try:
        return cite(key)
    except KeyError:
        problem = Problem(f'the results cite "{key}", which is not a source that Casewise knows')
        raise RecordsError(problem) from None


def write(results: Results, style: Style) -> Methods:
    """The methods section of this run.

    Raises ``RecordsError`` when the results cite a source that is not in the registry.
    """
    citations = _Citations()
    sections = [
        _patients(results, style),
        _chart_review(results, style, citations),
        _groups(results, style),
        _outcomes(results, style),
        Section("Treatments received", (), _defined(results, "treatment")),
        _summaries(results, citations),
        _comparisons(results, style, citations),
        _adjustment(results, citations),
        _lost_weighted(results, citations),
        _appraisal(results, citations),
        _software(results),
        *_notes(results),
    ]
    kept = tuple(section for section in sections if section.paragraphs or section.items)
    return Methods(kept, citations.references(), results.study.notice)


def markdown(methods: Methods, title: str) -> str:
    """``methods.md``: the same text, with references as numbers in square brackets."""
    lines = [f"# Methods: {title}", ""]
    if methods.notice:
        lines += [f"> {methods.notice}", ""]
    for section in methods.sections:
        lines += [f"## {section.title}", ""]
        for paragraph in section.paragraphs:
            lines += ["".join(_markdown(passage) for passage in paragraph), ""]
        if section.items:
            lines += [f"- **{term}**: {text}" for term, text in section.items]
            lines.append("")
    if methods.references:
        lines += ["## References", ""]
        lines += [f"{i}. {text}" for i, text in enumerate(methods.references, 1)]
        lines.append("")
    return "\n".join(lines)


def _markdown(passage: Passage) -> str:
    """References stand before a closing comma or stop in square brackets, after it when raised."""
    if not passage.citations:
        return passage.text
    text = passage.text.rstrip(".,;")
    numbers = ", ".join(str(number) for number in passage.citations)
    return f"{text} [{numbers}]{passage.text[len(text) :]}"


def _plain(*sentences: str) -> tuple[Passage, ...]:
    text = " ".join(s for s in sentences if s)
    return (Passage(text),) if text else ()


def _defined(results: Results, *parts: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        ("Index date" if d.part == "index" else capital(d.term), sentence(d.text))
        for d in results.study.definitions
        if d.part in parts
    )


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b, and c``."""
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def _patients(results: Results, style: Style) -> Section:
    total = sum(arm.n for arm in results.arms)
    start = results.attrition[0].remaining if results.attrition else total
    question = f"The question was: {results.study.question}" if results.study.question else ""
    selected = (
        f"Of {style.count(start)} patients in the records, {style.count(total)} were studied. "
        "Criteria were applied in the order in which they are listed."
    )
    days = (
        "Day 0 is the index date; a window of a number of days includes its first and its last day."
    )
    return Section(
        "Patients",
        (_plain(question, selected, days),),
        _defined(results, "index", "include", "exclude"),
    )


def _groups(results: Results, style: Style) -> Section:
    sizes = [f"{arm.name} (n = {style.count(arm.n)})" for arm in results.arms]
    text = f"The groups compared were {listed(sizes)}."
    against = f"{capital(results.arms[-1].name)} is the comparator"
    each = ", against which each other group was set." if len(results.arms) > 2 else "."
    return Section("Treatment groups", (_plain(text, against + each),), _defined(results, "arm"))


def _outcomes(results: Results, style: Style) -> Section:
    primary = [o.label for o in results.outcomes.values() if o.primary]
    text = ""
    if primary:
        many = len(primary) > 1
        text = f"The primary outcome{'s were' if many else ' was'}: {listed(primary)}."
    elif results.outcomes:
        text = "No outcome was declared primary."
    paragraphs = (_plain(text, *_lost(results, style), *_competing(results)),)
    items = tuple(
        (outcome.label, sentence(outcome.text))
        for outcome in (*results.outcomes.values(), *results.harms.values())
    )
    return Section("Outcomes", tuple(p for p in paragraphs if p), items)


def _lost(results: Results, style: Style) -> list[str]:
    """How patients whose follow-up ended early were counted, and how many they were."""
    told = []
    binary = [o for o in results.outcomes.values() if isinstance(o, BinaryOutcome)]
    for rule, consequence in LOST.items():
        outcomes = [o for o in binary if o.lost_rule == rule]
        counted = [(o.label, sum(arm.lost for arm in o.arms.values())) for o in outcomes]
        some = [f"{label}: {style.count(n)}" for label, n in counted if n]
        if outcomes:
            how_many = f" ({'; '.join(some)})" if some else " (there were none)"
            which = (
                "" if len(outcomes) == len(binary) else f" of {listed([o.label for o in outcomes])}"
            )
            told.append(
                f"Patients whose follow-up ended before the horizon{which} without the event "
                f"{consequence}{how_many}."
            )
    return told


def _competing(results: Results) -> list[str]:
    told = []
    for outcome in results.outcomes.values():
        if isinstance(outcome, DurationOutcome) and outcome.competing:
            ended = sum(arm.ended_by_competing for arm in outcome.arms.values())
            told.append(
                f"{outcome.label} ended by {outcome.competing} in {ended} "
                f"{'patient' if ended == 1 else 'patients'} and is counted to that day; a short "
                "duration may then be a bad outcome."
            )
        if isinstance(outcome, TimeToEventOutcome) and outcome.competing:
            told.append(f"For {outcome.label}, {outcome.competing} was a competing event.")
    return told


def _summaries(results: Results, citations: _Citations) -> Section:
    """How the patients of each arm were described."""
    summaries = {item.summary for item in results.baseline}
    medians = "median" in summaries or any(
        isinstance(o, DurationOutcome) for o in results.outcomes.values()
    )
    kinds = ["counts and percentages"] if "count" in summaries or results.outcomes else []
    kinds += ["medians with first and third quartiles"] if medians else []
    kinds += ["means with standard deviations"] if "mean" in summaries else []
    passages = [Passage(f"Groups are described by {listed(kinds)}.")] if kinds else []
    if medians:
        which = results.settings.quantile_type
        text = f" Quartiles are by {QUANTILES[which]}: type {which} of Hyndman and Fan."
        passages.append(Passage(text, citations.numbers(["hyndman1996"])))
    if results.baseline:
        text = " Groups are compared at baseline by standardized differences."
        passages.append(Passage(text, citations.numbers(["yang2012"])))
        tests = dict.fromkeys(d.test for r in results.baseline for d in r.differences if d.test)
        passages.append(Passage(_tested(list(tests))))
        passages.append(Passage(_missing(results)))
    return Section("Description", (tuple(passages),) if passages else ())


def _tested(tests: list[str]) -> str:
    if not tests:
        return " Baseline characteristics were not tested."
    named = listed([_article(test) for test in tests])
    return f" Baseline P values, which the protocol asks for, are from {named}."


def _missing(results: Results) -> str:
    if not any(row.overall.not_documented for row in results.baseline):
        return " Every baseline value was documented."
    return (
        " Values that were not documented are counted and left out of the summaries; none was "
        "imputed, and none was taken as “no”."
    )


def _comparisons(results: Results, style: Style, citations: _Citations) -> Section:
    """Estimates, intervals and tests, by kind of outcome."""
    every = [*results.outcomes.values(), *results.harms.values()]
    if not every:
        return Section("Statistical analysis", ())
    level = style.level(results.settings.level)
    paragraphs = [
        _plain(
            f"Effects are given with their {level} confidence intervals, absolute effects before "
            "relative ones."
        )
    ]
    for kind, word in KINDS.items():
        outcomes = [outcome for outcome in every if outcome.kind == kind]
        if kind == "duration" and any(getattr(outcome, "number", False) for outcome in outcomes):
            word = "durations and other numbers"
        if outcomes:
            paragraphs.append(_kind(kind, word, outcomes, results, citations))
    paragraphs.append(_multiplicity(results, citations))
    return Section("Statistical analysis", tuple(paragraphs))


def _kind(
    kind: str, word: str, outcomes: Sequence[Outcome], results: Results, citations: _Citations
) -> tuple[Passage, ...]:
    """One paragraph: what was estimated of this kind of outcome, and how it was tested."""
    estimates: dict[str, dict[str, list[str]]] = {}
    tests: dict[str, list[str]] = {}
    for outcome in outcomes:
        for comparison in outcome.comparisons(results.arms):
            for e in ordered(comparison.estimates):
                methods = estimates.setdefault(measure_name(e.measure), {})
                methods.setdefault(e.method, []).extend(e.sources)
            if comparison.test.p_value is not None:
                tests.setdefault(comparison.test.method, []).extend(comparison.test.sources)
    passages = []
    for text, key in DESCRIBED.get(kind, ()):
        passages.append(Passage(text, citations.numbers([key])))
    if passages:
        passages.append(Passage(" "))
    if estimates:
        passages.append(Passage(f"{capital(word)} were compared by "))
        shown = [_estimated(name, methods) for name, methods in estimates.items()]
        passages += _series(shown, citations)
    if tests:
        passages.append(Passage(f"{' ' if passages else ''}P values are from "))
        passages += _series([(_article(m), keys) for m, keys in tests.items()], citations)
    return tuple(passages)


def _estimated(name: str, methods: dict[str, list[str]]) -> tuple[str, list[str]]:
    """``the risk ratio (exact [central])`` and every source of its methods."""
    inside = " or ".join(methods).translate(str.maketrans("()", "[]"))
    return f"the {name} ({inside})", [key for keys in methods.values() for key in keys]


def _article(method: str) -> str:
    """``the log-rank test``, but ``Fisher's exact test``."""
    first = method.partition(" ")[0]
    return method if first.endswith(("'s", "’s")) else f"the {method}"


def _series(items: Sequence[tuple[str, list[str]]], citations: _Citations) -> list[Passage]:
    """``a,1 b,2 and c.3``: the items of one sentence, each with its references."""
    passages = []
    for i, (text, keys) in enumerate(items):
        last = i == len(items) - 1
        joint = "" if i == 0 else " and " if last else " "
        stop = "." if last else "," if len(items) > 2 else ""
        passages.append(Passage(joint + text + stop, citations.numbers(keys)))
    return passages


def _multiplicity(results: Results, citations: _Citations) -> tuple[Passage, ...]:
    method = results.settings.multiplicity
    if method == "none":
        pairs = len(results.arms) - 1
        compared = (("outcomes", len(results.outcomes)), ("harms", len(results.harms)))
        counts = [(n * pairs, what) for what, n in compared if n]
        if not counts:
            return _plain("")
        word, verb = ("comparison", "was") if counts[0][0] == 1 else ("comparisons", "were")
        (first, what), *more = counts
        parts = [f"{first} {word} of {what}", *[f"{n} of {other}" for n, other in more]]
        return _plain(
            f"{' and '.join(parts)} {verb} made; P values are not adjusted for their number."
        )
    name = method.capitalize()
    but = ", not those of the harms," if results.harms else ""
    key = {"holm": "holm1979", "hochberg": "hochberg1988"}[method]
    return (
        Passage(
            f"P values of the outcomes{but} are adjusted for their number by {name}'s method;",
            citations.numbers([key]),
        ),
        Passage(" both the adjusted and the unadjusted ones are given."),
    )


def _chart_review(results: Results, style: Style, citations: _Citations) -> Section:
    said = chart_review.sentences(results, style)
    told = tuple(Passage(text, citations.numbers(keys)) for text, keys in said)
    return Section("Chart review", (told,) if told else ())


def _adjustment(results: Results, citations: _Citations) -> Section:
    told = tuple(Passage(text, citations.numbers(keys)) for text, keys in adjustment(results))
    return Section("Adjustment for covariates", (told,) if told else ())


def _lost_weighted(results: Results, citations: _Citations) -> Section:
    """Censoring weights, where the protocol asks for them."""
    if not results.sensitivity.censoring:
        return Section("Loss to follow-up", ())
    told = (
        Passage(
            "Risks were also estimated with inverse probability of censoring weights: those whose "
            "outcome is known stand for the lost with like covariates, by Cox’s model of the "
            "hazard of being lost with a baseline of each group’s own;",
            citations.numbers(["robins2000"]),
        ),
        Passage(" intervals take the weights as known."),
    )
    return Section("Loss to follow-up", (told,))


def _appraisal(results: Results, citations: _Citations) -> Section:
    """What was looked for, with its sources; what was found stands under Appraisal."""
    if not results.appraisal:
        return Section("Appraisal", ())
    looked = [Passage("Threats to validity were looked for in the study's own data:")]
    for place, threat in enumerate(results.appraisal):
        end = "." if place == len(results.appraisal) - 1 else ","
        name = threat.threat[:1].lower() + threat.threat[1:]
        looked.append(Passage(f" {name}{end}", citations.numbers(threat.sources)))
    return Section("Appraisal", (tuple(looked),))


def _software(results: Results) -> Section:
    made = results.provenance
    names = [
        f"{source.name}" + (f" ({source.rows} rows)" if source.rows is not None else "")
        for source in made.records
    ]
    read = f"Records were read from {listed(names)}." if names else ""
    version = (
        f"The analysis was made with Casewise {made.casewise} from one protocol file (SHA-256 "
        f"{made.protocol_sha256[:12]}…), printed below as it was run."
    )
    return Section("Records and software", (_plain(read, version, _frozen(results)),))


def _frozen(results: Results) -> str:
    """Whether the protocol was fixed before its outcomes were looked at."""
    frozen = results.study.frozen
    if frozen is None:
        return "The protocol was not frozen before its outcomes were looked at."
    when = f"The protocol was frozen on {frozen.at[:10]} (SHA-256 {frozen.sha256[:12]}…)"
    if not frozen.changes:
        return f"{when}, and was run as it was frozen."
    return f"{when}; what was added or changed later is marked post hoc."


def _notes(results: Results) -> list[Section]:
    sections = []
    for kind, title in NOTES.items():
        items = tuple((capital(n.about), sentence(n.text)) for n in results.notes if n.kind == kind)
        sections.append(Section(title, (), items))
    return sections
