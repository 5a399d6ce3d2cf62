"""What pydantic finds wrong with a file's data, in the words of the file."""

from __future__ import annotations

import re
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ValidationError

from casewise.protocol.nearest import nearest, one_of
from casewise.protocol.time import found as shown

Path_: TypeAlias = tuple[str | int, ...]
Kind: TypeAlias = Literal["unknown key", "missing key", "value"]

_EXPECTED = {
    "string_type": "text",
    "string_too_short": "text",
    "string_too_long": "a single character",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "dict_type": '"key: value" lines',
    "model_type": '"key: value" lines',
    "model_attributes_type": '"key: value" lines',
    "tuple_type": "a list",
    "list_type": "a list",
}
_LIMITS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "of at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "of at most"),
}


@dataclass(frozen=True)
class Finding:
    """One mistake: the path of keys to it, whether it is the key itself, and what to say.

    ``missing`` is the key that the mapping at ``path`` lacks.
    """

    path: Path_
    message: str
    hint: str = ""
    key: bool = False
    kind: Kind = "value"
    missing: str = ""

    def whole_path(self) -> Path_:
        """The path with the missing key, where there is one."""
        return (*self.path, self.missing) if self.missing else self.path


def findings(error: ValidationError, model: type[BaseModel], data: Any) -> list[Finding]:
    return [_finding(one, model, data) for one in error.errors(include_url=False)]


def _finding(error: Any, model: type[BaseModel], data: Any) -> Finding:
    path = written_path(data, error["loc"])
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "extra_forbidden":
        return _unknown_key(path, error["input"], keys_at(model, path[:-1]))
    if kind == "missing":
        missing = error["loc"][-1]
        where = f'"{path[-1]}" has no "{missing}"' if path else f'"{missing}" is missing'
        hint = _what_it_is(model, path, missing)
        return Finding(path, where, hint, True, "missing key", missing)
    if kind == "too_short":
        return Finding(path, *_too_few(path, context), key=True)
    return Finding(path, *_in_words(kind, context, error.get("input")))


def _unknown_key(path: Path_, value: object, allowed: list[str]) -> Finding:
    key = str(path[-1])
    if path[:-1] == ("records",):
        allowed = list(
            dict.fromkeys([*allowed, "table", "redcap", "query", "omop", "fhir", "meds"])
        )
    hint = one_of(key, allowed, "keys here")
    if value is None and key not in allowed:
        hint += "; text that holds a comma needs quotes" if " " in key else ""
    return Finding(path, f'unknown key "{key}"', hint, True, "unknown key")


def _what_it_is(model: type[BaseModel], path: Path_, key: str) -> str:
    """The key's description, as the schema has it."""
    holder = first_model(_at(model, path))
    for name, field in holder.model_fields.items() if holder is not None else ():
        if key in (field.alias, name):
            return f'"{key}" is {field.description}' if field.description else ""
    return ""


def _too_few(path: Path_, context: dict[str, Any]) -> tuple[str, str]:
    name = path[-1] if path else ""
    if path == ("arms",):
        number = context["actual_length"]
        has = "there is one" if number == 1 else "there is none"
        return f"a comparison needs two arms or more; {has}", 'the last may be "otherwise"'
    return f'"{name}" has nothing in it', ""


def _in_words(kind: str, context: dict[str, Any], value: object) -> tuple[str, str]:
    if kind == "value_error":
        return str(context["error"]), ""
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        *others, last = (f'"{choice}"' for choice in choices)
        listed = f"{', '.join(others)} or {last}" if others else last
        hint = nearest(value, choices) if isinstance(value, str) else ""
        return f"expected {listed}; found {shown(value)}", hint
    if kind in _LIMITS:
        key, phrase = _LIMITS[kind]
        return f"expected a number {phrase} {context[key]:g}; found {shown(value)}", ""
    expected = _EXPECTED.get(kind, "something else")
    return f"expected {expected}; found {shown(value)}", ""


def written_path(data: Any, loc: tuple[str | int, ...]) -> Path_:
    """pydantic's location as far as the file has it.

    A location also names what is not in the file: the tag of a union, an item of a list where
    the file has a single word, a missing key.
    """
    path: Path_ = ()
    for number, part in enumerate(loc):
        if path[:1] == ("arms",) and number == 2 and part in ("criterion", "otherwise"):
            continue
        if part in ("name", "codes") and path and not (isinstance(data, dict) and part in data):
            continue  # which of the two a code list is: its name, or the codes themselves
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_list or (isinstance(data, dict) and part in data):
            path, data = (*path, part), data[part]
        elif isinstance(data, list) and part in data:  # a list of names stands for a mapping
            path, data = (*path, data.index(part)), None
        else:
            break
    return path


def keys_at(model: type[BaseModel], path: Path_) -> list[str]:
    """The keys that the model at ``path`` understands."""
    holder = first_model(_at(model, path))
    if holder is None:
        return []
    return [field.alias or name for name, field in holder.model_fields.items()]


def _at(model: type[BaseModel], path: Path_) -> Any:
    kind: Any = model
    for part in path:
        kind = _inside(kind, part)
    return kind


def _inside(kind: Any, part: str | int) -> Any:
    """The type of what stands at ``part`` of a value of type ``kind``."""
    model = first_model(kind)
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


def first_model(kind: Any) -> type[BaseModel] | None:
    for option in _options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None
