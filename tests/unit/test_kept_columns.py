"""A run copies of the records what its protocol asks for, and answers as if it had copied all."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awkward_records import SITE, STUDY, awkward
from casewise import cohort, records
from casewise.protocol.model import Study
from casewise.protocol.reading import read
from casewise.protocol.warehouse import WarehouseSite
from omop_support import write
from plasma_omop import EXAMPLE, build

IN_FILES = SITE.replace("cdm.duckdb, schema: main", "cdm")
SLIM = ("value", "unit", "text", "visit", "source")


def answers(study: Study, site: Any, folder: Path, *, all_of_it: bool) -> tuple[Any, list[int]]:
    """The dataset, and how many records have each column that may have been left out."""
    source = records.open(study, site, folder, sources=all_of_it)
    counted = source.engine.query(
        f"SELECT {', '.join(f'COUNT({name}) AS {name}' for name in SLIM)} FROM matched"
    )
    dataset = cohort.build(study, source)
    return plain(dataset), [int(counted[name][0]) for name in SLIM]


def plain(value: Any) -> Any:
    """Something that is equal where its values are, NaN too."""
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return str(value.tolist()) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("seed", range(1, 6))
def test_awkward_records_give_the_same_dataset_where_only_what_is_asked_for_is_kept(
    tmp_path: Path, seed: int
) -> None:
    write(tmp_path / "cdm", awkward(seed))
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "site.yaml").write_text(IN_FILES, encoding="utf-8")
    study, site = read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    whole, had = answers(study, site, tmp_path, all_of_it=True)
    slim, kept = answers(study, site, tmp_path, all_of_it=False)
    assert slim == whole
    assert all(had)
    assert dict(zip(SLIM, kept, strict=True))["source"] == 0


def test_lines_of_therapy_and_choices_are_answered_from_what_is_kept(tmp_path: Path) -> None:
    site_file = build(tmp_path)
    study, site = read(EXAMPLE / "study.yaml", site_file)
    assert isinstance(site, WarehouseSite)
    whole, _ = answers(study, site, tmp_path, all_of_it=True)
    slim, _ = answers(study, site, tmp_path, all_of_it=False)
    assert slim == whole


def test_a_study_that_asks_no_value_copies_none(tmp_path: Path) -> None:
    write(tmp_path / "cdm", awkward(1))
    (tmp_path / "study.yaml").write_text(
        "title: Bleeding\nevents: {drug: {drug: the drug}, bleed: {condition: bleeding}}\n"
        "cohort: {index: first drug}\narms: {young: {age: '< 50'}, old: otherwise}\n"
        "outcomes: {bleed: {event: bleed, within: 1 year}}\n"
        "codes: {the drug: {omop: 100}, bleeding: {omop: 102}}\n",
        encoding="utf-8",
    )
    (tmp_path / "site.yaml").write_text(
        "records: {omop: cdm}\nextracted: 2021-06-30\n", encoding="utf-8"
    )
    study, site = read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    _, kept = answers(study, site, tmp_path, all_of_it=False)
    assert kept == [0, 0, 0, 0, 0]
