"""Code lists in files of their own: CSV with the columns vocabulary, code, term and include."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from casewise.errors import Problem, ProtocolError
from casewise.protocol.codes import VOCABULARIES, CodeList, Codes
from casewise.protocol.nearest import nearest, one_of

NEEDED = ("vocabulary", "code")
COLUMNS = (*NEEDED, "term", "include")
_ANSWERS = {"": True, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def with_files(lists: Mapping[str, CodeList], folder: Path) -> dict[str, CodeList]:
    """The lists with the codes of their files, each looked for in ``folder``.

    Raises ``ProtocolError`` with every mistake of every file.
    """
    made: dict[str, CodeList] = {}
    problems: list[Problem] = []
    for name, codes in lists.items():
        try:
            made[name] = _filled(codes, folder)
        except ProtocolError as error:
            problems += error.problems
    if problems:
        raise ProtocolError(problems)
    return made


def _filled(codes: CodeList, folder: Path) -> CodeList:
    left_out = codes.except_ or Codes()
    if codes.file is None and left_out.file is None:
        return codes
    included, excluded = _codes(codes), _codes(left_out)
    if codes.file is not None:
        for key, code, include in _read(folder / codes.file, codes.file):
            (included if include else excluded).setdefault(key, []).append(code)
    if left_out.file is not None:
        for key, code, _ in _read(folder / left_out.file, left_out.file):
            excluded.setdefault(key, []).append(code)
    more: dict[str, object] = {
        key: tuple(dict.fromkeys(listed)) for key, listed in included.items()
    }
    if excluded:
        more["except_"] = Codes.model_validate(excluded)
    return codes.model_copy(update=more)


def _codes(codes: Codes) -> dict[str, list[str]]:
    return {key: list(listed) for key, listed in codes.written().items()}


def _read(path: Path, shown: str) -> list[tuple[str, str, bool]]:
    """Key of the vocabulary, code, and whether it is included, of each row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError:
        there = [p.name for p in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        raise ProtocolError(
            Problem("no such file", shown, hint=nearest(path.name, there))
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read as a CSV file in UTF-8: {type(error).__name__}"
        raise ProtocolError(Problem(message, shown)) from None
    header = [name.strip().lower() for name in rows[0]] if rows else []
    absent = [name for name in NEEDED if name not in header]
    if absent:
        message = f'no column "{absent[0]}" in its first line'
        raise ProtocolError(Problem(message, shown, line=1, hint=one_of(absent[0], header)))
    found, problems = [], []
    for row in _rows(rows, header, shown):
        if isinstance(row, Problem):
            problems.append(row)
        else:
            found.append(row)
    if problems or not found:
        raise ProtocolError(problems or Problem("a header, but no codes below it", shown))
    return found


def _rows(
    rows: list[list[str]], header: list[str], shown: str
) -> Iterator[tuple[str, str, bool] | Problem]:
    for line, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        vocabulary, code = row.get("vocabulary", ""), row.get("code", "")
        key, include = _key(vocabulary), _ANSWERS.get(row.get("include", "").lower())
        if key is None:
            known = ["omop", *VOCABULARIES, "local"]
            message = f'no vocabulary is called "{vocabulary}"'
            yield Problem(message, shown, line=line, hint=one_of(vocabulary, known, "vocabularies"))
        elif not code:
            yield Problem("a row without a code", shown, line=line)
        elif key == "omop" and not code.isdecimal():
            yield Problem(f'an OMOP concept id is a whole number; found "{code}"', shown, line=line)
        elif include is None:
            message = f'"include" is yes or no; found "{row["include"]}"'
            yield Problem(message, shown, line=line)
        else:
            yield key, code, include


def _key(vocabulary: str) -> str | None:
    """The key of a vocabulary by that key, OMOP's name of it, or FHIR's."""
    plain = vocabulary.casefold()
    if plain in ("omop", "local"):
        return plain
    return next(
        (
            key
            for key, names in VOCABULARIES.items()
            if plain in (key, *(name.casefold() for name in names))
        ),
        None,
    )
