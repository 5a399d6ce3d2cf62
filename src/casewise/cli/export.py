"""``casewise export``: a cohort for machine learning."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from casewise.cli import options
from casewise.cli.progress import steps
from casewise.cli.tables import Table, show


@click.group(
    short_help="Write the cohort for machine learning.",
    epilog="""\b
Examples:
  casewise export meds study.yaml --site meds.yaml --out labels
  casewise export features study.yaml --before "30 days" --before "1 year"
""",
)
def export() -> None:
    """Write the cohort's outcomes, or all its codes, for machine learning."""


def _out(default: str) -> Callable[[options.Decorated], options.Decorated]:
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="DIR",
        default=default,
        show_default=True,
        help="The folder to write; new or empty.",
    )


@export.command(
    "meds",
    short_help="Write the outcomes as MEDS labels.",
    epilog="""\b
Examples:
  casewise export meds study.yaml --site meds.yaml --out labels
""",
)
@options.study
@options.site
@_out("casewise-labels")
@options.records
@options.as_json
@options.quiet
def meds(
    study: Path,
    site: Path | None,
    out: Path,
    records: str | Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write each binary outcome of STUDY as a MEDS label file.

    One Parquet file an outcome, one row a patient of the cohort: subject_id, prediction_time (the
    last moment before the index date) and boolean_value. Patients whom the analysis would leave
    out of the outcome's denominator have no row.
    """
    from casewise import pipeline

    where = options.beside(study, site)
    with steps(quiet) as progress:
        made = pipeline.export_meds(study, where, out, records=records, progress=progress)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in made], indent=2))
        return
    rows = tuple(
        (one.outcome, f"{one.labels:,}", f"{one.true:,}", f"{one.unknown:,}", one.file)
        for one in made
    )
    header = ("outcome", "labels", "true", "no label", "file")
    show([Table(f"MEDS labels in {out}", header, rows)], markdown=False)


@export.command(
    "features",
    short_help="Write every code before the index date.",
    epilog="""\b
Examples:
  casewise export features study.yaml --site cdm.yaml
  casewise export features study.yaml --before "30 days" --before "1 year" --at-least 50
""",
)
@options.study
@options.site
@_out("casewise-features")
@click.option(
    "--before",
    multiple=True,
    metavar="DURATION",
    default=("30 days", "365 days"),
    show_default=True,
    help="A window of so long before the index date, that day left out; may be said again.",
)
@click.option(
    "--at-least",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    show_default=True,
    help="Leave out codes of fewer patients.",
)
@options.records
@options.as_json
@options.quiet
def features(
    study: Path,
    site: Path | None,
    out: Path,
    before: tuple[str, ...],
    at_least: int,
    records: str | Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write every code that the patients of STUDY had before the index date.

    A sparse matrix as three Parquet files: patients (its rows), features (its columns: window,
    domain, code) and entries (row and feature of each 1). For event records.
    """
    from casewise import pipeline

    where = options.beside(study, site)
    with steps(quiet) as progress:
        found = pipeline.export_features(
            *(study, where, out),
            before=before,
            at_least=at_least,
            records=records,
            progress=progress,
        )
    counts = Counter((str(one.window), one.domain or "not said") for one in found.columns)
    if as_json:
        said = {
            "patients": len(found.patient),
            "features": [
                {"before": window, "domain": domain, "features": number}
                for (window, domain), number in counts.items()
            ],
            "entries": int(found.matrix.nnz),
            "unmapped": found.unmapped,
        }
        click.echo(json.dumps(said, indent=2))
        return
    rows = tuple((window, domain, f"{number:,}") for (window, domain), number in counts.items())
    title = f"{len(found.patient):,} patients, {found.matrix.nnz:,} entries, in {out}"
    note = f"; {found.unmapped:,} records have no standard concept" if found.unmapped else ""
    show([Table(title + note, ("before", "domain", "features"), rows)], markdown=False)
