"""``casewise demo``: the bundled study, beside what was published of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewise.cli import options
from casewise.cli.progress import steps

if TYPE_CHECKING:
    from casewise.demo import Row


@click.command(
    short_help="Run the bundled study and write its report.",
    epilog="""\b
Examples:
  casewise demo
  casewise demo --out demo --no-open
""",
)
@options.out("casewise-demo")
@click.option("--no-open", is_flag=True, help="Do not open the report in a browser.")
@options.quiet
def demo(out: Path, no_open: bool, quiet: bool) -> None:
    """Run the bundled study of plasma exchange and write its report.

    The study is published, its charts are not: the patients are made up so that every published
    figure comes out. Prints each figure beside the published one, and opens the report where there
    is a desktop.
    """
    from casewise import demo as example
    from casewise import pipeline

    folder = example.folder()
    with steps(quiet) as progress:
        results = pipeline.run(
            folder / "study.yaml", folder / "site.yaml", out=out, progress=progress
        )
    from casewise.cli.summary import lines

    click.echo("\n".join(lines(results)) + "\n")
    click.echo("\n".join(_beside(example.compare(results, folder / "published.yaml"))))
    page = out / "report.html"
    click.echo(f"\nThe patients are made up.\nReport: {page}")
    click.echo(f"The study itself: {folder}")
    if not no_open and _has_desktop():
        click.launch(page.resolve().as_uri())


def _beside(rows: list[Row]) -> list[str]:
    from casewise.cli.summary import aligned

    table = [["Figure", "published", "here", ""]]
    table += [[f"  {r.what}", r.published, r.ours, "" if r.agrees else "differs"] for r in rows]
    return aligned(table)


def _has_desktop() -> bool:
    """Whether a browser would come up in front of someone: never in CI or over a bare terminal."""
    if os.environ.get("CI") or not sys.stdout.isatty():
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
