"""Options and arguments that several commands share, written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from casewise.cli.guard import JSON

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
JOURNALS = ("nejm", "jama", "annals")


class PathOrAddress(click.Path):
    """A path, or a database's address as it was written: a Path would make one slash of two."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | Path:
        if "://" in str(value):
            return str(value)
        return Path(str(super().convert(value, param, ctx)))


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    ctx.meta[JSON] = value
    return value


def study(command: Decorated) -> Decorated:
    return click.argument("study", type=click.Path(path_type=Path))(command)


def site(command: Decorated) -> Decorated:
    return click.option(
        "--site",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The site file.  [default: site.yaml beside the study]",
    )(command)


def records(command: Decorated) -> Decorated:
    return click.option(
        "--records",
        type=PathOrAddress(),
        metavar="PATH",
        help="Read the records here (a path, or a database: postgresql://, spark://) instead of "
        "where the site file says.",
    )(command)


def journal(command: Decorated) -> Decorated:
    return click.option(
        "--journal",
        type=click.Choice(JOURNALS, case_sensitive=False),
        help="Print numbers as this journal does.  [default: what the study says, else nejm]",
    )(command)


def as_json(command: Decorated) -> Decorated:
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        callback=_remember,
        help="Print JSON for a program to read, problems included.",
    )(command)


def quiet(command: Decorated) -> Decorated:
    return click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")(command)


def out(default: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="DIR",
        default=default,
        show_default=True,
        help="The folder to write; an earlier output there is replaced.",
    )


def beside(study_path: Path, site_path: Path | None) -> Path:
    """The site file named, else ``site.yaml`` in the study's folder."""
    return site_path if site_path is not None else study_path.parent / "site.yaml"


def markdown(command: Decorated) -> Decorated:
    return click.option("--markdown", is_flag=True, help="Print Markdown tables.")(command)
