"""``casewise check``: what is wrong, before any analysis."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from casewise.cli import options
from casewise.cli.guard import problem_lines


@click.command(
    short_help="Check a study, its site file and its records.",
    epilog="""\b
Examples:
  casewise check study.yaml
  casewise check study.yaml --site ward.yaml --records charts-june.xlsx
  casewise check study.yaml --json
""",
)
@options.study
@options.site
@options.records
@options.as_json
@click.pass_context
def check(
    ctx: click.Context, study: Path, site: Path | None, records: str | Path | None, as_json: bool
) -> None:
    """Check STUDY, its site file and the records; analyse nothing.

    Lists every mistake with its file, line and column, or its cell: what cannot be read, duplicate
    patients, dates that contradict each other or lie in the future. Exits 10 when the protocol or
    site file is wrong, 11 when the records are unfit.
    """
    from casewise import pipeline

    found = pipeline.check(study, options.beside(study, site), records=records)
    if as_json:
        listed = {
            "errors": [asdict(problem) for problem in found.errors],
            "warnings": [asdict(problem) for problem in found.warnings],
        }
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        ctx.exit(found.exit_code)
    for title, problems in (("error", found.errors), ("warning", found.warnings)):
        if problems:
            many = "" if len(problems) == 1 else "s"
            click.echo(f"{len(problems)} {title}{many}:\n")
            click.echo("\n".join(problem_lines(problems)) + "\n")
    if not found.errors:
        click.echo("The protocol, the site file and the records fit together.")
    ctx.exit(found.exit_code)
