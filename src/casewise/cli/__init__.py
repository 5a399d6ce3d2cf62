"""The command line, thin over ``casewise.pipeline``; nothing heavy is imported before its use."""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper

import click

from casewise._version import __version__
from casewise.cli.check import check
from casewise.cli.codes import codes
from casewise.cli.completion import completion
from casewise.cli.demo import demo
from casewise.cli.explain import explain
from casewise.cli.export import export
from casewise.cli.freeze import freeze
from casewise.cli.guard import Guarded
from casewise.cli.init import init
from casewise.cli.plan import plan
from casewise.cli.recheck import recheck
from casewise.cli.report import report
from casewise.cli.review import review
from casewise.cli.run import run
from casewise.cli.schema import schema

EPILOG = """\b
Begin with:
  casewise demo              a whole study on made-up patients
  casewise init my-study     a study of your own that runs at once

Exit codes: 0 done; 1 a defect of Casewise; 2 usage; 10 protocol or site file wrong; 11 records
unfit, or the output cannot be written; 13 an analysis is undefined on these data; 130 interrupted.
"""


@click.group(cls=Guarded, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="casewise")
def cli() -> None:
    """From medical records to a comparison that holds.

    A protocol (study.yaml) says who is studied, what they received and what counts as an outcome;
    a site file (site.yaml) says where the records are. One command takes them to a report.
    """


for command in (
    *(demo, init, check, freeze, run, report, explain, recheck, plan),
    *(codes, review, export, schema, completion),
):
    cli.add_command(command)


def main() -> None:
    """What the ``casewise`` command runs."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A console that cannot print a minus sign or a name prints "?", not a traceback.
            stream.reconfigure(errors="replace")
    # A short process that keeps nearly all it makes: looking for garbage would take a tenth of it.
    gc.set_threshold(50_000)
    cli(prog_name="casewise")
