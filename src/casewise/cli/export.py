"""``casewise export``: a cohort's labels for machine learning."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from casewise.cli import options
from casewise.cli.progress import steps
from casewise.cli.tables import Table, show


@click.command(
    short_help="Write the cohort's outcomes as labels for machine learning.",
    epilog="""\b
Examples:
  casewise export meds study.yaml --site meds.yaml --out labels
""",
)
@click.argument("format", type=click.Choice(["meds"]))
@options.study
@options.site
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default="casewise-labels",
    show_default=True,
    help="The folder to write; new or empty.",
)
@options.records
@options.as_json
@options.quiet
def export(
    format: str,
    study: Path,
    site: Path | None,
    out: Path,
    records: Path | None,
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
