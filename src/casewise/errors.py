"""The errors a user can cause, each with its exit code; anything else is a defect of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EXIT_DONE = 0
EXIT_USAGE = 2
EXIT_PROTOCOL = 10
EXIT_RECORDS = 11
EXIT_NOT_PERMITTED = 12
EXIT_UNDEFINED = 13
EXIT_REVIEW_INCOMPLETE = 14


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one place.

    ``file`` is the file's name as the user gave it. For text files ``line`` and ``column`` count
    from 1 and ``source`` is the line itself; for tables ``cell`` says where in the words of the
    table ("sheet Charts, C14" or "line 14, column died_on"). ``message`` says what was found and
    what was expected; ``hint`` offers the nearest right word or the next step.
    """

    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    source: str = ""
    cell: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = self.file
        if self.line is not None:
            where += f":{self.line}"
            if self.column is not None:
                where += f":{self.column}"
        if self.cell:
            where += f", {self.cell}" if where else self.cell
        lines = [f"{where}: {self.message}" if where else self.message]
        if self.source and self.line is not None:
            lines.append(f"  {self.line:>4} | {self.source}")
            if self.column is not None:
                lines.append(" " * (9 + self.column - 1) + "^")
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class CasewiseError(Exception):
    """A user's mistake or unfit input: carries every problem found, and the exit code."""

    exit_code = EXIT_USAGE

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        elif isinstance(problems, Problem):
            problems = [problems]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ProtocolError(CasewiseError):
    """The protocol or site file is wrong."""

    exit_code = EXIT_PROTOCOL


class RecordsError(CasewiseError):
    """The records cannot be read, or contradict themselves."""

    exit_code = EXIT_RECORDS


class UndefinedError(CasewiseError):
    """An analysis that the protocol asks for is undefined on these data."""

    exit_code = EXIT_UNDEFINED
