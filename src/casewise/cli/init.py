"""``casewise init``: a small study of one's own that runs at once."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from casewise.errors import CasewiseError, Problem

ADVICE = "name another folder; init never writes over a file"


@click.command(
    short_help="Write a small study of your own that runs at once.",
    epilog="""\b
Examples:
  casewise init my-study
  casewise init my-study --condition "lupus nephritis" --treatment rituximab
""",
)
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--title", metavar="TEXT", help="What the study is called.")
@click.option("--treatment", metavar="TEXT", help="The treatment studied; also the treated arm.")
@click.option("--comparator", metavar="TEXT", help="The other arm.  [default: no TREATMENT]")
@click.option("--condition", metavar="TEXT", help="What the patients were admitted for.")
def init(
    folder: Path,
    title: str | None,
    treatment: str | None,
    comparator: str | None,
    condition: str | None,
) -> None:
    """Write a study into FOLDER: study.yaml, site.yaml and a small made-up charts.csv.

    What no option says is asked for on a terminal, and takes its default elsewhere. The study
    runs at once; put your own charts in the place of the made-up ones and change what differs.
    The editor line on top of each file names its JSON Schema, written beside it.
    """
    from casewise.cli.starter import Answers, files

    condition = condition or _ask("What were the patients admitted for?", "pneumonia")
    treatment = treatment or _ask("Which treatment is studied?", "plasma exchange")
    comparator = comparator or _ask("What is the other arm called?", f"no {treatment}")
    title = title or _ask("What is the study called?", f"{treatment.capitalize()} in {condition}")
    made = files(Answers(title, treatment, comparator, condition))
    _write(folder, made)
    click.echo("\n".join(f"wrote {folder / name}" for name in made))
    click.echo(
        "\nThe charts are made up. Next:\n"
        f"  casewise check {_shown(folder / 'study.yaml')}\n"
        f"  casewise run {_shown(folder / 'study.yaml')} --out {_shown(folder / 'report')}"
    )


def _ask(question: str, default: str) -> str:
    if not sys.stdin.isatty():
        return default
    answer: str = click.prompt(question, default=default)
    return answer


def _write(folder: Path, made: dict[str, str]) -> None:
    """All of the files or none: nothing is written when one of them is there already."""
    there = [folder / name for name in made if (folder / name).exists()]
    if there:
        raise CasewiseError([Problem("is there already", str(path), hint=ADVICE) for path in there])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        problem = Problem(f"cannot be written: {error.strerror}", str(error.filename or folder))
        raise CasewiseError(problem) from error


def _shown(path: Path) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text
