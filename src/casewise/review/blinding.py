"""What a blinded abstractor is not shown: the fields, and every record or sentence that tells them.

Withheld by the server, before anything is sent. A field that is blinded is left out with its word
list; a structured record whose term has a word of that list is left out; a sentence of a note that
has one is covered, character by character, so that places in the text stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from casewise.review.form import Form
from casewise.review.negation import places, sentences
from casewise.review.store import Item

COVER = "█"


def telling(form: Form) -> tuple[str, ...]:
    """The words that would tell the arm or an outcome: those of every blinded field."""
    return tuple(sorted({word for one in form.fields if one.blinded for word in one.words}))


def open_items(items: Iterable[Item], words: Sequence[str]) -> list[Item]:
    """The records that tell nothing."""
    return [item for item in items if not places(f"{item.term}; {item.domain}", words)]


def cover(text: str, words: Sequence[str]) -> str:
    """The text with every sentence that has one of the words covered, as long as it was."""
    if not words:
        return text
    told = places(text, words)
    if not told:
        return text
    parts, at, number = [], 0, 0
    for start, end in sentences(text):
        while number < len(told) and told[number][1] <= start:
            number += 1
        if number < len(told) and told[number][0] < end:
            parts += [text[at:start], re.sub(r"\S", COVER, text[start:end])]
            at = end
    return "".join([*parts, text[at:]])
