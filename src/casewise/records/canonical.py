"""The canonical tables that every kind of records answers with, and what a reader hands on.

``person``       one row a patient: who is in the records
``observation``  from when until when a patient was watched; open where not known
``event``        what happened, one row an occurrence

An ``event`` row carries the protocol's name for it in ``code`` (vocabulary ``protocol``) when
the site file bound columns to it. ``domain`` is ``event`` or ``covariate``. ``status`` keeps
apart what a chart can say: ``occurred`` (a covariate: its value is known), ``not documented``,
``not applicable``; an event that did not happen has no row. ``start`` is null where the records
say that it happened but not when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from casewise.engine import Engine
from casewise.errors import Problem
from casewise.results import Note, Source

PERSON = {"person": "VARCHAR", "birth": "DATE", "age": "DOUBLE", "sex": "VARCHAR"}
OBSERVATION = {"person": "VARCHAR", "start": "DATE", "end": "DATE"}
EVENT = {
    "person": "VARCHAR",
    "domain": "VARCHAR",
    "code": "VARCHAR",
    "vocabulary": "VARCHAR",
    "start": "DATE",
    "end": "DATE",
    "value": "DOUBLE",  # a number; for a treatment its line of therapy
    "unit": "VARCHAR",
    "text": "VARCHAR",  # a category's level; 'yes' or 'no' of a yes/no covariate
    "visit": "VARCHAR",
    "status": "VARCHAR",
    "source": "VARCHAR",  # where in the records: "line 14, column died_on"
}


@dataclass(frozen=True)
class Records:
    """Records opened: the canonical tables stand on ``engine``.

    ``findings`` are contradictions and doubts that ``casewise check`` lists. A run stops at those
    in ``errors``; ``warnings`` go on. ``undated`` names the events that the site answers with yes
    or no alone, ``certain`` those of which every record says that it occurred, and when.
    ``periods`` is true where ``observation`` says from when until when each person was
    watched: an index date then has to lie in such a period. ``silence_is_no`` is true of event
    records: a yes or no covariate of which they say nothing is no. ``lines`` names the events whose
    value is a line of therapy. ``has_concepts``: the vocabulary's ``concept`` is there to name
    codes; ``code_names`` is else a relation (vocabulary, code, name) of what the records call them.
    ``codings`` selects each record's person, source, vocabulary, code and name; it is empty for a
    chart table. ``name`` is for messages.
    """

    engine: Engine
    read: Callable[[], tuple[Source, ...]] = field(repr=False)
    undated: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    errors: tuple[Problem, ...] = field(default=(), repr=False)
    warnings: tuple[Problem, ...] = field(default=(), repr=False)
    periods: bool = False
    silence_is_no: bool = False
    name: str = ""
    lines: frozenset[str] = frozenset()
    has_concepts: bool = False
    code_names: str = ""
    codings: str = ""
    certain: frozenset[str] = frozenset()

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The files that were read, with their hashes: made when first asked for, while the records
        are open, since to count a cohort in a large warehouse takes less than to hash it."""
        return self.read()

    def close(self) -> None:
        """Drop what was made on the engine. The canonical tables are gone then."""
        self.engine.close()
