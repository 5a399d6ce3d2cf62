"""``casewise plan``: what so many patients could ever show."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from casewise.cli import options
from casewise.cli.tables import Table, show

if TYPE_CHECKING:
    from casewise import stats
    from casewise.plan import Plan

TESTS = ("fisher", "fisher-central", "fisher-mid-p", "barnard", "boschloo", "chi-square")


@click.command(
    short_help="Say what two arms of given sizes could ever show.",
    epilog="""\b
Examples:
  casewise plan --arms 9 6
  casewise plan --arms 9 6 --risk 0.33 --test boschloo
  casewise plan --risks 0.1 0.4 --power 0.9
""",
)
@click.option(
    "--arms", type=click.IntRange(min=1), nargs=2, metavar="N N", help="Patients treated, control."
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="The largest P that counts.",
)
@click.option(
    "--power",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    help="The power wanted.",
)
@click.option(
    "--risk",
    type=click.FloatRange(0, 1),
    help="The control arm's risk.  [default: a grid from 0.05 to 0.95]",
)
@click.option(
    "--test",
    type=click.Choice(TESTS),
    default="fisher",
    show_default=True,
    help="The test of two proportions.",
)
@click.option(
    "--risks",
    type=click.FloatRange(0, 1),
    nargs=2,
    metavar="P P",
    help="Also say how many patients show these risks apart, treated first.",
)
@options.markdown
@options.as_json
def plan(
    arms: tuple[int, int] | None,
    level: float,
    power: float,
    risk: float | None,
    test: str,
    risks: tuple[float, float] | None,
    markdown: bool,
    as_json: bool,
) -> None:
    """Say what --arms N N patients could ever show, counted over every possible result.

    Which results reach the level at all; the test's exact size; its power at each pair of true
    risks; the smallest differences with the power wanted; how wide the interval will be; and the
    same for the rank-sum test. --risks asks how many patients are needed instead.
    """
    from casewise import plan as planning

    if arms is None and risks is None:
        raise click.UsageError("give --arms N N, or --risks P P, or both")
    try:
        made = needed = None
        if arms is not None:
            control = (risk,) if risk is not None else planning.RISKS
            made = planning.plan(*arms, level, power, test, control)
        if risks is not None:
            needed = planning.patients_needed(*risks, power, level)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        found = {
            "plan": asdict(made) if made else None,
            "patients_needed": asdict(needed) if needed else None,
        }
        click.echo(json.dumps(found, indent=2))
        return
    tables = _tables(made) if made else []
    if needed is not None and risks is not None:
        tables.append(_needed(needed, risks, power, level))
    show(tables, markdown=markdown)


def _tables(made: Plan) -> list[Table]:
    return [_reaching(made), _power(made), _detectable(made), *_ranks(made)]


def _reaching(made: Plan) -> Table:
    """The results that reach the level, by the control arm's events."""
    found = made.proportions
    by_control: dict[int, list[int]] = {}
    for a, c, _ in found.rejecting:
        by_control.setdefault(c, []).append(a)
    rows = tuple(
        (f"{c} of {made.n_0}", f"{_spans(sorted(by_control[c]))} of {made.n_1}")
        for c in sorted(by_control)
    )
    notes = (
        f"{len(found.rejecting):,} of {found.results:,} possible results reach it; the smallest P "
        f"of any is {found.smallest_p:.2g}.",
        f"Exact size: {found.size:.4f}, at a common risk of {found.size_at:.3f}.",
    )
    title = (
        f"{made.n_1} against {made.n_0}: results with P of at most {made.level:g} by {found.test}"
    )
    return Table(title, ("control events", "treated events"), rows, notes)


def _spans(numbers: list[int]) -> str:
    """ "0-2, 8, 9": runs of three or more with a dash."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(
        f"{span[0]}-{span[-1]}" if len(span) > 2 else ", ".join(map(str, span)) for span in spans
    )


def _power(made: Plan) -> Table:
    found = made.proportions
    header = ("treated", *(f"{risk:g}" for risk in found.control_risks))
    rows = tuple(
        (f"{risk:g}", *(f"{100 * power:.0f}%" for power in row))
        for risk, row in zip(found.treated_risks, found.power, strict=True)
    )
    return Table("Power by true risk: treated down, control across", header, rows)


def _detectable(made: Plan) -> Table:
    found = made.proportions

    def risk(value: float | None) -> str:
        return "none" if value is None else f"{value:.3f}"

    rows = tuple(
        (f"{one.control_risk:g}", risk(one.lower), risk(one.higher), f"{one.width:.2f}")
        for one in found.detectable
    )
    title = f"Treated risk nearest to the control risk with {100 * made.power:g}% power"
    note = (
        f"Width: of the {100 * (1 - made.level):g}% {found.interval.title()} interval for the risk "
        "difference, expected where both risks are the control's."
    )
    return Table(title, ("control risk", "below", "above", "interval width"), rows, (note,))


def _ranks(made: Plan) -> list[Table]:
    found = made.ranks
    if found is None:
        return []
    reach = (
        "no result reaches the level"
        if found.largest_u is None
        else f"reached by a U of {found.largest_u} or less, of {found.pairs} pairs, in the arm "
        "that has fewer wins"
    )
    shown = (
        "no probability up to 0.999 has the power"
        if found.detectable is None
        else f"a chance of {found.detectable:.3f} that a patient of the one arm has a larger value "
        "than one of the other, under proportional hazards"
    )
    rows = (
        ("smallest P", f"{found.smallest_p:.2g}"),
        (f"P of {made.level:g}", reach),
        ("exact size", f"{found.size:.4f}"),
        (f"shown with {100 * made.power:g}% power", shown),
    )
    return [Table("The exact rank-sum test, no ties", ("what", "answer"), rows)]


def _needed(
    needed: stats.SampleSize, risks: tuple[float, float], power: float, level: float
) -> Table:
    note = (
        f"{needed.n_0:,} patients an arm, {needed.n_1 + needed.n_0:,} in all, show a risk of "
        f"{risks[0]:g} against {risks[1]:g} with a power of {100 * needed.power:.1f}% "
        f"({100 * power:g}% wanted) at a level of {level:g} by Fisher's exact test."
    )
    return Table("Patients needed", (), (), (note,))
