"""A chart review as tables: how it was done, how far abstractors agreed, and which published
criteria of record reviews it meets; and as sentences for the methods."""

from __future__ import annotations

from casewise.report.style import NOT_KNOWN, Style, digits_for
from casewise.report.table import Cell, Column, Footnotes, Row, Table, row
from casewise.results import Results, Review, ReviewEstimate, ReviewField

KAPPAS = ("Cohen's kappa", "Fleiss' kappa")


def review(results: Results, style: Style) -> Table:
    """What was read, by how many, what differed and was settled, and the seals of the log."""
    rows = [] if results.review is None else [row(*one) for one in _facts(results.review, style)]
    return Table(
        "review",
        "The chart review",
        (Column("", "left"), Column("", "left")),
        tuple(rows),
        (),
        results.study.notice,
    )


def _facts(one: Review, style: Style) -> list[tuple[str, str]]:
    differed = style.count(one.differences)
    hidden = "Yes: withheld by the server" if one.blinded else "No"
    facts = [
        ("Charts", style.count(one.charts)),
        ("Read by two abstractors", style.count(one.read_twice)),
        ("Abstractors", style.count(one.abstractors)),
        ("Answers that differed", differed),
        ("Decided by an adjudicator", style.count(one.adjudicated)),
        ("Blinded to the arm and the outcomes", hidden),
        ("Versions of the form", style.count(one.form_versions)),
        ("Entries of the log", style.count(one.entries)),
    ]
    if not one.lock_hash:
        last = ("Hash of the log’s last entry (SHA-256)", one.log_hash)
        return [*facts, last, ("Locked", "No: answers can still be changed")]
    locked = f"{one.locked_at[:10]}, {one.locked_at[11:16]} UTC"
    return [*facts, ("Locked", locked), ("Hash of the lock (SHA-256)", one.lock_hash)]


def agreement(results: Results, style: Style) -> Table:
    """Each field with choices, over the charts that two abstractors read."""
    notes = Footnotes(style)
    rows: list[Row] = []
    for one, found in _read_twice(results):
        if "PABAK" in found:
            kappa = next((found[name] for name in KAPPAS if name in found), None)
            further = (kappa, found.get("Gwet's AC1"), found["PABAK"])
            cells = [_cell(estimate, style, notes) for estimate in further]
            rows.append(row(one.label, _agreed(one, found, style), *cells))
            for name, estimate in found.items():
                if name.endswith("weighted kappa"):
                    label = name.removesuffix(" kappa").capitalize()
                    rows.append(row(label, "", _cell(estimate, style, notes), "", "", indent=1))
    remarks = [
        "Agreement is of the two abstractors before any difference was decided, over the charts "
        "where the field was asked of either. “Not documented” counts as an answer of its own. "
        "Kappa is Cohen’s, or Fleiss’ where the pairs of abstractors changed; it is low where "
        "nearly all charts have the same answer, however seldom abstractors differ: AC1 and PABAK "
        "are not. Weighted kappas are over the charts where both chose.",
    ]
    heads = ("Agreed, no. of charts; percent", "Kappa", "Gwet’s AC1", "PABAK")
    return _table(
        "review_agreement",
        "Agreement of abstractors: choices",
        heads,
        rows,
        notes,
        remarks,
        results,
        style,
    )


def agreement_of_values(results: Results, style: Style) -> Table:
    """Each field where a number, a date or a text is written."""
    notes = Footnotes(style)
    rows: list[Row] = []
    for one, found in _read_twice(results):
        if "PABAK" not in found:
            icc = next((e for name, e in found.items() if name.startswith("ICC")), None)
            days = found.get("median days apart")
            rows.append(
                row(
                    one.label,
                    _agreed(one, found, style),
                    style.count(one.both) if icc or days else NOT_KNOWN,
                    _cell(icc, style, notes),
                    _cell(days, style, notes),
                )
            )
    remarks = [
        "To agree is to give the same value, or both none. The intraclass correlation is ICC(2,1), "
        "or ICC(1,1) where the pairs of abstractors changed; it and the median distance of dates "
        "are over the charts where both gave a value.",
    ]
    heads = (
        *("Agreed, no. of charts; percent", "Both gave a value"),
        *("Intraclass correlation", "Median days apart"),
    )
    name, title = "review_values", "Agreement of abstractors: numbers, dates and texts"
    return _table(name, title, heads, rows, notes, remarks, results, style)


def _table(
    name: str,
    title: str,
    heads: tuple[str, ...],
    rows: list[Row],
    notes: Footnotes,
    remarks: list[str],
    results: Results,
    style: Style,
) -> Table:
    level = f"In parentheses are {style.level(results.settings.level)} confidence intervals."
    columns = (Column("Field", "left"), *(Column(head) for head in heads))
    marked = notes.all([*remarks, level])
    return Table(name, title, columns, tuple(rows), marked, results.study.notice)


def _read_twice(results: Results) -> list[tuple[ReviewField, dict[str, ReviewEstimate]]]:
    """The fields that two abstractors answered in some chart, with their estimates by measure."""
    fields = results.review.fields if results.review is not None else ()
    return [(one, {e.measure: e for e in one.estimates}) for one in fields if one.charts]


def _agreed(one: ReviewField, found: dict[str, ReviewEstimate], style: Style) -> str:
    percent = _percent(found["percent agreement"], style)
    return f"{style.count(one.agreed)} of {style.count(one.charts)}; {percent}"


def _cell(estimate: ReviewEstimate | None, style: Style, notes: Footnotes) -> Cell:
    if estimate is None:
        return Cell(NOT_KNOWN)
    parts = (estimate.value, estimate.lower, estimate.upper)
    digits = digits_for(parts) if estimate.measure.endswith("days apart") else 2
    shown = style.number(estimate.value, digits)
    if estimate.lower is not None and estimate.upper is not None:
        low, high = (style.number(limit, digits) for limit in (estimate.lower, estimate.upper))
        shown = f"{shown} ({style.limits(low, high)})"
    return notes.marked(shown, estimate.reason)


def _percent(estimate: ReviewEstimate, style: Style) -> str:
    if estimate.value is None or estimate.lower is None or estimate.upper is None:
        return NOT_KNOWN
    low, high = (style.number(100 * limit, 0) for limit in (estimate.lower, estimate.upper))
    return f"{style.number(100 * estimate.value, 0)}% ({style.limits(low, high)})"


def quality(results: Results, style: Style) -> Table:
    """Each published criterion, whether it is met, and by what evidence."""
    found = () if results.review is None else results.review.quality
    met = sum(one.verdict == "met" for one in found)
    rows = [row(one.criterion, one.verdict.capitalize(), one.evidence) for one in found]
    told = (
        f"{style.count(met)} of {style.count(len(found))} criteria are met by what the protocol "
        "and the log say. Criteria are those of Gilbert, Worster, and Vassar and Holzmann, in our "
        "own words."
    )
    return Table(
        "review_quality",
        "Published criteria for record reviews",
        tuple(Column(head, "left") for head in ("Criterion", "Verdict", "Evidence")),
        tuple(rows),
        Footnotes(style).all([told]),
        results.study.notice,
    )


def sentences(results: Results, style: Style) -> list[tuple[str, tuple[str, ...]]]:
    """The methods of the review, each sentence with the keys of its sources."""
    one = results.review
    if one is None:
        return []
    charts, twice = style.count(one.charts), style.count(one.read_twice)
    people = "abstractor" if one.abstractors == 1 else "abstractors"
    told: list[tuple[str, tuple[str, ...]]] = [
        (
            f"{style.count(one.abstractors)} {people} read {charts} charts into a form of "
            f"{style.count(len(one.fields))} fields; two read {twice} of them, neither seeing the "
            "other’s answers.",
            (),
        )
    ]
    if one.blinded:
        told.append((" Fields that say the arm or an outcome were withheld from abstractors.", ()))
    if one.read_twice:
        told.append(
            (
                f" Of their answers {style.count(one.differences)} differed; an adjudicator "
                f"decided {style.count(one.adjudicated)}, each with a reason.",
                (),
            )
        )
        used = [e for field in one.fields if field.charts for e in field.estimates]
        names = dict.fromkeys(_plain(e.measure) for e in used)
        keys = tuple(dict.fromkeys(key for e in used for key in e.sources))
        told.append((f" Agreement by field is given as {_listed(list(names))}.", keys))
    criteria = tuple(dict.fromkeys(key for found in one.quality for key in found.sources))
    told.append(
        (" The review was held against the published criteria for record reviews.", criteria)
    )
    return told


def _plain(measure: str) -> str:
    return {
        "percent agreement": "percent agreement",
        "ICC(1,1)": "the intraclass correlation of numbers, ICC(1,1)",
        "ICC(2,1)": "the intraclass correlation of numbers, ICC(2,1)",
        "median days apart": "the median distance of dates in days",
    }.get(measure, measure)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"
