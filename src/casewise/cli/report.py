"""``casewise report``: the report again, from results.json alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewise.cli import options
from casewise.cli.progress import steps

if TYPE_CHECKING:
    from casewise.pipeline import Journal


@click.command(
    short_help="Write the report again from results.json alone.",
    epilog="""\b
Examples:
  casewise report casewise-results/results.json --out for-jama --journal jama
""",
)
@click.argument("results", type=click.Path(path_type=Path))
@options.out("casewise-report")
@options.journal
@options.quiet
def report(results: Path, out: Path, journal: Journal | None, quiet: bool) -> None:
    """Write the report again from RESULTS, a results.json, without the patients' data."""
    from casewise import pipeline
    from casewise.results import load

    found = load(results)
    with steps(quiet) as progress:
        pipeline.render(found, out, journal=journal, progress=progress)
    click.echo(f"Report: {out / 'report.html'}")
