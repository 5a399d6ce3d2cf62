"""The files of a FHIR export: which hold what, and where one of them is broken.

Each file is read once to count what it holds; a kind of resource is then read from the files that
have it, so an export of one kind a file is read twice in all. Bundles are taken apart into a table
of their entries, since a Bundle is one JSON value however many patients it has.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.records.digest import sha256
from casewise.records.sql_text import quoted, quoted_list, rows_of
from casewise.results import Source

LINES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
VALUES = (".json", ".json.gz")
SHOWN = 50
# A document within a line can be long; DuckDB sets memory of twice this aside for each file read.
_LARGEST = (16 << 20, 256 << 20)


@dataclass(frozen=True)
class Export:
    """What stands in the files. ``held`` counts resources by file and kind, bundled ones apart."""

    engine: DuckDB
    folder: Path
    held: dict[tuple[Path, str], int]
    bundled: dict[str, int]
    repeated: dict[str, int]
    largest: int
    foreign: tuple[Path, ...] = ()

    def count(self, kind: str) -> int:
        return self.bundled.get(kind, 0) + sum(n for (_, k), n in self.held.items() if k == kind)

    def kinds(self) -> dict[str, int]:
        names = {kind for _, kind in self.held} | set(self.bundled)
        return {kind: self.count(kind) for kind in sorted(names - {"Bundle", ""})}

    def of(self, kind: str) -> str:
        """SQL for the resources of a kind: ``json``, ``url`` (of its entry), ``file``. Where one
        has been exported twice, its latest version alone."""
        union = self.every(kind)
        if not self.repeated.get(kind):
            return union
        return f"""(SELECT * FROM {union} QUALIFY row_number() OVER (
            PARTITION BY coalesce(json->>'$.id', url, json::VARCHAR)
            ORDER BY {self.updated()} DESC NULLS LAST, json::VARCHAR) = 1)"""

    def every(self, kind: str) -> str:
        """SQL for the resources of a kind, every version of each."""
        named = f"json->>'$.resourceType' = {quoted(kind)}"
        paths = sorted({path for path, held in self.held if held == kind})
        parts = [
            f"SELECT json, NULL AS url, filename AS file FROM {source} WHERE {named}"
            for source in _readers(paths, self.largest)
        ]
        if self.bundled.get(kind):
            parts.append(f"SELECT json, url, file FROM fhir_entry WHERE kind = {quoted(kind)}")
        if not parts:
            parts = ["SELECT NULL::JSON AS json, NULL AS url, NULL AS file WHERE FALSE"]
        return f"({' UNION ALL '.join(parts)})"

    @staticmethod
    def updated() -> str:
        """SQL for when a resource was last updated; the offset counts."""
        return "try_cast(json->>'$.meta.lastUpdated' AS TIMESTAMPTZ)"

    def sources(self) -> tuple[Source, ...]:
        """Each file by its name in the folder and its content."""
        rows: dict[Path, int] = {}
        for (path, _), n in self.held.items():
            rows[path] = rows.get(path, 0) + n
        return tuple(
            Source(name=shown(path, self.folder), sha256=sha256(path), rows=rows[path])
            for path in sorted(rows)
        )


def read_export(engine: DuckDB, path: Path, name: str) -> Export:
    """Look through every file of a folder, or one file.

    Raises ``RecordsError`` where there is none, where one cannot be read, or for each line that
    is not a FHIR resource.
    """
    folder, paths = _files(path, name)
    for largest in _LARGEST:
        try:
            with unreadable(paths, folder):
                return _census(engine, folder, paths, largest)
        except _TooLargeError:
            continue
    message = f"a resource is larger than {_LARGEST[-1] >> 20} MB"
    raise RecordsError(Problem(message, name, hint="export documents as links, not inside"))


def _files(path: Path, name: str) -> tuple[Path, list[Path]]:
    if path.is_file():
        return path.parent, [path]
    if not path.is_dir():
        raise RecordsError(Problem("no such file or folder", str(path)))
    found = sorted(
        file
        for file in path.rglob("*")
        if file.name.lower().endswith(LINES + VALUES)
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not found:
        hint = "a bulk export has files such as Patient.ndjson or Patient.ndjson.gz; a Bundle .json"
        raise RecordsError(Problem("no FHIR files in this folder", name, hint=hint))
    return path, found


def _census(engine: DuckDB, folder: Path, paths: list[Path], largest: int) -> Export:
    held: dict[tuple[Path, str], int] = {}
    for source in _readers(paths, largest):
        asked = f"""SELECT filename AS file, coalesce(json->>'$.resourceType', '') AS kind,
            count(*) AS n FROM {source} GROUP BY ALL"""
        for row in rows_of(engine, asked):
            held[Path(row["file"]), row["kind"]] = int(row["n"])
    foreign = [path for path, kind in held if kind == ""]
    if wrong := [path for path in foreign if path.name.lower().endswith(LINES)]:
        raise RecordsError(_broken_lines(wrong, folder))
    bundles = sorted(path for path, kind in held if kind == "Bundle")
    bundled = _take_apart(engine, bundles, largest) if bundles else {}
    counted = Export(engine, folder, held, bundled, {}, largest, tuple(sorted(foreign)))
    repeated = {kind: _repeated(engine, counted.of(kind)) for kind in counted.kinds()}
    return Export(engine, folder, held, bundled, repeated, largest, counted.foreign)


def _repeated(engine: DuckDB, relation: str) -> int:
    """How many resources of a kind have an id that another of them has."""
    asked = f"""SELECT count(key) - count(DISTINCT key) AS n FROM
        (SELECT hash(coalesce(json->>'$.id', url, json::VARCHAR)) AS key FROM {relation})"""
    return int(rows_of(engine, asked)[0]["n"])


def _take_apart(engine: DuckDB, bundles: list[Path], largest: int) -> dict[str, int]:
    whole = " UNION ALL ".join(
        f"""SELECT filename AS file, unnest(json_extract(json, '$.entry[*]')) AS entry
            FROM {source} WHERE json->>'$.resourceType' = 'Bundle'"""
        for source in _readers(bundles, largest)
    )
    engine.execute(f"""CREATE OR REPLACE TEMP TABLE fhir_entry AS
        SELECT coalesce(json->>'$.resourceType', '') AS kind, json, url, file FROM (
            SELECT file, entry->'$.resource' AS json, entry->>'$.fullUrl' AS url FROM ({whole}))""")
    found = rows_of(engine, "SELECT kind, count(*) AS n FROM fhir_entry GROUP BY kind")
    return {row["kind"]: int(row["n"]) for row in found}


def _readers(paths: list[Path], largest: int) -> list[str]:
    """SQL table functions over files: of one value a line, and of values over several lines."""
    made = []
    for endings, reader in ((LINES, "newline_delimited"), (VALUES, "unstructured")):
        chosen = [str(path) for path in paths if path.name.lower().endswith(endings)]
        if chosen:
            made.append(
                f"read_json_objects({quoted_list(chosen)}, format = '{reader}', filename = true, "
                f"maximum_object_size = {largest})"
            )
    return made


def shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def said_id(resource: dict[str, Any]) -> str:
    """A resource's id as SQL has it, also where it is no text."""
    said = resource.get("id")
    return said if isinstance(said, str) else json.dumps(said, separators=(",", ":"))


class _TooLargeError(Exception):
    pass


@contextmanager
def unreadable(paths: list[Path], folder: Path) -> Iterator[None]:
    """What DuckDB cannot read, said again with file and line, and without what stands there."""
    try:
        yield
    except duckdb.Error as error:
        if "maximum_object_size" in str(error):
            raise _TooLargeError from None
        problems = _broken_lines(paths, folder)
        if not problems:
            name = next((shown(p, folder) for p in paths if str(p) in str(error)), "")
            problems = [Problem("cannot be read as JSON", name)]
        raise RecordsError(problems) from None


def _broken_lines(paths: list[Path], folder: Path) -> list[Problem]:
    """Every line that is not a resource, to the first 50; only looked for once reading failed."""
    problems: list[Problem] = []
    for path in paths:
        name = shown(path, folder)
        find = _in_lines if path.name.lower().endswith(LINES) else _in_values
        try:
            with opened(path) as file:
                if path.name.lower().endswith(".gz") and not path.stat().st_size:
                    raise EOFError  # Python takes an empty file for empty gzip
                if not path.name.lower().endswith(".gz") and file.read(2) == b"\x1f\x8b":
                    hint = f"a gzip file is known by its name: {path.name}.gz"
                    problems.append(Problem("a gzip file", name, hint=hint))
                    continue
                file.seek(0)
                problems += find(file, name)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            problems.append(Problem("not a whole gzip file", name, hint="export or copy it again"))
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror}", name))
        if len(problems) >= SHOWN:
            break
    return problems[:SHOWN]


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as file:
        yield file


def _in_lines(file: IO[bytes], name: str) -> Iterator[Problem]:
    for number, line in enumerate(file, start=1):
        if line.isspace():
            continue
        if number == 1 and line.startswith(b"\xef\xbb\xbf"):
            hint = "save the file as UTF-8 without a byte order mark"
            yield Problem("begins with a byte order mark, which NDJSON has not", name, 1, hint=hint)
            continue
        value, problem = _parsed(line.rstrip(b"\r\n"), name, number)
        if problem is not None:
            yield problem
        elif not isinstance(value, dict):
            yield Problem("not a JSON object", name, number)
        elif not isinstance(value.get("resourceType"), str) or not value["resourceType"]:
            yield Problem('no "resourceType": not a FHIR resource', name, number)


def _in_values(file: IO[bytes], name: str) -> Iterator[Problem]:
    _, problem = _parsed(file.read(), name, 1)
    if problem is not None and "a second value" not in problem.message:
        yield problem


def _parsed(data: bytes, name: str, line: int) -> tuple[Any, Problem | None]:
    try:
        return json.loads(data.decode("utf-8-sig")), None
    except UnicodeDecodeError as error:
        place = line + data[: error.start].count(b"\n")
        return None, Problem(f"byte 0x{data[error.start]:02X} is not UTF-8", name, place)
    except json.JSONDecodeError as error:
        said = "a second value after the first" if error.msg == "Extra data" else error.msg
        message = f"not JSON: {said[0].lower()}{said[1:]}"
        return None, Problem(message, name, line + error.lineno - 1, error.colno)
    except (ValueError, RecursionError) as error:
        return None, Problem(f"not JSON: {error}", name, line)
