"""A cohort for machine learning: its labels as MEDS label files, its codes as a sparse matrix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casewise.analysis.labels import Labels
from casewise.cohort.dataset import Dataset
from casewise.cohort.features import Features
from casewise.engine.duckdb import DuckDB
from casewise.errors import ProtocolError, RecordsError, UndefinedError


@dataclass(frozen=True)
class Exported:
    """One file written: its rows, those of them that are true, and patients without a label."""

    outcome: str
    file: str
    labels: int
    true: int
    unknown: int


def write_labels(dataset: Dataset, labels: Sequence[Labels], folder: Path) -> tuple[Exported, ...]:
    """A Parquet file an outcome: ``subject_id``, ``prediction_time``, ``boolean_value``.

    The prediction time is the last microsecond before the index date: whatever is known by then
    was known before the outcome began to count, which is from the index date on.

    Raises ``ProtocolError`` where no outcome is binary or two have names that make one file's,
    ``UndefinedError`` where nobody is in the cohort, and ``RecordsError`` where the patients' ids
    are not the whole numbers that MEDS asks for.
    """
    if not labels:
        raise ProtocolError("the study has no binary outcome (an event within a time) to export")
    if not len(dataset):
        raise UndefinedError("no patient is in the cohort: there is nothing to export")
    files = [_file_name(one.name) for one in labels]
    if len(set(files)) < len(files):
        raise ProtocolError(f"two outcomes would be one file: {', '.join(sorted(files))}")
    subjects = _whole_numbers(dataset.patient)
    moment = dataset.index_date.astype("datetime64[us]") - np.timedelta64(1, "us")
    order = np.argsort(subjects, kind="stable")
    engine = DuckDB()
    made = []
    for one, file in zip(labels, files, strict=True):
        rows = order[one.known[order]]
        columns: dict[str, NDArray[Any]] = {
            "subject_id": subjects[rows],
            "prediction_time": moment[rows],
            "boolean_value": one.happened[rows],
        }
        types = ("BIGINT", "TIMESTAMP", "BOOLEAN")
        engine.load("label", columns, dict(zip(columns, types, strict=True)))
        path = str(folder / file).replace("'", "''")
        engine.execute(f"COPY label TO '{path}' (FORMAT parquet)")
        known = len(rows)
        true = int(one.happened[rows].sum())
        made.append(Exported(one.name, file, known, true, len(dataset) - known))
    engine.close()
    return tuple(made)


def write_features(dataset: Dataset, found: Features, folder: Path) -> None:
    """Three Parquet files, made to be joined: ``patients`` (``row``, ``patient``, ``arm``,
    ``index_date``), ``features`` (``feature`` and what that column is) and ``entries``
    (``row``, ``feature``), one for each 1 of the matrix. Raises ``UndefinedError`` where nobody is
    in the cohort."""
    if not len(dataset):
        raise UndefinedError("no patient is in the cohort: there is nothing to export")
    columns = found.columns
    arms = np.array(dataset.arms, dtype=object)
    concepts = [np.nan if one.concept is None else one.concept for one in columns]
    entries = found.matrix.tocoo()
    tables: dict[str, dict[str, tuple[str, Any]]] = {
        "patients": {
            "row": ("INTEGER", np.arange(len(dataset))),
            "patient": ("VARCHAR", dataset.patient.astype(str).astype(object)),
            "arm": ("VARCHAR", arms[dataset.arm]),
            "index_date": ("DATE", dataset.index_date),
        },
        "features": {
            "feature": ("INTEGER", np.arange(len(columns))),
            "before": ("VARCHAR", _texts(str(one.window) for one in columns)),
            "domain": ("VARCHAR", _texts(one.domain for one in columns)),
            "concept": ("BIGINT", np.array(concepts, dtype=np.float64)),
            "vocabulary": ("VARCHAR", _texts(one.vocabulary for one in columns)),
            "code": ("VARCHAR", _texts(one.code for one in columns)),
            "patients": ("INTEGER", np.array([one.patients for one in columns], dtype=np.int64)),
        },
        "entries": {"row": ("INTEGER", entries.row), "feature": ("INTEGER", entries.col)},
    }
    engine = DuckDB()
    for name, table in tables.items():
        engine.load(
            name,
            {column: np.asarray(values) for column, (_, values) in table.items()},
            {column: kind for column, (kind, _) in table.items()},
        )
        path = str(folder / f"{name}.parquet").replace("'", "''")
        engine.execute(f"COPY {name} TO '{path}' (FORMAT parquet)")
    engine.close()


def _texts(values: Iterable[str]) -> NDArray[np.object_]:
    return np.array([value or None for value in values], dtype=object)


def _file_name(outcome: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", outcome.casefold()).strip("_") + ".parquet"


def _whole_numbers(patients: NDArray[np.generic]) -> NDArray[np.int64]:
    """Ids as 64-bit integers; text is one only where it is written as the number is (not 007)."""
    try:
        numbers = [int(str(patient)) for patient in patients.tolist()]
        if all(str(n) == str(p) for n, p in zip(numbers, patients.tolist(), strict=True)):
            return np.array(numbers, dtype=np.int64)
    except (ValueError, OverflowError):
        pass
    raise RecordsError(
        "the patients' ids are not whole numbers, which MEDS needs for subject_id; export from "
        "records whose ids are"
    )
