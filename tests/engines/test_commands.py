"""Each command that reads records answers from a server as it does from files."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML
from tests.spec import test_every_code as every_code

import casewise
from awkward_records import SITE, STUDY, awkward
from casewise.cli import cli
from omop_support import ANN, Cdm, condition, small, write
from omop_support import STUDY as SMALL
from postgres_support import Server

SEED = int(os.environ.get("CASEWISE_SEED", "1"))


class Database(Protocol):
    address: str

    def load(self, schema: str, cdm: Cdm) -> None: ...


class Place:
    """A study beside its records in files, and in a database: those of ``cdm`` are put there."""

    def __init__(
        self, folder: Path, database: Database, cdm: Cdm | Path, study: str, site: str
    ) -> None:
        self.folder, self.database = folder, database
        self.study = folder / "study.yaml"
        self.study.write_text(study, encoding="utf-8")
        (folder / "site.yaml").write_text(site, encoding="utf-8")
        if isinstance(cdm, Path):
            self.files = cdm
        else:
            self.files = write(folder / "cdm", cdm, "duckdb")
            database.load("main", cdm)

    def both(self, *command: str, code: int = 0) -> tuple[Result, Result]:
        """What the command answers here from files, and there from the database."""
        here, there = (self.one(where, *command) for where in (self.files, self.database.address))
        assert (there.exit_code, here.exit_code) == (code, code), there.output + here.output
        return here, there

    def one(self, where: str | Path, *command: str) -> Result:
        given = [one.format(study=self.study, out=self.out(where)) for one in command]
        return CliRunner().invoke(cli, [*given, "--records", str(where)])

    def out(self, where: str | Path) -> Path:
        return self.folder / ("here" if where == self.files else "there")

    def same(self, *command: str, code: int = 0) -> Any:
        """The answer, which is the same to the last letter but for where it was found."""
        here, there = self.both(*command, code=code)
        assert there.stdout == here.stdout
        if "--json" in command:
            return json.loads(there.stdout)
        return there.stdout

    def same_run(self) -> dict[str, Any]:
        """The results, which are the same but for their provenance."""
        here, there = (
            casewise.run(self.study, self.folder / "site.yaml", records=where).to_dict()
            for where in (self.files, self.database.address)
        )
        assert there | {"provenance": None} == here | {"provenance": None}
        return there

    def same_files(self, *names: str) -> list[int]:
        """The rows of each Parquet file that was written, in the same order."""
        rows = []
        for name in names:
            here, there = (
                duckdb.sql(f"SELECT * FROM '{self.folder / side / name}'").fetchall()
                for side in ("here", "there")
            )
            assert here == there
            rows.append(len(here))
        written = [sorted(p.name for p in (self.folder / s).iterdir()) for s in ("here", "there")]
        assert written[0] == written[1] == sorted(names)
        return rows


@pytest.fixture
def place(tmp_path: Path, postgres: Server) -> Place:
    return Place(tmp_path, postgres, awkward(SEED), STUDY, SITE)


def test_counting_without_outcomes(place: Place) -> None:
    counted = place.same("run", "{study}", "--dry-run", "--json", "-q")
    assert sum(arm["n"] for arm in counted["arms"]) > 20


def test_checking(place: Place) -> None:
    assert place.same("check", "{study}", "--json")["errors"] == []


def test_what_codes_carry(place: Place) -> None:
    found = place.same("codes", "check", "{study}", "--json", code=11)
    assert sum(one["records"] for one in found["lists"]) > 100


def test_each_patient_explained(place: Place) -> None:
    """Ids that are negative numbers, too."""
    ids = [str(row["person_id"]) for row in awkward(SEED)["person"]][:6]
    told = [place.same("explain", "{study}", one, "--json") for one in ids]
    assert {one["arm"] for one in told if one["index_date"]} == {"drug", "other"}
    assert {one["arm"] for one in told if not one["index_date"]} == {""}
    assert any(one.startswith("-") for one in ids)


def test_every_code_before_day_0(place: Place) -> None:
    place.both("export", "features", "{study}", "--out", "{out}", "-q", "--before", "2 years")
    rows = place.same_files("patients.parquet", "features.parquet", "entries.parquet")
    assert min(rows) > 4


def test_labels_for_machine_learning(place: Place) -> None:
    place.both("export", "meds", "{study}", "--out", "{out}", "-q")
    assert place.same_files("bleed_by_3_months.parquet")[0] > 20


def test_every_code_as_covariate(tmp_path: Path, postgres: Server) -> None:
    """Chosen, named and balanced: the same codes, and the same effect."""
    text = StringIO()
    YAML(pure=True).dump(every_code.study(method=["overlap weights", "stratification"]), text)
    cdm = every_code.patients(300)
    place = Place(tmp_path, postgres, cdm, text.getvalue(), "records: {omop: cdm, schema: main}")
    found = place.same_run()
    codes = found["adjustments"][0]["codes"]
    assert codes["codes"] == 61
    assert codes["farthest"][0]["label"] == "condition: Ulcer of stomach, 365 days before"
    assert codes["largest"][1] < codes["largest"][0] / 2


def test_a_frozen_study(place: Place) -> None:
    frozen = CliRunner().invoke(cli, ["freeze", str(place.study)])
    assert frozen.exit_code == 0
    later = place.study.read_text("utf-8").replace("within: 3 months", "within: 4 months")
    place.study.write_text(later, encoding="utf-8")
    found = place.same_run()
    assert [name for name, one in found["outcomes"].items() if one["post_hoc"]] == [
        "bleed by 3 months"
    ]


def with_ids(cdm: Cdm, made: Callable[[int], Any]) -> Cdm:
    """Every person's and visit's id another one; None stays."""
    ids = ("person_id", "visit_occurrence_id")
    return {
        table: [
            {c: made(v) if c in ids and v is not None else v for c, v in row.items()}
            for row in rows
        ]
        for table, rows in cdm.items()
    }


@pytest.mark.parametrize("kind", ["text", "uuid", "numeric(20)"])
def test_ids_of_any_type(tmp_path: Path, postgres: Server, kind: str) -> None:
    """Text is ordered otherwise by the language of the database, and numeric is no float."""
    made: dict[str, Callable[[int], Any]] = {
        "text": lambda n: f"{'aB'[n % 2]}-{abs(n)}",
        "uuid": lambda n: str(uuid.UUID(int=n + 2**63)),
    }
    cdm = awkward(SEED)
    place = Place(tmp_path, postgres, with_ids(cdm, made.get(kind, int)), STUDY, SITE)
    for table, rows in cdm.items():
        for column in {"person_id", "visit_occurrence_id"} & rows[0].keys():
            change = f'ALTER TABLE main.{table} ALTER COLUMN "{column}" TYPE {kind} USING '
            postgres.run(f'{change} "{column}"::{kind}')
    place.same_run()


def test_records_without_observation_periods(tmp_path: Path, postgres: Server) -> None:
    cdm = awkward(SEED)
    del cdm["observation_period"]
    place = Place(tmp_path, postgres, cdm, STUDY, SITE)
    place.same("run", "{study}", "--dry-run", "--json", "-q")


def test_a_study_of_visits_alone(tmp_path: Path, postgres: Server) -> None:
    study = """
title: Visits
events: {stay: {visit: inpatient}, seen: {visit: emergency}}
cohort: {index: first stay}
arms: {seen: {event: seen, until: 1 day before}, not seen: otherwise}
outcomes: {stays: {count: stay, from: 1 day after, within: 1 year}}
"""
    place = Place(tmp_path, postgres, awkward(SEED), study, SITE.partition("events:")[0])
    place.same("run", "{study}", "--dry-run", "--json", "-q")


def test_ids_that_are_text_on_spark(tmp_path: Path, spark: Database) -> None:
    text = StringIO()
    YAML(pure=True).dump(SMALL, text)
    cdm = with_ids(small(), lambda n: f"P{n}")
    cdm["condition_occurrence"].append(
        condition(ANN, 7, "2019-12-20") | {"person_id": f"P{ANN}", "visit_occurrence_id": "P11"}
    )
    place = Place(tmp_path, spark, cdm, text.getvalue(), "records: {omop: cdm, schema: main}")
    told = place.same("explain", "{study}", f"P{ANN}", "--json")
    assert (told["arm"], len(told["timeline"])) == ("drug", 2)


def test_matching_on_time_and_alternatives(tmp_path: Path, postgres: Server) -> None:
    """Patients who are put back on the server by their ids, and a second connection."""
    study = """
title: Matched
events:
  admission: {visit: inpatient, gap: 1 day}
  drug:      {drug: the drug}
  bleed:     {condition: bleeding}
cohort: {index: first admission, match: {each: drug, to: 1}}
arms: {drug: {event: drug, within: 0 days}, not yet: otherwise}
baseline: {age: , sex: }
outcomes: {bleed: {event: bleed, from: 1 day after, within: 1 year}}
analysis:
  primary: bleed
  alternatives: {half a year: {outcomes: {bleed: {within: 6 months}}}}
codes: {the drug: {omop: 100}, bleeding: {omop: 102, descendants: yes}}
"""
    cdm = with_ids(awkward(SEED, persons=200), lambda n: f"{'aB'[n % 2]}-{abs(n)}")
    place = Place(tmp_path, postgres, cdm, study, SITE.partition("events:")[0])
    found = place.same_run()
    assert min(arm["n"] for arm in found["arms"]) > 10
    assert found["sensitivity"]["alternatives"]
