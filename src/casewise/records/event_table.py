"""A plain table of events, one a row, as CSV or Parquet: the site file names its columns.

A CSV is copied as typed columns, since its text would be read again at every question; Parquet
stays where it is, behind a view.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, ProtocolError, RecordsError
from casewise.protocol.codes import VOCABULARIES
from casewise.protocol.nearest import nearest
from casewise.protocol.warehouse import VISITS, EventSource
from casewise.records.digest import sha256
from casewise.records.event_cells import LOST, Cells, check_cells, read_cells
from casewise.records.meds_codes import DOMAINS
from casewise.records.raw import RawRecords
from casewise.records.sql_text import quoted, rows_of
from casewise.results import Note, Source

_NEEDED = ("patient", "time", "code")
COLUMNS = (*_NEEDED, "vocabulary", "end", "value", "unit", "domain", "text", "visit")
_EVENTS = ("condition", "procedure", "drug", "measurement", "observation", "device", "death")
# What a row may be besides an event: a visit (its kind is the code), a birth, a sex (the code).
_FACTS = ("visit", "birth", "sex")
_KINDS = (*(kind for kind in VISITS if kind != "any"), "other")
_SEXES = {"female": "female", "f": "female", "male": "male", "m": "male"}


def open_table(
    engine: DuckDB, source: EventSource, path: Path, latest: dt.date = dt.date.max
) -> RawRecords:
    """Make the raw views of a table of events. Nobody was watched after ``latest``, whatever is
    dated later.

    Raises ``ProtocolError`` for words under ``columns`` that a table of events has not, and
    ``RecordsError`` for columns that are not in the file and for each cell that cannot be read,
    the first 50 of them and how many more.
    """
    _check_words(source.columns)
    cells = read_cells(engine, path, source.columns)
    check_cells(engine, cells, _wanted(cells))
    kept = "VIEW" if path.suffix.lower() == ".parquet" else "TABLE"
    engine.execute(f"CREATE OR REPLACE {kept} event_row AS {_rows(cells)}")
    rows = int(rows_of(engine, "SELECT count(*) AS n FROM event_row")[0]["n"])
    if not rows:
        raise RecordsError(Problem("a header, but no events below it", path.name))
    for statement in _views(path.name, f"DATE '{latest}'"):
        engine.execute(statement)

    def read() -> tuple[Source, ...]:
        return (Source(name=path.name, sha256=sha256(path), rows=rows),)

    return RawRecords(read, tuple(_notes(engine, path.name)))


def _check_words(columns: dict[str, str]) -> None:
    problems = [
        Problem(
            f'"{word}" is not a column of a table of events',
            cell="records, columns",
            hint=nearest(word, COLUMNS) or f"these are: {', '.join(COLUMNS)}",
        )
        for word in columns
        if word not in COLUMNS
    ]
    problems += [
        Problem(f'a table of events needs "{word}"', cell="records, columns")
        for word in _NEEDED
        if word not in columns
    ]
    if problems:
        raise ProtocolError(problems)


def _domain(cells: Cells) -> str:
    """SQL for a row's domain: its own word, else that of its vocabulary, else null."""
    cases = " ".join(f"WHEN {quoted(v)} THEN {quoted(d)}" for v, d in DOMAINS.items())
    return f"coalesce(lower({cells.text('domain')}), CASE {_vocabulary(cells)} {cases} END)"


def _vocabulary(cells: Cells) -> str:
    known = {key: name for key, (name, _) in VOCABULARIES.items()}
    known |= {name.lower(): name for name, _ in VOCABULARIES.values()}
    cases = " ".join(f"WHEN {quoted(k)} THEN {quoted(v)}" for k, v in sorted(known.items()))
    return f"CASE lower({cells.text('vocabulary')}) {cases} END"


def _wanted(cells: Cells) -> list[tuple[str, str, str, str]]:
    """Column, SQL for its cell being wrong, what it should be, and a hint."""
    domain, code = _domain(cells), f"lower({cells.text('code')})"
    words = ", ".join((*_EVENTS, *_FACTS))
    return [
        ("patient", f"{cells.text('patient')} IS NULL", "no patient", ""),
        ("patient", cells.lossy("patient"), "the id is not a whole number", LOST),
        *(
            (
                word,
                f"{cells.text(word)} IS NOT NULL AND {cells.date(word)} IS NULL",
                "is not a date",
                "ISO dates are expected: 2021-03-14",
            )
            for word in ("time", "end")
        ),
        (
            "value",
            f"{cells.text('value')} IS NOT NULL AND {cells.number('value')} IS NULL",
            "is not a number",
            "words and limits (<5) belong in the column named for text",
        ),
        (
            "domain",
            f"{domain} NOT IN ({_in((*_EVENTS, *_FACTS))})",
            "is not a domain",
            f"expected: {words}",
        ),
        (
            "code",
            f"{domain} = 'visit' AND {code} NOT IN ({_in(_KINDS)})",
            "is not a kind of visit",
            f"expected: {', '.join(_KINDS)}",
        ),
        (
            "code",
            f"{domain} = 'sex' AND {code} NOT IN ({_in(tuple(_SEXES))})",
            "is not female or male",
            "",
        ),
    ]


def _in(words: tuple[str, ...]) -> str:
    return ", ".join(quoted(word) for word in words)


def _rows(cells: Cells) -> str:
    return f"""SELECT row, {cells.id("patient")} AS person, {_domain(cells)} AS domain,
        {_vocabulary(cells)} AS vocabulary, {cells.text("code")} AS code,
        {cells.date("time")} AS start,
        CASE WHEN {cells.date("end")} >= {cells.date("time")} THEN {cells.date("end")}
            WHEN {cells.date("end")} IS NOT NULL AND {_domain(cells)} = 'visit'
            THEN {cells.date("time")} END AS "end",
        coalesce({cells.date("end")} < {cells.date("time")}, FALSE) AS reversed,
        {cells.number("value")} AS value, {cells.text("unit")} AS unit,
        {cells.text("text")} AS text, {cells.text("visit")} AS visit,
        {cells.text("vocabulary")} AS said
        FROM {cells.relation}"""


def _views(file: str, latest: str) -> list[str]:
    facts = f"domain IS NULL OR domain NOT IN ({_in(_FACTS)})"
    sexes = " ".join(f"WHEN {quoted(k)} THEN {quoted(v)}" for k, v in _SEXES.items())
    header = 0 if file.lower().endswith(".parquet") else 1  # a spreadsheet counts it too
    row = f"{quoted(file + ' row ')} || (row + {header})"
    return [
        """CREATE OR REPLACE TABLE event_death AS SELECT person, min(start) AS day FROM event_row
            WHERE domain = 'death' GROUP BY person HAVING min(start) < max(start)""",
        f"""CREATE OR REPLACE VIEW raw_event AS SELECT person, domain,
            NULL::BIGINT AS concept, NULL::BIGINT AS source_concept, vocabulary, code, start,
            "end", value, unit, text, visit, {row} AS source
            FROM event_row AS e WHERE ({facts}) AND (code IS NOT NULL OR domain = 'death')
            AND (domain IS DISTINCT FROM 'death' OR NOT EXISTS (SELECT 1 FROM event_death AS d
                WHERE d.person = e.person AND d.day < e.start))""",
        f"""CREATE OR REPLACE VIEW visit AS SELECT coalesce(visit, {row}) AS id, person, start,
            "end", lower(code) AS kind FROM event_row
            WHERE domain = 'visit' AND start IS NOT NULL""",
        f"""CREATE OR REPLACE TABLE person AS SELECT person,
            min(start) FILTER (WHERE domain = 'birth') AS birth, NULL::DOUBLE AS age,
            CASE WHEN count(DISTINCT sex) = 1 THEN min(sex) END AS sex
            FROM (SELECT *, CASE WHEN domain = 'sex' THEN CASE lower(code) {sexes} END END AS sex
                FROM event_row) GROUP BY person""",
        f"""CREATE OR REPLACE TABLE observation AS SELECT person,
            least(first, coalesce(died, first)) AS start, coalesce(died, last) AS "end"
            FROM (SELECT person, min(start) FILTER (WHERE domain = 'death') AS died,
                min(start) FILTER (WHERE domain IS DISTINCT FROM 'death') AS first,
                max(coalesce("end", start)) FILTER (WHERE domain IS NOT DISTINCT FROM 'visit'
                    OR domain IS DISTINCT FROM 'death' AND "end" IS NULL) AS ended,
                max(start) FILTER (WHERE domain IS DISTINCT FROM 'death') AS started,
                greatest(ended, started) AS last
                FROM (SELECT person, domain, CASE WHEN start <= {latest} THEN start END AS start,
                    CASE WHEN "end" <= {latest} THEN "end" END AS "end" FROM event_row)
                WHERE coalesce(domain, '') NOT IN ('birth', 'sex') GROUP BY person)
            WHERE first IS NOT NULL""",
    ]


_NAMED = 5


def _notes(engine: DuckDB, file: str) -> list[Note]:
    found = rows_of(
        engine,
        """SELECT count(*) FILTER (WHERE start IS NULL AND coalesce(domain, '') <> 'sex')
            AS undated, count(*) FILTER (WHERE reversed) AS reversed,
            count(*) FILTER (WHERE code IS NULL AND coalesce(domain, '')
                NOT IN ('death', 'birth')) AS uncoded,
            count(*) FILTER (WHERE said IS NOT NULL AND vocabulary IS NULL) AS local,
            list_sort(list(DISTINCT said) FILTER (WHERE vocabulary IS NULL)) AS strange
        FROM event_row""",
    )[0]
    said = {
        "undated": "Rows without a time: {}; that it happened is known, not when.",
        "reversed": "Rows that end before they start: {}; they were taken to last one day.",
        "uncoded": "Rows without a code, left out: {}.",
        "local": "Rows of a vocabulary that is not known: {}; their codes are local ones.",
    }
    texts = [text.format(f"{int(found[key]):,}") for key, text in said.items() if found[key]]
    if found["local"]:
        named = ", ".join(f'"{one}"' for one in found["strange"][:_NAMED])
        more = len(found["strange"]) - _NAMED
        texts[-1] += f" It is {named}" + (f" and {more} more." if more > 0 else ".")
    if dying := rows_of(engine, "SELECT count(*) AS n FROM event_death")[0]["n"]:
        texts.append(f"Patients who died on several days: {dying:,}; the earliest counts.")
    people = rows_of(engine, "SELECT count(birth) AS births, count(sex) AS sexes FROM person")[0]
    if not people["births"]:
        texts.append("The table has no dates of birth: ages are not known.")
    if not people["sexes"]:
        texts.append("The table does not say who is female or male.")
    notes = [Note(kind="records", about=file, text=text) for text in texts]
    assumed = (
        "The table does not say how long a patient was watched: observation was taken to last from "
        "a patient's first record to the last, or to death."
    )
    return [*notes, Note(kind="assumption", about=file, text=assumed)]
