"""From two YAML files to models, with every mistake reported at its place."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError

from casewise.errors import Problem, ProtocolError
from casewise.protocol.check import check_study
from casewise.protocol.check_site import check_site
from casewise.protocol.model import Study
from casewise.protocol.nearest import nearest, nearest_or_all
from casewise.protocol.site import Site
from casewise.protocol.yaml_text import Document, Path_, read_document

M = TypeVar("M", Study, Site)


def read_study(path: Path | str) -> Study:
    """Read a protocol. Raises ``ProtocolError`` with every mistake in it."""
    document, study, problems = _model(path, Study)
    if document is not None and study is not None:
        problems += _at(document, check_study(study))
    if problems or study is None:
        raise ProtocolError(problems)
    return study


def read_site(path: Path | str, study: Study | None = None) -> Site:
    """Read a site file, and hold it against the protocol where that is given.

    Raises ``ProtocolError`` with every mistake in it.
    """
    document, site, problems = _model(path, Site)
    if document is not None and site is not None and study is not None:
        problems += _at(document, check_site(study, site))
    if problems or site is None:
        raise ProtocolError(problems)
    return site


def _model(path: Path | str, model: type[M]) -> tuple[Document | None, M | None, list[Problem]]:
    try:
        document = read_document(path)
    except ProtocolError as error:
        return None, None, list(error.problems)
    problems = list(document.problems)
    try:
        return document, model.model_validate(document.data), problems
    except ValidationError as error:
        problems += [_problem(document, model, one) for one in error.errors(include_url=False)]
    except RecursionError:
        problems.append(document.problem(None, "nests too deeply to be read"))
    return document, None, _once(problems)


def _at(document: Document, mistakes: Iterable[Any]) -> list[Problem]:
    return [
        document.problem(document.at(mistake.path, key=mistake.key), mistake.message, mistake.hint)
        for mistake in mistakes
    ]


def _once(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _problem(document: Document, model: type[BaseModel], error: Any) -> Problem:
    """One of pydantic's findings in the words of the file."""
    path = _path(document, error["loc"])
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "extra_forbidden":
        allowed = _keys(model, path[:-1])
        return document.problem(
            document.at(path, key=True),
            f'unknown key "{path[-1]}"',
            nearest_or_all(str(path[-1]), allowed),
        )
    if kind == "missing":
        missing = str(error["loc"][-1])
        parent = path[:-1] if path and path[-1] == missing else path
        where = f'"{parent[-1]}" has no' if parent else "there is no"
        return document.problem(document.at(parent, key=True), f'{where} "{missing}"')
    message, hint = _words(kind, context, error)
    return document.problem(document.at(path), message, hint)


def _words(kind: str, context: dict[str, Any], error: Any) -> tuple[str, str]:
    found = _shown(error.get("input"))
    if kind == "value_error":
        return str(context.get("error") or error["msg"]), ""
    if kind in ("literal_error", "enum"):
        choices = [
            part.strip(" '") for part in context["expected"].replace(" or ", ", ").split(",")
        ]
        listed = ", ".join(f'"{choice}"' for choice in choices)
        return f"expected one of {listed}; found {found}", nearest(str(error["input"]), choices)
    expected = {
        "string_type": "text",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "float_parsing": "a number",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "dict_type": '"key: value" lines',
        "model_type": '"key: value" lines',
        "model_attributes_type": '"key: value" lines',
        "tuple_type": "a list",
        "list_type": "a list",
        "date_type": "a date (2020-12-31)",
        "date_parsing": "a date (2020-12-31)",
        "date_from_datetime_parsing": "a date (2020-12-31)",
        "date_from_datetime_inexact": "a date (2020-12-31)",
        "string_too_short": "a name or text",
    }.get(kind)
    if expected is not None:
        return f"expected {expected}; found {found}", ""
    limits = {
        "greater_than": ("gt", "more than"),
        "greater_than_equal": ("ge", "at least"),
        "less_than": ("lt", "less than"),
        "less_than_equal": ("le", "at most"),
    }
    if kind in limits:
        key, phrase = limits[kind]
        return f"expected {phrase} {context[key]}; found {found}", ""
    if kind == "too_short":
        least = context["min_length"]
        return f"expected at least {least} {'entry' if least == 1 else 'entries'} here", ""
    if kind == "string_too_long":
        return f"expected a single character; found {found}", ""
    return f"{error['msg'].lower()}; found {found}", ""


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return '"key: value" lines'
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f'"{text[:60]}{"…" if len(text) > 60 else ""}"'


def _path(document: Document, loc: tuple[str | int, ...]) -> Path_:
    """pydantic's location without the parts that are not in the file (the tags of a union)."""
    path: Path_ = ()
    for part in loc:
        longer = (*path, part)
        if longer in document.values or longer in document.keys or part == loc[-1]:
            path = longer
            continue
        node = _value_at(document.data, path)
        if isinstance(node, list) and part in node:  # a list of names stands for a mapping
            path = (*path, node.index(part))
    if path and path not in document.keys and path not in document.values:
        node = _value_at(document.data, path[:-1])
        if not isinstance(node, dict) or path[-1] in ("criterion", "otherwise"):
            return path[:-1]
    return path


def _value_at(data: Any, path: Path_) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _keys(model: type[BaseModel], path: Path_) -> list[str]:
    """The keys that the model at ``path`` understands."""
    kind: Any = model
    for part in path:
        kind = _inside(kind, part)
    found = _first_model(kind)
    if found is None:
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _inside(kind: Any, part: str | int) -> Any:
    """The type of what stands at ``part`` of a value of type ``kind``."""
    model = _first_model(kind)
    if model is not None:
        for name, field in model.model_fields.items():
            if part in (field.alias, name):
                return field.annotation
        return None
    for option in _options(kind):
        arguments = typing.get_args(option)
        if typing.get_origin(option) in (dict, tuple, list) and arguments:
            return arguments[-1] if typing.get_origin(option) is dict else arguments[0]
    return None


def _options(kind: Any) -> list[Any]:
    """A type with ``Annotated``, ``Optional`` and unions opened."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _options(typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return [option for one in typing.get_args(kind) for option in _options(one)]
    return [kind]


def _first_model(kind: Any) -> type[BaseModel] | None:
    for option in _options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None
