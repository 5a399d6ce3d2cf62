"""What every command does with a mistake, an interruption, or a defect of our own."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from casewise._version import __version__
from casewise.errors import CasewiseError, Problem

EXIT_DEFECT = 1
EXIT_INTERRUPTED = 130
SHOWN = 50
JSON = "casewise.json"


class Guarded(click.Group):
    """A group whose commands end with the exit codes of ``casewise.errors``, never a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order a person needs them."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        if not logging.root.handlers:  # what libraries log is no part of what a command says
            logging.root.addHandler(logging.NullHandler())
        try:
            with _terminate_as_interrupt():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except CasewiseError as error:
            report_problems(error.problems, as_json=bool(ctx.meta.get(JSON)))
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nInterrupted; nothing was written.", err=True)
            ctx.exit(EXIT_INTERRUPTED)
        except Exception as error:
            apologize(error)
            ctx.exit(EXIT_DEFECT)


@contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """A scheduler's SIGTERM ends a command as Ctrl-C does: what is half written is cleared away."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # outside the main thread nobody may say what a signal does
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def report_problems(problems: Iterable[Problem], *, as_json: bool) -> None:
    """Every problem: as text on stderr, the first 50 of them; as JSON on stdout, all."""
    found = tuple(problems)
    if as_json:
        click.echo(json.dumps({"problems": [asdict(one) for one in found]}, indent=2))
        return
    for line in problem_lines(found):
        click.echo(line, err=True)


def problem_lines(problems: tuple[Problem, ...]) -> list[str]:
    lines = [str(problem) for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(f"and {len(problems) - SHOWN} more (--json lists all)")
    return lines


def apologize(error: Exception) -> None:
    """Say that the fault is ours and what to report. The error's own text stays out: it may
    hold a patient's data."""
    if os.environ.get("CASEWISE_DEBUG") == "1":
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "casewise" in Path(frame.filename).parts] or frames
    place = f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else "unknown place"
    python = ".".join(str(part) for part in sys.version_info[:3])
    click.echo(
        "Sorry: something went wrong inside Casewise. This is a defect of the program, not of "
        "your files.\nPlease report this line and the command you gave:\n"
        f"  {type(error).__name__} in {place} (casewise {__version__}, Python {python}, "
        f"{sys.platform})\n"
        "CASEWISE_DEBUG=1 before the command prints the details; look them over before you send "
        "them, they may show patients' data.",
        err=True,
    )
