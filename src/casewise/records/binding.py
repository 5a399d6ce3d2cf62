"""From raw records and code lists to the canonical ``event`` view of a protocol.

Each event and each covariate has its name in ``code``. Those whose records are read alike are one
branch of a UNION ALL, one pass over all of their records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from casewise.engine import Engine
from casewise.errors import Problem
from casewise.protocol.code_lists import ANY_CAUSE, event_codes, list_name
from casewise.protocol.comparison import Comparison, as_text
from casewise.protocol.model import Study
from casewise.protocol.resolve import covariate_type, recorded_for, units_asked
from casewise.protocol.units import is_known, multiples
from casewise.protocol.warehouse import CovariateCodes, EventCodes, WarehouseSite
from casewise.records.canonical import EVENT
from casewise.records.sql_text import quoted, rows_of
from casewise.results import Note

# A source whose records name no visits at all has no type for them.
_AS_TEXT = "CAST({} AS VARCHAR)"


Numbers: TypeAlias = dict[tuple[str, str], int]
Spellings: TypeAlias = dict[str, str] | None
UnitsFound: TypeAlias = dict[int, dict[str | None, int]]
_MOST_UNITS = 500


def bind(engine: Engine, study: Study, site: WarehouseSite, made: Branches) -> None:
    """Make the view ``event`` over ``matched`` and ``visit``. Later records than the latest day
    are left out; an end before the start, or after that day, is not known."""
    for name, event in study.events.items():
        if event.recorded:
            made.event(study, name, event_codes(study, site, name))
    for name, covariate in site.baseline.items():
        made.covariate(study, name, covariate)
    engine.view("event", made.select(engine))


@dataclass(frozen=True)
class Rows:
    """SELECT of occurrences: of records of one list, ``of`` (its ``use`` and what stands before a
    source), from a relation that has to be named ``coded``; else it stands alone."""

    select: Callable[[str], str]
    of: tuple[int, str] | None = None


class Branches:
    """The parts of the view, each a SELECT of the canonical columns. ``numbers`` has the ``use``
    in ``matched`` of each list and domain, ``rows`` what stands before a record's source;
    ``spellings`` are the units that were matched, once they are."""

    def __init__(self, latest: dt.date, numbers: Numbers, rows: dict[str, str]) -> None:
        self.latest = f"DATE '{latest}'"
        self.numbers, self.prefixes = numbers, rows
        self.spellings: Spellings = None
        self._alike: dict[str, tuple[Callable[[str], str], list[tuple[int, str, str, str]]]] = {}
        self._alone: list[str] = []

    def event(self, study: Study, name: str, codes: EventCodes) -> None:
        asked = next(iter(units_asked(study, name)), "")
        self._add("event", name, self._rows(name, codes, asked))
        self._silences("event", name, codes)

    def covariate(self, study: Study, name: str, codes: CovariateCodes) -> None:
        for domain in ("measurement", "observation"):
            asked = getattr(codes, domain)
            if asked is None:
                continue
            of = self._of(list_name(name, domain, asked), domain)
            if covariate_type(study, name) == "number":
                number, unit = measured(codes, study.baseline[name].unit, self.spellings)
                rows = Rows(_where(f"{number} IS NOT NULL"), of)
                self._add("covariate", name, rows, value=number, unit=unit, text="NULL")
            else:
                rows = Rows(_where("text IS NOT NULL"), of)
                self._add("covariate", name, rows, value="NULL")
        if codes.yes is not None:
            self._add("covariate", name, self._rows(name, codes.yes), text="'yes'", value="NULL")
        for choice, part in codes.values.items():
            rows = self._rows(f"{name}, {choice}", part)
            self._add("covariate", name, rows, text=quoted(choice), value="NULL")
        self._silences("covariate", name, codes)

    def select(self, engine: Engine) -> str:
        """The view's statement. What is read alike of several lists is one branch, and one pass
        over ``matched``: the table ``event_use`` has the names of each list's records there."""
        alike = list(self._alike.values())
        uses = [(n, *use) for n, (_, of) in enumerate(alike) for use in of]
        columns = {"branch": "SMALLINT", "use": "SMALLINT"}
        columns |= dict.fromkeys(("domain", "code", "prefix"), "VARCHAR")
        engine.load(
            "event_use",
            {
                name: np.array([one[n] for one in uses], dtype=object if n > 1 else np.int64)
                for n, name in enumerate(columns)
            },
            columns,
        )
        named = (
            'SELECT u.domain, u.code, m.person, m.start, m."end", m.value, m.unit, m.text, '
            "m.visit, u.prefix || m.source AS source FROM matched AS m "
            "JOIN event_use AS u ON u.use = m.use "
            f"WHERE (m.start IS NULL OR m.start <= {self.latest}) AND u.branch = "
        )
        branches = [select(f"({named}{n}) AS coded") for n, (select, _) in enumerate(alike)]
        return " UNION ALL ".join([*branches, *self._alone])

    def persons(self, about: str, codes: EventCodes) -> str:
        """Whoever has such an occurrence."""
        rows = self._rows(about, codes)
        coded = f"({self._coded(*rows.of)}) AS coded" if rows.of is not None else ""
        return f"SELECT person FROM ({rows.select(coded)})"

    def _silences(self, domain: str, name: str, codes: EventCodes | CovariateCodes) -> None:
        """What a record says in the place of an answer has no date and no value, as in a chart."""
        nothing = dict.fromkeys(("start", "end", "value", "unit", "text"), "NULL")
        for status, part in codes.silences().items():
            rows = self._rows(f"{name}, {status}", part)
            self._add(domain, name, rows, status=quoted(status), **nothing)

    def _add(self, domain: str, name: str, rows: Rows, **instead: str) -> None:
        sql = {column: f'"{column}"' for column in EVENT}
        sql |= {"vocabulary": "'protocol'", "status": "'occurred'", "end": self._end()}
        if rows.of is None:
            sql |= {"domain": quoted(domain), "code": quoted(name)}
        sql |= instead
        selected = ", ".join(
            f'{sql[column]} AS "{column}"'
            if column == "person"
            else f'CAST({sql[column]} AS {kind}) AS "{column}"'
            for column, kind in EVENT.items()
        )

        def branch(coded: str) -> str:
            return f"SELECT {selected} FROM ({rows.select(coded)})"

        if rows.of is None:
            self._alone.append(branch(""))
        else:
            use, prefix = rows.of
            _, of = self._alike.setdefault(branch("coded"), (branch, []))
            of.append((use, domain, name, prefix))

    def _end(self) -> str:
        return f'CASE WHEN "end" >= start AND "end" <= {self.latest} THEN "end" END'

    def _of(self, name: str, domain: str) -> tuple[int, str]:
        return self.numbers[name, domain], self.prefixes.get(domain, "")

    def _coded(self, use: int, prefix: str) -> str:
        """The records of one list."""
        source = f"{quoted(prefix)} || source" if prefix else "source"
        return (
            "SELECT '' AS domain, '' AS code, person, start, \"end\", value, unit, text, visit, "
            f"{source} AS source FROM matched WHERE use = {use} "
            f"AND (start IS NULL OR start <= {self.latest})"
        )

    def _rows(self, about: str, codes: EventCodes, asked: str = "") -> Rows:
        """The occurrences of what ``codes`` say: records as they are, or visits. Their values are
        in the unit that the codes want, else as ``measured`` makes them of what is ``asked``."""
        coded = [
            self._of(ANY_CAUSE, domain)
            if domain == "death" and asked == ANY_CAUSE
            else self._of(list_name(about, domain, asked), domain)
            for domain, asked in codes.coded().items()
        ]
        kind = codes.visit or codes.visit_end
        if kind is None:
            made = in_line if codes.line else in_unit(codes, asked, self.spellings)
            kept = None if codes.value is None else _where(compared(codes.value))
            if kept is None:
                return Rows(made, coded[0])
            return Rows(lambda coded: kept(f"({made(coded)}) AS coded"), coded[0])
        start = "start" if codes.visit is not None else self._end()
        conditions = [] if kind == "any" else [f"kind = {quoted(kind)}"]
        conditions.append(
            f"{start} IS NOT NULL"
            if codes.visit_end
            else f"(start IS NULL OR start <= {self.latest})"
        )
        conditions += [
            f"EXISTS (SELECT 1 FROM ({self._coded(*one)}) AS c WHERE c.person = v.person "
            f"AND {_AS_TEXT.format('c.visit')} = {_AS_TEXT.format('v.id')})"
            for one in coded
        ]
        rows = (
            f'SELECT person, {start} AS start, "end", NULL AS value, NULL AS unit, NULL AS text, '
            f"id AS visit, 'visit ' || id AS source FROM visit AS v "
            f"WHERE {' AND '.join(conditions)}"
        )
        return Rows(lambda _: rows)


def _where(condition: str) -> Callable[[str], str]:
    return lambda coded: f"SELECT * FROM {coded} WHERE {condition}"


def in_line(coded: str) -> str:
    """The records with the line of therapy for their value, where an episode says it."""
    return (
        'SELECT coded.domain, coded.code, coded.person, coded.start, coded."end", l.line AS value, '
        f"NULL AS unit, coded.text, coded.visit, coded.source FROM {coded} "
        "LEFT JOIN therapy_line AS l ON l.source = coded.source"
    )


def in_unit(codes: EventCodes, asked: str, spellings: Spellings) -> Callable[[str], str]:
    """The records with their values ``measured``."""
    if not codes.unit and not asked:
        return lambda coded: f"SELECT * FROM {coded}"
    value, unit = measured(codes, asked, spellings)
    return lambda coded: (
        f'SELECT domain, code, person, start, "end", {value} AS value, {unit} AS unit, text, '
        f"visit, source FROM {coded}"
    )


def measured(
    codes: CovariateCodes | EventCodes, asked: str, spellings: Spellings
) -> tuple[str, str]:
    """SQL for a value and its unit. Where the codes say which unit they want, a value that nothing
    makes that of is not known. Else what is a multiple of the unit that the protocol asks for
    becomes that, and the rest stands as it is; ``units`` says whether that may be."""
    if codes.unit:
        by_unit = {unit: repr(by) for unit, by in factors(codes).items()}
        return f"value * {_case(by_unit, 'CAST(NULL AS DOUBLE)', spellings)}", quoted(codes.unit)
    if not asked:
        return "value", "unit"
    same = multiples(asked)
    by_unit = {unit: repr(by) for unit, by in same.items() if by != 1}
    value = f"value * {_case(by_unit, '1.0', spellings)}" if by_unit else "value"
    return value, _case(dict.fromkeys(same, quoted(asked)), "unit", spellings)


def _case(by_unit: dict[str, str], otherwise: str, spellings: Spellings) -> str:
    """What is said of a record's unit. Where the spellings that occur are known, each is looked for
    as it stands: to spell every record's unit plainly took half the time of a large dataset."""
    of, cases = _SPELT, by_unit
    if spellings is not None:
        of = "COALESCE(unit, '')"
        cases = {one: by_unit[plain] for one, plain in spellings.items() if plain in by_unit}
    if not cases:
        return otherwise
    said = " ".join(f"WHEN {quoted(unit)} THEN {told}" for unit, told in cases.items())
    return f"CASE {of} {said} ELSE {otherwise} END"


def units_found(engine: Engine) -> UnitsFound:
    """Of each ``use`` in ``matched``: the units that its values have there, and how many values."""
    found: UnitsFound = {}
    for row in rows_of(
        engine,
        "SELECT use, unit, COUNT(*) AS n FROM matched WHERE value IS NOT NULL GROUP BY use, unit",
    ):
        found.setdefault(row["use"], {})[row["unit"]] = row["n"]
    return found


def spellings(found: UnitsFound) -> Spellings:
    """The units that were found, each with its plain spelling; None where there are more than a
    statement should list."""
    units = {unit or "" for counted in found.values() for unit in counted}
    return {unit: _plain(unit) for unit in sorted(units)} if len(units) <= _MOST_UNITS else None


def factors(codes: CovariateCodes | EventCodes) -> dict[str, float]:
    """By the plain spelling of the unit found."""
    said = {_plain(unit): by for unit, by in codes.multiply.items()}
    return (
        {_plain(unit): by for unit, by in multiples(codes.unit).items()}
        | {_plain(codes.unit): 1.0}
        | said
    )


# A unit's plain spelling in SQL, as ``_plain`` has it.
_SPELT = "REPLACE(REPLACE(LOWER(TRIM(COALESCE(unit, ''))), 'µ', 'u'), 'μ', 'u')"


def _plain(unit: str) -> str:
    return unit.strip().lower().replace("µ", "u").replace("μ", "u")


def compared(wanted: Comparison) -> str:
    """A comparison with the record's number, or with its text where the wanted is no number."""
    column = "value" if wanted.numeric else "text"
    values = [
        repr(one) if isinstance(one, float) else quoted(as_text(one)) for one in wanted.values
    ]
    if wanted.operator == "between":
        return f"{column} BETWEEN {values[0]} AND {values[1]}"
    if wanted.operator == "one of":
        return f"{column} IN ({', '.join(values)})"
    return f"{column} {wanted.operator} {values[0]}"


def units(
    found: UnitsFound, study: Study, site: WarehouseSite, numbers: Numbers
) -> tuple[list[Note], list[Problem]]:
    """What units the numbers are in: those left out, those taken as they stand, and those that
    nobody can tell apart."""
    notes: list[Note] = []
    problems: list[Problem] = []
    for name, codes in site.baseline.items():
        for domain in ("measurement", "observation"):
            asked = getattr(codes, domain)
            if asked is None or covariate_type(study, name) != "number":
                continue
            counted = _counted(found, numbers[list_name(name, domain, asked), domain])
            wanted = study.baseline[name].unit
            said = _said_of(("baseline", name, domain), codes, counted, wanted)
            notes, problems = [*notes, *said[0]], [*problems, *said[1]]
    for name in valued_events(study, site):
        codes_of = event_codes(study, site, name)
        for domain, asked in codes_of.coded().items():
            if (list_name(name, domain, asked), domain) not in numbers:
                continue
            counted = _counted(found, numbers[list_name(name, domain, asked), domain])
            asked = units_asked(study, name)
            if len(asked) > 1:
                message = f'the value of "{name}" is asked for in {" and in ".join(asked)}'
                hint = "an event has one unit; ask for it in that everywhere"
                problems.append(Problem(message, cell=f"events > {name}", hint=hint))
                continue
            wanted = next(iter(asked), codes_of.unit)
            said = _said_of(("events", name, domain), codes_of, counted, wanted)
            notes, problems = [*notes, *said[0]], [*problems, *said[1]]
    return notes, problems


def valued_events(study: Study, site: WarehouseSite) -> list[str]:
    """The events of which a protocol asks the value, by way of others too."""
    asked = [name for name, event in study.events.items() if event.value is not None]
    asked += [name for name, codes in site.events.items() if codes.value is not None]
    asked += [c.event for c in study.baseline.values() if c.event and c.take not in (None, "count")]
    asked += [o.event for o in study.outcomes.values() if o.event and o.take is not None]
    return list(dict.fromkeys(one for name in asked for one in recorded_for(study, name)))


def _counted(found: UnitsFound, use: int) -> dict[str, str]:
    """The units of a list's values, most first: plain spelling to the unit and how many."""
    spelt: dict[str, tuple[int, str]] = {}
    for of, number in found.get(use, {}).items():
        unit = "no unit" if of is None else of
        plain = _plain(of or "")
        n, shown = spelt.get(plain, (0, unit))
        spelt[plain] = (n + number, min(shown, unit))
    most_first = sorted(spelt.items(), key=lambda one: (-one[1][0], one[0]))
    return {plain: f"{unit or 'no unit'} ({n:,})" for plain, (n, unit) in most_first}


def _said_of(
    place: tuple[str, str, str],
    codes: CovariateCodes | EventCodes,
    counted: dict[str, str],
    wanted: str,
) -> tuple[list[Note], list[Problem]]:
    """What the units of one covariate's or event's values come to."""
    section, name, domain = place
    if codes.unit:
        return _left_out(name, codes, counted), _unfit(place, codes, counted)
    same = multiples(wanted) if wanted else {"": 1.0}
    others = {unit: shown for unit, shown in counted.items() if unit not in same}
    if len(others) > 1 or (others and len(others) < len(counted)):
        message = f'the values of "{name}" are in several units: {", ".join(counted.values())}'
        hint = f"write which: {name}: {{{domain}: ..., unit: UNIT, multiply: {{OTHER: 10}}}}"
        return [], [Problem(message, cell=f"{section} > {name}", hint=hint)]
    if others:
        unit = next(iter(others.values())).rpartition(" (")[0]
        if is_known(unit) and is_known(wanted):
            message = f'the values of "{name}" are in {unit}, and the protocol asks for {wanted}'
            hint = f"say what makes {wanted} of {unit}: "
            hint += f"{name}: {{{domain}: ..., unit: {wanted}, multiply: {{{unit}: FACTOR}}}}"
            return [], [Problem(message, cell=f"{section} > {name}", hint=hint)]
        text = (
            f"Its values are in {unit} in the records, and were taken as {wanted or 'they stand'}."
        )
        return [Note(kind="assumption", about=name, text=text)], []
    return [], []


def _unfit(
    place: tuple[str, str, str], codes: CovariateCodes | EventCodes, counted: dict[str, str]
) -> list[Problem]:
    """Values of which not one is in a unit that makes the wanted one."""
    section, name, domain = place
    if not counted or set(counted) & set(factors(codes)):
        return []
    message = f'no value of "{name}" can be made {codes.unit}: they are in '
    message += ", ".join(counted.values())
    unit = next(iter(counted.values())).rpartition(" (")[0]
    hint = f"say what makes {codes.unit} of {unit}: "
    hint += f"{name}: {{{domain}: ..., unit: {codes.unit}, multiply: {{{unit}: FACTOR}}}}"
    return [Problem(message, cell=f"{section} > {name}", hint=hint)]


def _left_out(name: str, codes: CovariateCodes | EventCodes, counted: dict[str, str]) -> list[Note]:
    known = factors(codes)
    others = [shown for unit, shown in counted.items() if _plain(unit) not in known]
    if not others:
        return []
    text = f"Values in other units than {codes.unit} were left out: {', '.join(others)}."
    return [Note(kind="records", about=name, text=text)]
