"""Terms in a note, each with what its sentence says of it: denied, past, or another person's.

Rules on single sentences in the manner of NegEx [chapman2001] and ConText [harkema2009]: a cue
before or after a term reaches to the end of the sentence, or to a word that ends its reach. They
help a reader's eye; no answer is ever made from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

# Cues that speak of what follows them, up to the end of their reach.
DENIES_AFTER = (
    *("no", "not", "non", "without", "denies", "denied", "denying", "never", "neither", "nor"),
    *("absence of", "absent", "negative for", "no evidence of", "no sign of", "no signs of"),
    *("free of", "rules out", "ruled out for", "rule out", "r/o", "unlikely to be", "lack of"),
    *("declined", "declines", "refused", "refuses", "deferred", "withheld", "held off"),
    *("did not receive", "did not have", "has not had", "not given", "instead of", "rather than"),
)
# Cues that speak of what stands before them.
DENIES_BEFORE = (
    *("is ruled out", "was ruled out", "were ruled out", "has been ruled out", "ruled out"),
    *("is negative", "was negative", "were negative", "are negative", "negative", "not seen"),
    *("was not given", "not given", "was not done", "not done", "was not needed", "not needed"),
    *("not detected", "not required", "not indicated", "not performed", "not started"),
    *("is absent", "absent", "unlikely", "was declined", "declined", "was deferred", "deferred"),
    *("was withheld", "withheld", "not identified", "was refused", "cancelled", "did not occur"),
)
PAST_AFTER = (
    *("history of", "past history of", "h/o", "previous", "previously", "prior", "past"),
    *("status post", "s/p", "years ago", "known since"),
)
PAST_BEFORE = ("years ago", "in the past", "in childhood", "as a child")
FAMILY = (
    *("family history", "mother", "father", "brother", "sister", "son", "daughter", "aunt"),
    *("uncle", "cousin", "grandmother", "grandfather", "parents", "siblings", "fh"),
)
# Phrases that hold a cue without its meaning.
NOT_A_CUE = (
    *("no increase in", "no change in", "no further", "not only", "no longer than", "not certain"),
    *("no doubt", "not to mention", "without difficulty", "gram negative", "gram-negative"),
    *("cannot be ruled out", "not ruled out", "not been ruled out", "could not be ruled out"),
    *("no significant change in", "not necessarily", "no later than"),
)
# Words where the reach of a cue ends.
ENDS_REACH = (
    *("but", "however", "although", "though", "except", "yet", "nevertheless", "apart from"),
    *("then", "because", "since", "secondary to", "due to", "which", "who", "aside from", "until"),
)

LONGEST = 1000  # characters of a sentence
# A full stop ends a sentence when white space and no small letter follow, so "0.5 mg" and
# "approx. two" stay whole; an empty line and the start of a list's item do too.
SENTENCE = re.compile(r"(?<=[.!?;])\s+(?![a-z])|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)]|[A-Z][\w /]*:))")


@dataclass(frozen=True, slots=True)
class Mention:
    """A term at ``text[start:end]``, and what its sentence says of it."""

    start: int
    end: int
    term: str
    negated: bool = False
    historical: bool = False
    family: bool = False


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words as whole words, the longest first; blanks match any white space."""
    ordered = sorted({" ".join(w.split()) for w in words if w.strip()}, key=len, reverse=True)
    either = "|".join(r"\s+".join(re.escape(p) for p in word.split()) for word in ordered)
    return re.compile(rf"(?<!\w)(?:{either or '(?!)'})(?!\w)", re.IGNORECASE)


def mentions(text: str, terms: Iterable[str]) -> list[Mention]:
    """Every place where one of the terms stands in the text, in order, without overlaps.

    Terms match as whole words in any case; of terms that overlap the longest is taken. A trailing
    ``*`` stands for any further letters ("ventilat*"). An empty list of terms matches nothing.
    """
    spans = places(text, terms)
    found: list[Mention] = []
    at = 0
    for start, end in sentences(text) if spans else ():
        first = at
        while at < len(spans) and spans[at][0] < end:
            at += 1
        if at > first:
            found.extend(_judge(text, start, end, spans[first:at]))
    return found


def places(text: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Where the terms stand, as :func:`mentions` finds them, whatever is said of them."""
    words = tuple(sorted({" ".join(t.split()) for t in terms if t.replace("*", "").strip()}))
    return [m.span() for m in _terms(words).finditer(text)] if words else []


@lru_cache(maxsize=256)
def _terms(words: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(words, key=len, reverse=True)
    parts = []
    for word in ordered:
        body = r"\s+".join(re.escape(p) for p in word.rstrip("*").split())
        parts.append(body + (r"\w*" if word.endswith("*") else r"(?!\w)"))
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})", re.IGNORECASE)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence starts and ends; one that is longer than LONGEST is taken in pieces."""
    start = 0
    for cut in (*(m.span() for m in SENTENCE.finditer(text)), (len(text), len(text))):
        while cut[0] - start > LONGEST:
            blank = text.rfind(" ", start + 1, start + LONGEST)
            piece = blank if blank > 0 else start + LONGEST
            yield start, piece
            start = piece
        yield start, cut[0]
        start = cut[1]


def _judge(text: str, start: int, end: int, inside: list[tuple[int, int]]) -> Iterator[Mention]:
    """What one sentence says of each of its terms."""
    decoys = [m.span() for m in _pattern(NOT_A_CUE).finditer(text, start, end)]
    stops = [m.start() for m in _pattern(ENDS_REACH).finditer(text, start, end)]

    def cues(words: tuple[str, ...]) -> list[tuple[int, int]]:
        return [
            m.span()
            for m in _pattern(words).finditer(text, start, end)
            if not any(a <= m.start() and m.end() <= b for a, b in decoys)
            and not any(a <= m.start() and m.end() <= b for a, b in inside)
        ]

    def reaches(a: int, b: int) -> bool:
        return not any(a <= stop < b for stop in stops)

    before = {"negated": cues(DENIES_AFTER), "historical": cues(PAST_AFTER)}
    after = {"negated": cues(DENIES_BEFORE), "historical": cues(PAST_BEFORE)}
    family = cues(FAMILY)
    for a, b in inside:
        said = {
            name: any(e <= a and reaches(e, a) for _, e in before[name])
            or any(s >= b and reaches(b, s) and not _comma(text, b, s) for s, _ in after[name])
            for name in before
        }
        relative = any(e <= a and reaches(e, a) for _, e in family)
        yield Mention(a, b, text[a:b], said["negated"], said["historical"], relative)


def _comma(text: str, start: int, end: int) -> bool:
    """A cue behind a comma speaks of the term after the comma: "fever, cough absent"."""
    return "," in text[start:end]
