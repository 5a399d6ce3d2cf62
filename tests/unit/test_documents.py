"""The documents are true to the code."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from casewise import errors
from casewise.cli import cli
from casewise.cli.guard import EXIT_DEFECT, EXIT_INTERRUPTED

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODES = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
NAMES = sorted(cli.commands)


def section(name: str) -> str:
    match = re.search(rf"^## casewise {name}\n(.*?)(?=^## )", COMMANDS, re.MULTILINE | re.DOTALL)
    assert match, f"docs/commands.md has no section on {name}"
    return match[1]


def long_options(command: click.Command) -> set[str]:
    """Its own and those of the commands in it."""
    made = [option for option in command.params if isinstance(option, click.Option)]
    own = {word for option in made for word in option.opts if word.startswith("--")}
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return own.union(*(long_options(one) for one in inner))


def test_every_command_is_documented_and_no_other() -> None:
    assert sorted(re.findall(r"^## casewise (\w+)$", COMMANDS, re.MULTILINE)) == NAMES
    listed = set(re.findall(r"^\| `casewise (\w+)", README, re.MULTILINE))
    assert listed == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_documented_and_no_other(name: str) -> None:
    documented = set(re.findall(r"^\| `(--[a-z-]+)", section(name), re.MULTILINE))
    assert documented == long_options(cli.commands[name])
    usage = set(re.findall(r"\[(--[a-z-]+)", section(name)))
    assert usage == documented


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_and_examples(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert command.epilog is not None
    assert "casewise " + name in command.epilog
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert all(option.help for option in options)


@pytest.mark.parametrize("document", ["README.md", "docs/commands.md"])
def test_every_exit_code_is_documented(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert rows == CODES | {EXIT_DEFECT, EXIT_INTERRUPTED}


@pytest.mark.parametrize(
    "document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions/README.md"]
)
def test_links_lead_to_files_that_are_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in t]
    missing = [t for t in targets if not ((ROOT / document).parent / t).exists()]
    assert [t for t in missing if not t.endswith("report.png")] == []
