"""``casewise freeze``: a protocol fixed before its outcomes are looked at."""

from __future__ import annotations

import json
from pathlib import Path

import click

from casewise.cli import options


@click.command(
    short_help="Fix a protocol before its outcomes are looked at.",
    epilog="""\b
Examples:
  casewise freeze study.yaml
  casewise freeze study.yaml --json
""",
)
@options.study
@options.as_json
def freeze(study: Path, as_json: bool) -> None:
    """Write down what STUDY says now, when, and a hash of both, in a file beside it.

    Every later run says whether the protocol is as it was frozen, and marks as post hoc what was
    added or changed since. Comments, labels and the title may change. Keep the hash somewhere that
    you cannot change, such as a trial registry or a mail to a colleague: it is what shows that the
    file is the one of that day.
    """
    from casewise import pipeline
    from casewise.protocol.freezing import day

    frozen, path = pipeline.freeze(study)
    if as_json:
        told = {"file": str(path), "frozen": frozen.at, "sha256": frozen.digest}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    click.echo(f"Frozen {day(frozen.at)}: {path}")
    click.echo(f"SHA-256 {frozen.digest}")
