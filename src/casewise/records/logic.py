"""REDCap's branching logic: when a field is shown, and so applies.

``[field] = '1'``, ``<>``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``and``, ``or``, parentheses,
``[checkbox(code)]`` and ``[event][field]``. Functions and arithmetic are not understood.
An answer is yes, no, or unknown: a question that nobody answered decides nothing, whereas one
that was never shown is blank for good, and blank is what REDCap compares.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<field>(?:\[[^\[\]]*\])+)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<compare><>|!=|<=|>=|=|<|>)
      | (?P<bracket>[()])
      | (?P<word>[A-Za-z_]+)
    )""",
    re.VERBOSE,
)
_NAME = re.compile(r"\[([a-z][a-z0-9_]*)(?:\(([^)]*)\))?\]", re.IGNORECASE)
_COMPARE: dict[str, Callable[[object, object], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,  # type: ignore[dict-item]  # only numbers and texts are compared
    "<=": operator.le,  # type: ignore[dict-item]
    ">": operator.gt,  # type: ignore[dict-item]
    ">=": operator.ge,  # type: ignore[dict-item]
}


@dataclass(frozen=True)
class Ref:
    """``[event][field(code)]``; without an event, the event of the row itself."""

    field: str
    code: str | None = None
    event: str | None = None


# The code a field holds; "" where it was never shown, None where nobody answered it.
Lookup: TypeAlias = Callable[[Ref], str | None]
Answer: TypeAlias = bool | None
Logic: TypeAlias = Callable[[Lookup], Answer]
_Operand: TypeAlias = Ref | str


class LogicError(ValueError):
    """What in a logic cannot be understood."""


@dataclass
class _Parser:
    tokens: list[tuple[str, str]]
    refs: set[Ref]
    at: int = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.at += 1
        return token

    def either(self) -> Logic:
        return self._joined("or", self.both, True)

    def both(self) -> Logic:
        return self._joined("and", self.one, False)

    def _joined(self, word: str, part: Callable[[], Logic], decides: bool) -> Logic:
        parts = [part()]
        while self.peek() == ("word", word):
            self.take()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]

        def answer(lookup: Lookup) -> Answer:
            answers = [one(lookup) for one in parts]
            if decides in answers:
                return decides
            return None if None in answers else not decides

        return answer

    def one(self) -> Logic:
        if self.peek() == ("bracket", "("):
            self.take()
            inner = self.either()
            if self.take() != ("bracket", ")"):
                raise LogicError("a parenthesis is not closed")
            return inner
        left = self.operand()
        if self.peek()[0] != "compare":
            return lambda lookup: _shown(left, lookup)
        compare = self.take()[1]
        right = self.operand()
        return lambda lookup: _compared(compare, left, right, lookup)

    def operand(self) -> _Operand:
        kind, text = self.take()
        if kind == "field":
            ref = _ref(text)
            self.refs.add(ref)
            return ref
        if kind == "text":
            return text[1:-1].strip()
        if kind == "number":
            return text
        raise LogicError(f'"{text}" is not understood here')


def parse_logic(text: str) -> tuple[Logic, frozenset[Ref]]:
    """The logic as a function, and the fields it asks for. Raises ``LogicError``."""
    parser = _Parser(list(_tokens(text)), set())
    logic = parser.either()
    if parser.peek()[0] != "end":
        raise LogicError(f'"{parser.peek()[1]}" is not understood here')
    return logic, frozenset(parser.refs)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise LogicError(f'"{text[at:].split()[0]}" is not understood')
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "word":
            value = value.lower()
            if value not in ("and", "or"):
                raise LogicError(f'"{match[kind]}" is not understood; functions are not')
        yield kind, value
        at = match.end()


def _ref(text: str) -> Ref:
    names = _NAME.findall(text)
    if len(names) not in (1, 2) or "".join(re.findall(r"\[[^\]]*\]", text)) != _written(names):
        raise LogicError(f'"{text}" is not a field')
    field, code = names[-1]
    event = names[0][0] if len(names) == 2 else None
    return Ref(field, code.strip() or None, event)


def _written(names: list[tuple[str, str]]) -> str:
    return "".join(f"[{name}({code})]" if code else f"[{name}]" for name, code in names)


def _value(operand: _Operand, lookup: Lookup) -> str | None:
    return lookup(operand) if isinstance(operand, Ref) else operand


def _shown(operand: _Operand, lookup: Lookup) -> Answer:
    value = _value(operand, lookup)
    return None if value is None else value not in ("", "0")


def _compared(compare: str, left: _Operand, right: _Operand, lookup: Lookup) -> Answer:
    first, second = _value(left, lookup), _value(right, lookup)
    if first is None or second is None:
        # [field] = '' asks whether it is blank, which an unanswered field is.
        if "" not in (left, right) or compare not in ("=", "<>", "!="):
            return None
        first, second = first or "", second or ""
    if "" in (first, second) and compare not in ("=", "<>", "!="):
        return False
    try:
        return _COMPARE[compare](float(first), float(second))
    except ValueError:
        return _COMPARE[compare](first, second)
