"""``casewise recheck``: what could have produced the figures that a paper prints."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casewise.cli import options
from casewise.cli.tables import Table, show

if TYPE_CHECKING:
    from casewise.recheck import OutcomeAnswers, Recheck
    from casewise.recheck.answers import Reanalysis


@click.command(
    short_help="Hold a paper's printed figures against what could produce them.",
    epilog="""\b
Examples:
  casewise recheck paper.yaml
  casewise recheck paper.yaml --markdown > recheck.md
  casewise recheck paper.yaml --json
""",
)
@click.argument("file", type=click.Path(path_type=Path))
@options.markdown
@options.as_json
def recheck(file: Path, markdown: bool, as_json: bool) -> None:
    """Say for each figure in FILE what can have produced it, or that nothing can.

    FILE is YAML: arms with their numbers of patients, and for each outcome counts or percentages,
    medians with quartiles, means, P values, and effects with intervals, as the paper prints them.
    The counts that are certain are then analysed again by exact tests, and all P values adjusted
    for their number.
    """
    from casewise.recheck import read_published
    from casewise.recheck import recheck as answered

    found = answered(read_published(file))
    if as_json:
        click.echo(json.dumps(json_safe(asdict(found)), indent=2, ensure_ascii=False))
        return
    show(tables(found), markdown=markdown)


def json_safe(value: Any) -> Any:
    """JSON has no infinity: it becomes the text "inf" or "-inf"."""
    if isinstance(value, dict):
        return {key: json_safe(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "inf" if value > 0 else "-inf" if value < 0 else None
    return value


def tables(found: Recheck) -> list[Table]:
    arms = "; ".join(f"{arm} {n:,}" for arm, n in found.arms.items())
    made = [Table(found.title or "Recheck", (), (), (found.source, f"Arms: {arms}."))]
    for outcome in found.outcomes:
        made += [_answers(outcome), *_ranges(outcome)]
        if outcome.reanalysis:
            made.append(_reanalysis(outcome))
    if found.multiplicity:
        made.append(_multiplicity(found))
    made.append(_summary(found))
    return [table for table in made if table.rows or table.notes]


def _answers(outcome: OutcomeAnswers) -> Table:
    rows = tuple((one.figure, one.printed, one.verdict, one.answer) for one in outcome.answers)
    return Table(outcome.name, ("figure", "printed", "verdict", "by what"), rows)


def _ranges(outcome: OutcomeAnswers) -> list[Table]:
    """P of each test over the data sets that fit the printed medians, one row a quantile rule."""
    from casewise.recheck.medians import rules_said

    made = []
    for answer in outcome.answers:
        searched = [one for one in answer.detail.get("rules", ()) if "tests" in one]
        if not searched:
            continue
        rows = tuple(
            (rules_said(one["rules"]), *(_range(test) for test in one["tests"]), _pairs(one))
            for one in searched
        )
        names = [_SHORT[test["test"]] for test in searched[0]["tests"]]
        notes = [f"* gives {answer.printed} for some pair of data sets."]
        if any("~" in cell for row in rows for cell in row):
            notes.append(
                f"~ has {answer.printed} within its range, met by no pair that was tested."
            )
        if not all(one["all"] for one in searched):
            notes.append(_SAMPLED)
        title = f"{outcome.name}: P over the data sets that fit, by quantile rule"
        made.append(Table(title, ("quartiles by", *names, "pairs"), rows, tuple(notes)))
    return made


_SHORT = {
    "exact rank-sum with ties": "exact, ties",
    "exact rank-sum without regard to ties": "exact",
    "asymptotic rank-sum with continuity correction": "corrected",
    "asymptotic rank-sum without (Kruskal-Wallis)": "Kruskal-W.",
    "Student's t-test": "Student",
    "Welch's t-test": "Welch",
}


_SAMPLED = (
    "Where not all pairs of data sets are tested, they are sampled, among them those that overlap "
    "most and least; a range may then be wider than shown."
)


def _pairs(one: dict[str, Any]) -> str:
    return f"{'all ' if one['all'] else ''}{one['pairs']:,}"


def _range(test: dict[str, Any]) -> str:
    ends = [_short_p(p) for p in (test["lowest"], test["highest"])]
    mark = "*" if test["roundings"] else "~" if test["inside"] else ""
    return f"{'-'.join(ends)}{mark}"


def _short_p(p: float) -> str:
    if p < 0.0005:
        return "<.001"
    return f"{p:.3f}".lstrip("0") if p < 0.9995 else "1"


def _reanalysis(outcome: OutcomeAnswers) -> Table:
    assert outcome.counts is not None
    a, n_1, c, n_0 = outcome.counts
    rows = tuple(
        (one.method, p_text(one.p_value), one.measure, _interval(one)) for one in outcome.reanalysis
    )
    header = ("exact re-analysis", "P", "measure", "estimate and interval")
    notes = [one.note for one in outcome.reanalysis if one.note and one.measure]
    notes += [outcome.fragility] if outcome.fragility else []
    title = f"{outcome.name}: {a} of {n_1} against {c} of {n_0}, analysed again"
    return Table(title, header, rows, tuple(dict.fromkeys(_sentence(note) for note in notes)))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _interval(one: Reanalysis) -> str:
    if one.lower is None or one.upper is None:
        return one.note or "undefined"
    value = "does not exist" if one.value is None else number(one.value)
    return f"{value} ({number(one.lower)} to {number(one.upper)})"


def _multiplicity(found: Recheck) -> Table:
    rows = tuple(
        (one.outcome, p_text(one.p_value), one.origin, p_text(one.adjusted))
        for one in found.multiplicity
    )
    below = sum(one.adjusted <= found.alpha for one in found.multiplicity)
    before = sum(one.p_value <= found.alpha for one in found.multiplicity)
    note = (
        f"{before} of {len(rows)} P values are at most {found.alpha:g} alone; {below} after Holm's "
        "adjustment for all of them."
    )
    nested = tuple(_sentence(text) for text in found.nested)
    title = "All outcomes together"
    return Table(title, ("outcome", "P", "from", "Holm"), rows, (note, *nested))


def _summary(found: Recheck) -> Table:
    from casewise.recheck.run import verdicts

    counted = verdicts(found)
    said = ", ".join(f"{number} {word}" for word, number in counted.items())
    return Table(
        "Figures rechecked", (), (), (f"{sum(counted.values())}: {said}." if said else "0",)
    )


def p_text(p: float | None) -> str:
    if p is None:
        return "undefined"
    return f"{p:.4f}" if p >= 0.001 else f"{p:.1e}"


def number(value: float) -> str:
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if value == 0 or 0.01 <= abs(value) < 100:
        return f"{value:.3f}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.4g}"
