"""``casewise run``: a study to results and a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewise.cli import options
from casewise.cli.progress import steps

if TYPE_CHECKING:
    from casewise.pipeline import Journal


@click.command(
    short_help="Run a study on a site's records and write the report.",
    epilog="""\b
Examples:
  casewise run study.yaml
  casewise run study.yaml --site ward.yaml --out report-2026
  casewise run study.yaml --records charts-june.xlsx --sql sql --json
  casewise run study.yaml --dry-run
""",
)
@options.study
@options.site
@options.out("casewise-results")
@options.records
@click.option(
    "--sql",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also write the SQL that made the dataset, for a person to read.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Count who would be in, and in which arm; compute no outcome and write no report.",
)
@options.journal
@options.as_json
@options.quiet
def run(
    study: Path,
    site: Path | None,
    out: Path,
    records: str | Path | None,
    sql: Path | None,
    dry_run: bool,
    journal: Journal | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run STUDY on a site's records and write the report.

    Prints the main results: who was left out, the arms, and each outcome with its effect.
    --json prints the whole results.json instead. --dry-run counts patients alone, so that
    feasibility is seen before the comparison is.
    """
    from casewise import pipeline

    where = options.beside(study, site)
    if dry_run:
        _count(study, where, records, sql, as_json, quiet)
        return
    with steps(quiet) as progress:
        results = pipeline.run(
            study, where, out=out, records=records, sql=sql, journal=journal, progress=progress
        )
    if as_json:
        click.echo(results.to_json(), nl=False)
        return
    from casewise.cli.summary import lines

    click.echo("\n".join(lines(results)))
    click.echo(f"\nReport: {out / 'report.html'}")
    if sql is not None:
        click.echo(f"SQL: {sql}")


def _count(
    study: Path,
    where: Path,
    records: str | Path | None,
    sql: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Patients by step and by arm, and nothing of outcomes."""
    from casewise import pipeline

    with steps(quiet) as progress:
        counts = pipeline.count(study, where, records=records, sql=sql, progress=progress)
    if as_json:
        told = {
            "attrition": [step.model_dump(mode="json") for step in counts.attrition],
            "arms": [arm.model_dump(mode="json") for arm in counts.arms],
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    from casewise.cli.summary import patients

    click.echo("\n".join(patients(counts.attrition, counts.arms)))
    click.echo("\nNo outcome was computed. To fix the protocol before one is: casewise freeze")
    if sql is not None:
        click.echo(f"SQL: {sql}")
