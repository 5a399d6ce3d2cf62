"""What a YAML parser's complaint means to somebody who never read the YAML standard."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError


@dataclass(frozen=True)
class Mistake:
    """Line and column count from 1."""

    line: int
    column: int
    message: str
    hint: str = ""


_QUOTES = "put text with special characters in quotes"

# What the parser says of the problem, what that means, and what to do.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"mapping values are not allowed",
        'a second ":" on one line, or a line that is indented too far',
        'put text that holds ": " in quotes, or line the key up with its neighbours',
    ),
    (r"could not find expected ':'", 'this line has no ":"', 'write "key: value"'),
    (
        r"expected <block end>, but found '<(scalar|flow|alias)",
        "text goes on after its closing quote or bracket",
        "put the whole text in quotes",
    ),
    (
        r"expected <block end>",
        "this line is not indented as its neighbours are",
        "line the keys of one level up with each other",
    ),
    (
        r"sequence entries are not allowed",
        'a list with "-" starts on a line of its own',
        "write [first, second], or one item to a line",
    ),
    (
        r"expected chomping or indentation",
        'text that starts with ">" or "|" needs quotes',
        'write ">= 18", with the quotes',
    ),
    (
        r"found undefined alias",
        'text that starts with "*" needs quotes',
        "without quotes it would repeat what is marked elsewhere with &",
    ),
    (r"found undefined tag handle", 'text that starts with "!" needs quotes', ""),
    (r"while scanning an? (anchor|alias)", 'text that starts with "&" or "*" needs quotes', ""),
    (r"found unknown escape character", 'a "\\" inside double quotes', "use single quotes"),
    (
        r"escape sequence",
        'a "\\" inside double quotes that says no character',
        "use single quotes",
    ),
    (r"expected the node content", "a bracket or brace that nothing opens", _QUOTES),
    (r"found unexpected document separator", '"---" inside a text in quotes', ""),
    (r"(tag|directive|document start|version)", "this line means something else in YAML", _QUOTES),
)


def in_plain_words(error: MarkedYAMLError, text: str) -> Mistake:
    """Where the mistake is and what it is; brackets and quotes point at where they open."""
    problem, context = str(error.problem or ""), str(error.context or "")
    here = error.problem_mark or error.context_mark
    line, column = (here.line + 1, here.column + 1) if here is not None else (1, 1)
    opened = error.context_mark
    if opened is not None and "simple key" in context:
        line, column = opened.line + 1, opened.column + 1
    if opened is not None and ("flow" in context or "quoted scalar" in context):
        closing = _unclosed(problem, context)
        if closing:
            return Mistake(opened.line + 1, opened.column + 1, *closing)
    if "\\t" in problem or "\t" in problem:
        return Mistake(line, column, "a tab; YAML is indented with spaces", "write spaces instead")
    if match := re.search(r"found character '(.)' that cannot start", problem):
        return Mistake(line, column, f'text that starts with "{match[1]}" needs quotes')
    told = f"{context} {problem}"
    for pattern, message, hint in _KNOWN:
        if re.search(pattern, told):
            return Mistake(line, column, message, hint)
    return Mistake(line, column, "this is not YAML", _QUOTES)


def _unclosed(problem: str, context: str) -> tuple[str, str] | None:
    if "quoted scalar" in context:
        if "end of stream" not in problem:
            return None
        return "a quotation mark opens here and is never closed", "close it on the same line"
    opening, closing = ("[", "]") if "sequence" in context else ("{", "}")
    if "expected ','" in problem or "stream end" in problem:
        return (
            f'"{opening}" opens here and is not closed by "{closing}"',
            f'separate what is inside by commas and close it with "{closing}"',
        )
    return None
