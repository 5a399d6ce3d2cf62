"""Every code before day 0 beside the dataset, for a propensity of many covariates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from casewise.cohort.dataset import CodeColumns, Dataset
from casewise.cohort.features import Feature, features
from casewise.engine import Columns
from casewise.protocol.adjustment import EveryCode
from casewise.records.canonical import Records
from casewise.records.sql_text import code_in_words

_Names = dict[int | tuple[str, str], str]  # by concept, or by vocabulary and code


def code_columns(asked: EveryCode, records: Records, dataset: Dataset) -> CodeColumns:
    """The codes of the dataset's patients, row by row. Codes of fewer patients than asked have no
    column. Raises ``RecordsError`` where the records are a chart table."""
    found = features(records, asked.before, at_least=asked.at_least)
    order = np.argsort(found.patient, kind="stable")
    rows = order[np.searchsorted(found.patient, dataset.patient, sorter=order)]
    names = {**_concept_names(records, found.columns), **_own_names(records)}
    return CodeColumns(
        found.matrix[rows], tuple(_label(one, names) for one in found.columns), found.unmapped
    )


def _label(one: Feature, names: _Names) -> str:
    """A code as a person reads it: its name where the vocabulary or the records have one."""
    name = names.get((one.vocabulary, one.code))
    code = code_in_words({"vocabulary": one.vocabulary, "code": one.code, "name": name})
    if one.concept is not None:
        code = names.get(one.concept, f"concept {one.concept}")
    return f"{one.domain or 'code'}: {code}, {one.window} before"


def _own_names(records: Records) -> _Names:
    """What the records call their codes, by vocabulary (empty: not known) and code."""
    if not records.code_names:
        return {}
    found = records.engine.query(
        f"SELECT COALESCE(vocabulary, '') AS vocabulary, code, name FROM {records.code_names}"
    )
    named = zip(found["vocabulary"], found["code"], found["name"], strict=True)
    return {(str(vocabulary), str(code)): str(name) for vocabulary, code, name in named}


def _concept_names(records: Records, columns: Sequence[Feature]) -> _Names:
    wanted = sorted({one.concept for one in columns if one.concept is not None})
    if not wanted or not records.has_concepts:
        return {}
    listed = ", ".join(map(str, wanted))
    found: Columns = records.engine.query(
        "SELECT CAST(concept_id AS BIGINT) AS concept, concept_name AS name FROM concept "
        f"WHERE concept_id IN ({listed})"
    )
    named = zip(found["concept"], np.ma.filled(np.ma.asarray(found["name"]), ""), strict=True)
    return {int(concept): str(name) for concept, name in named if name}
