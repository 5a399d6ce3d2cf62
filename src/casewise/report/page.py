"""``report.html``: one file that needs no network, for reading, printing and taking things out."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from casewise.report import guidelines, methods, sentences, tables
from casewise.report.bias import bias
from casewise.report.plots.canvas import ReportFigure
from casewise.report.style import Style
from casewise.report.table import Table, capital, sentence
from casewise.results import Note, Results, Sensitivity

# Which figures stand in which section, by the start of their name.
PLACES = (
    "time-split",
    "flow",
    "balance",
    "swimmer",
    "survival",
    "incidence",
    "mean-count",
    "adjusted",
    "overlap",
    "love",
    "subgroups",
    "specifications",
    "forest",
)
FEW = 4  # assumptions that the summary names; all are in their own section
SEVERITY = {"high": "High", "moderate": "Moderate", "low": "Low"}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A figure or a table with its number in the report."""

    number: int
    item: ReportFigure | Table


@dataclass(frozen=True, slots=True)
class Threat:
    """A threat to validity with the numbers of its references."""

    title: str
    severity: str
    finding: str
    remedy: str


def build(results: Results, style: Style, figures: Sequence[ReportFigure] = ()) -> str:
    """The page. Raises ``RecordsError`` when the results cite an unknown source."""
    text = methods.write(results, style)
    made = tables.build(results, style)
    apart = ("definitions", *guidelines.CHECKLISTS)
    shown = {t.name: Numbered(i, t) for i, t in enumerate(made, 1) if t.name not in apart}
    # A study without harms has no table of them: asked for, it is None.
    asked: defaultdict[str, Numbered | None] = defaultdict(lambda: None, shown)
    definitions = next((t for t in made if t.name == "definitions"), None)
    noted = set(methods.NOTES.values())
    assumed = _assumed(results)
    context = {
        "results": results,
        "study": results.study,
        "style": style,
        "arms": [(capital(arm.name), style.count(arm.n)) for arm in results.arms],
        "total": style.count(sum(arm.n for arm in results.arms)),
        "primary": _primary(results, style),
        "assumed": [(capital(n.about), sentence(n.text)) for n in assumed[:FEW]],
        "assumed_more": max(len(assumed) - FEW, 0),
        "threats": [
            Threat(capital(t.threat), SEVERITY[t.severity], sentence(t.finding), sentence(t.remedy))
            for t in results.appraisal
            if t.severity != "none"
        ],
        "not_found": [
            (capital(t.threat), sentence(t.finding))
            for t in results.appraisal
            if t.severity == "none"
        ],
        "tables": asked,
        "definitions": definitions,
        "bias": bias(results, "results"),
        "checklists": [t for t in made if t.name in guidelines.CHECKLISTS],
        "provenance": tables.provenance(results, style),
        "figures": _placed(figures),
        "methods": [s for s in text.sections if s.title not in noted],
        "notes": [s for s in text.sections if s.title in noted],
        "references": text.references,
        "sections": _contents(results, text, shown),
    }
    environment = Environment(
        loader=PackageLoader("casewise.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = lambda svg: Markup(_scalable(svg))
    return environment.get_template("report.html").render(context)


def _assumed(results: Results) -> list[Note]:
    """What was assumed, that about a primary outcome first."""
    primary = {name for name, o in results.outcomes.items() if o.primary}
    primary |= {o.label for o in results.outcomes.values() if o.primary}
    notes = [note for note in results.notes if note.kind == "assumption"]
    return sorted(notes, key=lambda note: note.about not in primary)


def _primary(results: Results, style: Style) -> list[tuple[str, ...]]:
    """Each primary outcome in sentences, the absolute effect first."""
    return [
        sentences.outcome_sentences(outcome, results, style)
        for outcome in results.outcomes.values()
        if outcome.primary
    ]


def _placed(figures: Sequence[ReportFigure]) -> dict[str, list[Numbered]]:
    numbered = [Numbered(i, figure) for i, figure in enumerate(figures, 1)]
    return {
        place: [
            n
            for n in numbered
            if isinstance(n.item, ReportFigure) and n.item.name.startswith(place)
        ]
        for place in PLACES
    }


def _contents(
    results: Results, text: methods.Methods, shown: dict[str, Numbered]
) -> list[tuple[str, str]]:
    """The sections of this report, in order, for the list at its side."""
    noted = any(s.title in methods.NOTES.values() for s in text.sections)
    every = (
        ("appraisal", "Appraisal", bool(results.appraisal)),
        ("summary", "Summary", True),
        ("target-trial", "Target trial", "target_trial" in shown),
        ("patients", "Patients", "attrition" in shown),
        ("review", "Chart review", results.review is not None),
        ("baseline", "Baseline", "baseline" in shown),
        ("course", "Course of each patient", results.swimmer is not None),
        ("outcomes", "Outcomes", "outcomes" in shown),
        ("time-to-event", "Time to event", "time_to_event" in shown),
        ("adjusted", "Adjusted for covariates", bool(results.adjustments)),
        ("sensitivity", "Sensitivity", results.sensitivity != Sensitivity()),
        ("effects", "Effects on all outcomes", bool(results.outcomes or results.harms)),
        ("harms", "Harms", "harms" in shown),
        ("treatments", "Treatments received", "treatments" in shown),
        ("notes", "Assumptions and limits", noted),
        ("methods", "Methods", True),
        ("references", "References", bool(text.references)),
        ("checklists", "Reporting checklists", bool(results.checklists)),
        ("protocol", "Protocol as run", True),
        ("provenance", "Provenance", True),
    )
    return [(name, title) for name, title, present in every if present]


def _scalable(svg: str) -> str:
    """Its size from the page instead of its own; the natural width stays for the style sheet."""
    size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    return svg.replace(size[0], "", 1) if size else html.escape(svg)
