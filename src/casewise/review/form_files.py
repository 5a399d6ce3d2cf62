"""A form as a file: YAML that a person edits, or a REDCap data dictionary."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from casewise.errors import Problem, ProtocolError
from casewise.review.form import Form


def dumped(form: Form) -> str:
    """The form as YAML; what is as it is where nothing is said is left out."""
    data = form.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text = StringIO()
    yaml = YAML()
    yaml.width = 100
    yaml.dump(data, text)
    return text.getvalue()


def loaded(path: Path, title: str) -> tuple[Form, list[str]]:
    """A form from YAML or, by its name, from a REDCap data dictionary, with what of that a form
    cannot say. Raises ``ProtocolError`` with every mistake and its line."""
    if path.suffix.lower() == ".csv":
        from casewise.review.redcap import read_form

        return read_form(path, title)
    try:
        data: Any = YAML().load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ProtocolError(Problem("no such file", path.name)) from None
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        message = f"is not YAML: {getattr(error, 'problem', error)}"
        raise ProtocolError(Problem(message, path.name, line=line)) from None
    try:
        return Form.model_validate(data), []
    except ValidationError as error:
        problems = [_problem(path.name, data, one) for one in error.errors()]
        raise ProtocolError(problems) from None


def _problem(file: str, data: Any, error: Any) -> Problem:
    """At the line of the innermost part of the file that the error is about."""
    line: int | None = None
    column: int | None = None
    for key in error["loc"]:
        marks = getattr(data, "lc", None)
        try:
            where = marks.item(key) if isinstance(key, int) else marks.key(key)  # type: ignore[union-attr]
            line, column = where[0] + 1, where[1] + 1
            data = data[key]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    told = error["msg"].removeprefix("Value error, ")
    place = " > ".join(str(one) for one in error["loc"])
    return Problem(told, file, line=line, column=column, cell=place)
