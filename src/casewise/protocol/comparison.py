"""Comparisons as a protocol writes them: ">= 18", "18 to 65", "severe"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from casewise.protocol.time import found

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "between", "one of"]
_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "=>": ">=", "=<": "<=", "==": "=", "<>": "!="}
_COMPARE = re.compile(r"(<=|>=|!=|<|>|=)\s*(.+)")
_NUMBER = r"-?\d+(?:\.\d+)?"
_BETWEEN = re.compile(rf"({_NUMBER})\s+to\s+({_NUMBER})")


@dataclass(frozen=True, slots=True)
class Comparison:
    """``values`` holds one number or text, two for "between", one or more for "one of"."""

    operator: Operator
    values: tuple[float | str, ...]

    def __str__(self) -> str:
        shown = [as_text(value) for value in self.values]
        match self.operator:
            case "between":
                return f"{shown[0]} to {shown[1]}"
            case "one of":
                return " or ".join(shown)
            case "=":
                return shown[0]
        return f"{self.operator} {shown[0]}"

    def written(self) -> str | list[str]:
        """As a protocol writes it, so that it can be read again."""
        if self.operator == "one of":
            return [as_text(value) for value in self.values]
        return str(self)

    @property
    def numeric(self) -> bool:
        return all(isinstance(value, float) for value in self.values)


def as_text(value: float | str) -> str:
    """A value as it is written: whole numbers without a point."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value.is_integer() else str(value)


def _value(text: str) -> float | str:
    return float(text) if re.fullmatch(_NUMBER, text) else text


def parse_comparison(raw: object) -> Comparison:
    """Raises ``ValueError`` where an order is asked of something that is not a number."""
    if isinstance(raw, bool):
        return Comparison("=", ("yes" if raw else "no",))
    if isinstance(raw, int | float):
        return Comparison("=", (float(raw),))
    if isinstance(raw, list | tuple) and raw and all(isinstance(v, str | int | float) for v in raw):
        return Comparison("one of", tuple(_value(str(v).strip()) for v in raw))
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError(f'{found(raw)} is not a comparison; write ">= 18", "18 to 65" or a value')
    text = " ".join(raw.split())
    for wrong, right in _SIGNS.items():
        if text.startswith(wrong):
            meant = f"{right} {text.removeprefix(wrong).strip()}"
            raise ValueError(f'"{text}" is not a comparison; write "{meant}"')
    if match := _BETWEEN.fullmatch(text):
        low, high = float(match[1]), float(match[2])
        if high < low:
            raise ValueError(f'"{text}" ends before it starts; write "{match[2]} to {match[1]}"')
        return Comparison("between", (low, high))
    if match := _COMPARE.fullmatch(text):
        operator: Operator = match[1]  # type: ignore[assignment]  # the pattern admits no other
        value = _value(match[2].strip())
        if isinstance(value, str) and value[0] in "<>=!":
            raise ValueError(f'"{text}" has two signs; write one, as in ">= 18"')
        if operator not in ("=", "!=") and isinstance(value, str):
            raise ValueError(f'"{text}" compares with something that is not a number')
        return Comparison(operator, (value,))
    if text[0] in "<>=!":
        raise ValueError(f'"{text}" lacks a value after the comparison; write ">= 18"')
    return Comparison("=", (_value(text),))
