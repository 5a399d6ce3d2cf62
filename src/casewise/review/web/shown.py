"""What an account is shown of a chart. Everything that a page sends of a chart goes through here.

An abstractor has the charts that were given to them, and of a blinded study only what tells
neither the arm nor an outcome. An adjudicator and the coordinator have every chart, whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from casewise.review import assigning
from casewise.review.blinding import cover, open_items, telling
from casewise.review.form import Field, Form
from casewise.review.negation import places
from casewise.review.store import Assignment, Chart, Note, Store
from casewise.review.web.app import ABSTRACTOR, Ask, RefusedError
from casewise.review.web.timeline import Item

SEARCHED_LENGTH = 200_000  # characters of one note where a search marks what it found
EXCERPT = 90  # characters on each side


@dataclass
class Shown:
    """One chart as the account that asks may see it."""

    store: Store
    chart: Chart
    who: str
    blinded: bool
    mine: Assignment | None  # the abstractor's own; None for who reads only

    @cached_property
    def form(self) -> Form:
        return self.store.form()

    @cached_property
    def words(self) -> tuple[str, ...]:
        return telling(self.form) if self.blinded else ()

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.form.seen_by(blinded=self.blinded)

    def field(self, name: str) -> Field:
        """A field by name; a blinded one is not there for who may not see it."""
        found = next((one for one in self.fields if one.name == name), None)
        if found is None:
            raise RefusedError(404, "There is no such field.")
        return found

    def items(self) -> list[Item]:
        """The structured records; one without a date that can be read is not in the picture."""
        shown = []
        for item in open_items(self.store.items(self.chart.chart), self.words):
            start, end = _day(item.start), _day(item.end)
            if start is not None:
                shown.append(
                    Item(item.domain, start, end, item.term, _number(item.value), item.unit)
                )
        return shown

    def notes(self) -> list[Note]:
        return [self._covered(note) for note in self.store.notes(self.chart.chart)]

    def note(self, name: str) -> Note:
        found = self.store.note(self.chart.chart, name)
        if found is None:
            raise RefusedError(404, "There is no such note in this chart.")
        return self._covered(found)

    def search(self, query: str, *, most: int = 100) -> list[tuple[Note, list[tuple[int, int]]]]:
        """Notes of this chart with the query's words, where what is shown of them has the words."""
        found = self.store.search(query, chart=self.chart.chart, most=most)
        return hits([self._covered(note) for note in found], query, strict=self.blinded)

    def _covered(self, note: Note) -> Note:
        if not self.words:
            return note
        kind, text = cover(note.kind, self.words), cover(note.text, self.words)
        return Note(note.note, note.chart, note.time, kind, text)


def open_chart(ask: Ask, name: str | None = None) -> Shown:
    """The chart of the address. What is not the abstractor's own is not there for them."""
    name = ask.path["chart"] if name is None else name
    chart = ask.store.chart(name)
    mine = None
    if chart is not None and ask.me.role == ABSTRACTOR:
        given = assigning.assignments(ask.store, who=ask.me.name, chart=name)
        mine = given[-1] if given else None
        chart = chart if mine else None
    if chart is None:
        raise RefusedError(404, "There is no such chart, or it is not among yours.")
    return Shown(ask.store, chart, ask.me.name, blinded_for(ask), mine)


def blinded_for(ask: Ask) -> bool:
    return ask.me.role == ABSTRACTOR and ask.store.blinded()


def hits(
    notes: Sequence[Note], query: str, *, strict: bool
) -> list[tuple[Note, list[tuple[int, int]]]]:
    """Where the query's words stand in the notes. ``strict`` drops a note that does not show all
    of them: the index knows what is covered, and must not tell."""
    words = [word.strip('".,;:()') for word in query.split()]
    found = []
    for note in notes:
        spans = places(note.text[:SEARCHED_LENGTH], words)
        seen = {note.text[a:b].casefold() for a, b in spans}
        if not strict or seen >= {word.casefold() for word in words if word}:
            found.append((note, spans[:200]))
    return found


def excerpt(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text around the first place, on one line."""
    a, b = spans[0] if spans else (0, 0)
    start, end = max(a - EXCERPT, 0), min(b + EXCERPT, len(text))
    cut = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
