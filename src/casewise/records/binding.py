"""From raw records and code lists to the canonical ``event`` view of a protocol.

One branch of a UNION ALL for each event and each covariate, with its name as a constant in
``code``: an engine prunes the branches that a query does not ask for.
"""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

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
_MOST_UNITS = 500


def bind(engine: Engine, study: Study, site: WarehouseSite, made: Branches) -> None:
    """Make the view ``event`` over ``matched`` and ``visit``. Later records than the latest day
    are left out; an end before the start, or after that day, is not known."""
    for name, event in study.events.items():
        if event.recorded:
            made.event(study, name, event_codes(study, site, name))
    for name, covariate in site.baseline.items():
        made.covariate(study, name, covariate)
    engine.view("event", " UNION ALL ".join(made.branches))


class Branches:
    """The parts of the view, each a SELECT of the canonical columns. ``numbers`` has the ``use``
    in ``matched`` of each list and domain, ``rows`` what stands before a record's source;
    ``spellings`` are the units that were matched, once they are."""

    def __init__(self, latest: dt.date, numbers: Numbers, rows: dict[str, str]) -> None:
        self.latest = f"DATE '{latest}'"
        self.numbers, self.prefixes = numbers, rows
        self.branches: list[str] = []
        self.spellings: Spellings = None

    def event(self, study: Study, name: str, codes: EventCodes) -> None:
        asked = next(iter(units_asked(study, name)), "")
        self._add("event", name, self.rows(name, codes, asked))
        self._silences("event", name, codes)

    def covariate(self, study: Study, name: str, codes: CovariateCodes) -> None:
        for domain in ("measurement", "observation"):
            asked = getattr(codes, domain)
            if asked is None:
                continue
            rows = self._coded(list_name(name, domain, asked), domain)
            if covariate_type(study, name) == "number":
                number, unit = measured(codes, study.baseline[name].unit, self.spellings)
                rows += f" AND {number} IS NOT NULL"
                self._add("covariate", name, rows, value=number, unit=unit, text="NULL")
            else:
                self._add("covariate", name, f"{rows} AND text IS NOT NULL", value="NULL")
        if codes.yes is not None:
            self._add("covariate", name, self.rows(name, codes.yes), text="'yes'", value="NULL")
        for choice, part in codes.values.items():
            rows = self.rows(f"{name}, {choice}", part)
            self._add("covariate", name, rows, text=quoted(choice), value="NULL")
        self._silences("covariate", name, codes)

    def _silences(self, domain: str, name: str, codes: EventCodes | CovariateCodes) -> None:
        """What a record says in the place of an answer has no date and no value, as in a chart."""
        nothing = dict.fromkeys(("start", "end", "value", "unit", "text"), "NULL")
        for status, part in codes.silences().items():
            rows = self.rows(f"{name}, {status}", part)
            self._add(domain, name, rows, status=quoted(status), **nothing)

    def _add(self, domain: str, name: str, rows: str, **instead: str) -> None:
        sql = dict.fromkeys(EVENT, "") | {column: f'"{column}"' for column in EVENT}
        sql |= {"domain": quoted(domain), "code": quoted(name), "vocabulary": "'protocol'"}
        sql |= {"status": "'occurred'", "end": self._end()} | instead
        selected = ", ".join(
            f'{sql[column]} AS "{column}"'
            if column == "person"
            else f'CAST({sql[column]} AS {kind}) AS "{column}"'
            for column, kind in EVENT.items()
        )
        self.branches.append(f"SELECT {selected} FROM ({rows})")

    def _end(self) -> str:
        return f'CASE WHEN "end" >= start AND "end" <= {self.latest} THEN "end" END'

    def _coded(self, name: str, domain: str) -> str:
        prefix = self.prefixes.get(domain, "")
        source = f"{quoted(prefix)} || source" if prefix else "source"
        return (
            f'SELECT person, start, "end", value, unit, text, visit, {source} AS source '
            f"FROM matched WHERE use = {self.numbers[name, domain]} "
            f"AND (start IS NULL OR start <= {self.latest})"
        )

    def rows(self, about: str, codes: EventCodes, asked: str = "") -> str:
        """The occurrences of what ``codes`` say: records as they are, or visits. Their values are
        in the unit that the codes want, else as ``measured`` makes them of what is ``asked``."""
        coded = [
            self._coded(ANY_CAUSE, domain)
            if domain == "death" and asked == ANY_CAUSE
            else self._coded(list_name(about, domain, asked), domain)
            for domain, asked in codes.coded().items()
        ]
        kind = codes.visit or codes.visit_end
        if kind is None:
            rows = coded[0]
            rows = in_line(rows) if codes.line else in_unit(rows, codes, asked, self.spellings)
            if codes.value is None:
                return rows
            return f"SELECT * FROM ({rows}) WHERE {compared(codes.value)}"
        start = "start" if codes.visit is not None else self._end()
        conditions = [] if kind == "any" else [f"kind = {quoted(kind)}"]
        conditions.append(
            f"{start} IS NOT NULL"
            if codes.visit_end
            else f"(start IS NULL OR start <= {self.latest})"
        )
        conditions += [
            f"EXISTS (SELECT 1 FROM ({one}) AS c WHERE c.person = v.person "
            f"AND {_AS_TEXT.format('c.visit')} = {_AS_TEXT.format('v.id')})"
            for one in coded
        ]
        return (
            f'SELECT person, {start} AS start, "end", NULL AS value, NULL AS unit, NULL AS text, '
            f"id AS visit, 'visit ' || id AS source FROM visit AS v "
            f"WHERE {' AND '.join(conditions)}"
        )


def in_line(rows: str) -> str:
    """The rows with the line of therapy for their value, where an episode says it."""
    return (
        'SELECT r.person, r.start, r."end", l.line AS value, NULL AS unit, r.text, r.visit, '
        f"r.source FROM ({rows}) AS r LEFT JOIN therapy_line AS l ON l.source = r.source"
    )


def in_unit(rows: str, codes: EventCodes, asked: str, spellings: Spellings) -> str:
    """The rows with their values ``measured``."""
    if not codes.unit and not asked:
        return rows
    value, unit = measured(codes, asked, spellings)
    return (
        f'SELECT person, start, "end", {value} AS value, {unit} AS unit, text, visit, source '
        f"FROM ({rows})"
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


def spellings(engine: Engine) -> Spellings:
    """The units of the values that were matched, each with its plain spelling; None where there are
    more than a statement should list."""
    found = rows_of(
        engine,
        "SELECT DISTINCT COALESCE(unit, '') AS unit FROM matched WHERE value IS NOT NULL "
        f"LIMIT {_MOST_UNITS + 1}",
    )
    if len(found) > _MOST_UNITS:
        return None
    return {row["unit"]: _plain(row["unit"]) for row in sorted(found, key=lambda r: r["unit"])}


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
    engine: Engine, study: Study, site: WarehouseSite, numbers: Numbers
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
            counted = _units_found(engine, numbers[list_name(name, domain, asked), domain])
            wanted = study.baseline[name].unit
            said = _said_of(("baseline", name, domain), codes, counted, wanted)
            notes, problems = [*notes, *said[0]], [*problems, *said[1]]
    for name in valued_events(study, site):
        codes_of = event_codes(study, site, name)
        for domain, asked in codes_of.coded().items():
            if (list_name(name, domain, asked), domain) not in numbers:
                continue
            counted = _units_found(engine, numbers[list_name(name, domain, asked), domain])
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


def _units_found(engine: Engine, use: int) -> dict[str, str]:
    """The units of a list's values, most first: plain spelling to the unit and how many."""
    found = rows_of(
        engine,
        f"SELECT unit, COUNT(*) AS n FROM matched WHERE use = {use} AND value IS NOT NULL "
        "GROUP BY unit",
    )
    spelt: dict[str, tuple[int, str]] = {}
    for row in found:
        unit = "no unit" if row["unit"] is None else row["unit"]
        plain = _plain(row["unit"] or "")
        n, shown = spelt.get(plain, (0, unit))
        spelt[plain] = (n + row["n"], min(shown, unit))
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
