"""Every code of event records as a covariate: one column a code and window, sparse.

For a propensity model of many covariates, and for machine learning. A code is there or it is not;
how often, and with which value, is for covariates that the protocol names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.sql import column
from casewise.engine import Columns
from casewise.errors import Problem, RecordsError
from casewise.protocol.time import Duration
from casewise.records.canonical import Records

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

KINDS = ("condition", "drug", "procedure", "measurement", "observation", "device")
_KEY = ("concept", "vocabulary", "code")


@dataclass(frozen=True)
class Feature:
    """One column. ``domain`` is empty where the records say none; ``concept`` is OMOP's standard
    concept, ``None`` elsewhere, where ``vocabulary`` (empty: not known) and ``code`` stand for it.
    ``patients`` is how many have it."""

    window: Duration
    domain: str
    concept: int | None
    vocabulary: str
    code: str
    patients: int


@dataclass(frozen=True)
class Features:
    """``matrix`` has one row a patient, in the order of ``patient``, and one column a feature; its
    entries are 1, and the zeros are not stored. ``unmapped`` counts the records of the longest
    window without a standard concept (OMOP's concept 0): no column stands for them."""

    patient: NDArray[Any]
    columns: tuple[Feature, ...]
    matrix: csr_matrix
    unmapped: int


def features(records: Records, windows: Sequence[Duration], *, at_least: int = 1) -> Features:
    """Every code that the patients of the study had before their index date.

    ``records`` are event records, opened with every domain, that ``cohort.build`` has built a
    cohort from. A window lasts from so long before the index date to the day before it: what is
    recorded on the day itself may be the treatment, or follow from it. Codes of fewer than
    ``at_least`` patients have no column. OMOP records go by their standard concept, others by
    vocabulary and code. Time and memory grow with the records in the longest window.

    Raises ``RecordsError`` where the records are a chart table, which has no codes.
    """
    if not records.silence_is_no:
        raise RecordsError(Problem("a chart table has no codes; event records have"))
    engine = records.engine
    engine.table(
        "feature_base",
        "SELECT person, index_date, CAST(ROW_NUMBER() OVER (ORDER BY person) - 1 AS INTEGER) "
        "AS place FROM cohort WHERE left_at IS NULL AND arm IS NOT NULL",
    )
    people = engine.query("SELECT person FROM feature_base ORDER BY place")["person"]
    columns: list[Feature] = []
    places: list[NDArray[np.int32]] = []
    unmapped = 0
    for domain in (*KINDS, ""):
        unmapped += _collect(records, domain, windows)
        for number, window in enumerate(windows):
            codes, rows = _columns(records, number, at_least)
            columns += [
                Feature(window, domain, *_named(codes, n), int(codes["patients"][n]))
                for n in range(len(codes["nth"]))
            ]
            places.append(np.asarray(rows["place"], dtype=np.int32))
    return Features(
        np.asarray(people), tuple(columns), _matrix(len(people), columns, places), unmapped
    )


def _collect(records: Records, domain: str, windows: Sequence[Duration]) -> int:
    """Each patient's codes of one domain, with the windows that they are in: one reading of the
    records for all windows. The answer counts the records without a standard concept."""
    day, index = column("start", "r"), column("index_date", "b")
    since = [
        exp.GTE(this=day, expression=sql.shifted(index.copy(), -1, window)).sql("duckdb")
        for window in windows
    ]
    longest = since[max(range(len(windows)), key=lambda n: windows[n].most_days)]
    of_domain = f"r.domain = '{domain}'" if domain else "r.domain IS NULL"
    found = (
        f"FROM raw_event AS r JOIN feature_base AS b ON r.person = b.person WHERE {of_domain} "
        f"AND r.start < b.index_date AND {longest}"
    )
    inside = [f"MAX(CASE WHEN {one} THEN 1 ELSE 0 END) AS w{n}" for n, one in enumerate(since)]
    key = "r.concept, r.vocabulary, CASE WHEN r.concept IS NULL THEN r.code END"
    records.engine.table(
        "feature_row",
        f"SELECT b.place, {key} AS code, {', '.join(inside)}, COUNT(*) AS records {found} "
        f"AND COALESCE(CAST(r.concept AS VARCHAR), r.code) IS NOT NULL GROUP BY b.place, {key}",
    )
    none = records.engine.query("SELECT SUM(records) AS n FROM feature_row WHERE concept = 0")["n"]
    return int(np.ma.filled(np.ma.asarray(none), 0)[0])


def _columns(records: Records, number: int, at_least: int) -> tuple[Columns, Columns]:
    """The codes of one window, numbered in order, and the places of the patients with each."""
    key = ", ".join(_KEY)
    records.engine.table(
        "feature_code",
        f"SELECT ROW_NUMBER() OVER (ORDER BY {key}) AS nth, * FROM (SELECT {key}, COUNT(*) AS "
        f"patients FROM feature_row WHERE w{number} = 1 AND COALESCE(concept, 1) <> 0 "
        f"GROUP BY {key} HAVING COUNT(*) >= {int(at_least)}) AS c",
    )
    same = " AND ".join(f"f.{one} IS NOT DISTINCT FROM c.{one}" for one in _KEY)
    rows = records.engine.query(
        f"SELECT f.place FROM feature_row AS f JOIN feature_code AS c ON {same} "
        f"WHERE f.w{number} = 1 ORDER BY c.nth, f.place"
    )
    return records.engine.query("SELECT * FROM feature_code ORDER BY nth"), rows


def _named(codes: Columns, row: int) -> tuple[int | None, str, str]:
    concept, vocabulary, code = (np.ma.asarray(codes[one])[row] for one in _KEY)
    empty = np.ma.masked
    return (
        None if concept is empty or concept is None else int(concept),
        "" if vocabulary is empty or vocabulary is None else str(vocabulary),
        "" if code is empty or code is None else str(code),
    )


def _matrix(
    patients: int, columns: Sequence[Feature], places: Sequence[NDArray[np.int32]]
) -> csr_matrix:
    """The places stand column after column, each in order, as a compressed column matrix has
    them."""
    from scipy.sparse import csc_matrix

    ends = np.cumsum([0, *(one.patients for one in columns)], dtype=np.int64)
    rows = np.concatenate([np.empty(0, dtype=np.int32), *places])
    ones = np.ones(len(rows), dtype=np.float32)
    return csc_matrix((ones, rows, ends), shape=(patients, len(columns))).tocsr()
