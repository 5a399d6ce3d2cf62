"""``casewise schema``: what the files may say, for an editor or a program."""

from __future__ import annotations

import json
from typing import Literal

import click


@click.command(
    short_help="Print the JSON Schema of a file.",
    epilog="""\b
Examples:
  casewise schema study > study.schema.json
  casewise schema results
""",
)
@click.argument("file", type=click.Choice(["study", "site", "results"]))
def schema(file: Literal["study", "site", "results"]) -> None:
    """Print the JSON Schema of study.yaml, site.yaml or results.json."""
    from casewise import pipeline

    click.echo(json.dumps(pipeline.schema(file), indent=2, ensure_ascii=False))
