"""``casewise codes``: what the code lists of a study carry in a site's records."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewise.cli import options
from casewise.cli.guard import problem_lines
from casewise.cli.tables import Table, show
from casewise.errors import EXIT_DONE, EXIT_RECORDS

if TYPE_CHECKING:
    from casewise.records.code_check import ListUse

SHOWN = 5


@click.group(
    short_help="Look at a study's code lists in a site's records.",
    epilog="""\b
Examples:
  casewise codes check study.yaml
  casewise codes check study.yaml --site ward.yaml --records cdm
""",
)
def codes() -> None:
    """Look at the code lists of a study."""


@codes.command(
    "check",
    short_help="Say what each code carries.",
    epilog="""\b
Examples:
  casewise codes check study.yaml
  casewise codes check study.yaml --records cdm.duckdb --json
""",
)
@options.study
@options.site
@options.records
@options.as_json
@options.markdown
@click.pass_context
def check(
    ctx: click.Context,
    study: Path,
    site: Path | None,
    records: str | Path | None,
    as_json: bool,
    markdown: bool,
) -> None:
    """Say of each code list of STUDY, and of each of its codes, what it carries here.

    Whether the vocabulary knows the code, how many records and patients have it, and which codes
    under it are left out. A list that matches nothing is an error that names the nearest codes
    that do occur; it exits 11.
    """
    from casewise import pipeline

    report = pipeline.check_codes(study, options.beside(study, site), records=records)
    code = EXIT_RECORDS if report.problems else EXIT_DONE
    if as_json:
        click.echo(json.dumps(asdict(report), indent=2, ensure_ascii=False))
        ctx.exit(code)
    show([_table(one) for one in report.lists], markdown=markdown)
    if report.problems:
        click.echo("")
        for line in problem_lines(report.problems):
            click.echo(line, err=True)
    ctx.exit(code)


def _table(found: ListUse) -> Table:
    """A list with its codes, and what it leaves out."""
    title = f"{found.name} ({found.domain}): {found.records:,} records, {found.patients:,} patients"
    known = {True: "yes", False: "no", None: "no vocabulary"}
    rows = tuple(
        (one.code, known[one.known], f"{one.records:,}", f"{one.patients:,}", one.name)
        for one in found.codes
    )
    left = [f"{code}, {number:,} records" for code, number in found.left_out[:SHOWN]]
    more = len(found.left_out) - SHOWN
    notes = []
    if left:
        notes = [f"Left out under it: {'; '.join(left)}{f'; and {more} more' if more > 0 else ''}."]
    return Table(title, ("code", "known", "records", "patients", "name"), rows, tuple(notes))
