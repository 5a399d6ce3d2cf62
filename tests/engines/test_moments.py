"""OMOP dates that come as moments: on which day they were does not hang on the machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from awkward_records import SITE, STUDY, awkward
from casewise import cohort, records
from casewise.cli import cli
from casewise.protocol.reading import read
from omop_support import STUDY as SMALL
from omop_support import small, write
from postgres_support import Server

BERLIN = "TIMESTAMPTZ USING ({}::TIMESTAMP AT TIME ZONE 'Europe/Berlin')"
UTC = "TIMESTAMPTZ USING ({}::TIMESTAMP AT TIME ZONE 'UTC')"
LATE = "TIMESTAMP USING ({}::TIMESTAMP + INTERVAL '23 hours')"
SEED = 1


class Place:
    """A study beside the records as dates, and as what a test makes of them."""

    def __init__(self, folder: Path, postgres: Server | None) -> None:
        self.folder, self.postgres = folder, postgres
        self.address = postgres.address if postgres else str(folder / "moments" / "cdm.duckdb")

    def make(self, cdm: Any, kind: str, rename: str = "") -> None:
        """The records, with each date of ``kind``."""
        self.plain = write(self.folder / "dates", cdm, "duckdb")
        write(self.folder / "moments", cdm, "duckdb")
        if self.postgres:
            self.postgres.load("main", cdm)
        for table, rows in cdm.items():
            for column in (one for one in rows[0] if one.endswith("_date")):
                where = f"main.{table}" if self.postgres else table
                self.run(f"ALTER TABLE {where} ALTER {column} TYPE {kind.format(column)}")
                if rename:
                    to = column.replace("_date", rename)
                    self.run(f"ALTER TABLE {where} RENAME COLUMN {column} TO {to}")

    def run(self, statement: str) -> None:
        if self.postgres:
            self.postgres.run(statement)
        else:
            with duckdb.connect(self.address) as connection:
                connection.execute("SET TimeZone = 'Asia/Tokyo'")
                connection.execute(statement)

    def study(self, study: str, site: str = "records: {omop: x, schema: main}\n") -> None:
        (self.folder / "study.yaml").write_text(study, encoding="utf-8")
        (self.folder / "site.yaml").write_text(site, encoding="utf-8")

    def datasets(self) -> list[cohort.Dataset]:
        """From dates, and from moments."""
        study, site = read(self.folder / "study.yaml", self.folder / "site.yaml")
        return [
            cohort.build(study, records.open(study, site, self.folder, where))
            for where in (self.plain, self.address)
        ]

    def told(self) -> str:
        command = ["run", str(self.folder / "study.yaml"), "--out", str(self.folder / "out"), "-q"]
        done = CliRunner().invoke(cli, [*command, "--records", self.address])
        assert done.exit_code == 11, done.output
        return done.output


@pytest.fixture(params=["duckdb", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """On a machine of which nobody thought, in Tokyo."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    return Place(tmp_path, request.getfixturevalue("postgres") if "p" in request.param else None)


def test_the_day_of_a_moment_is_the_one_it_was_in_the_time_zone_of_the_records(
    place: Place,
) -> None:
    place.make(awkward(SEED, persons=30), BERLIN)
    place.study(STUDY, SITE.replace("schema: main", "schema: main, time zone: Europe/Berlin"))
    dates, moments = place.datasets()
    assert days(moments) == days(dates)
    assert len(dates) > 10
    said = set(moments.notes) - set(dates.notes)
    assert [one.text for one in said] == [
        "Moments with a time zone were taken to be on the day that it was in Europe/Berlin."
    ]


def days(dataset: cohort.Dataset) -> list[Any]:
    """All days that there are in a dataset, and who has them."""
    return [
        *dataset.patient.tolist(),
        *dataset.index_date.astype("datetime64[D]").astype(str).tolist(),
        *map(str, dataset.follow_up.tolist()),
        *map(str, dataset.death.tolist()),
        *(str(one.event.day.tolist()) for one in dataset.outcomes.values() if one.event),
        *(str(one.values.tolist()) for one in dataset.baseline),
    ]


def test_moments_of_which_nobody_said_where_they_were_stop_the_run(place: Place) -> None:
    """Midnight in Berlin is the day before in UTC."""
    place.make(small(), BERLIN)
    place.study(json.dumps(SMALL))
    said = place.told()
    assert '"observation_period_start_date" holds moments with a time zone, 4 of them not' in said
    assert "say where, as in records: {omop: ..., time zone: Europe/Berlin}" in said


@pytest.mark.parametrize(
    ("kind", "rename"),
    [(UTC, ""), (LATE, ""), (LATE, "_datetime")],
    ids=["midnights in UTC", "no time zone", "no column of dates"],
)
def test_a_day_that_is_certain_needs_no_time_zone(place: Place, kind: str, rename: str) -> None:
    place.make(small(), kind, rename)
    if rename:  # the start of observation is a date in every version of the CDM
        for end in ("start", "end"):
            where = "main.observation_period" if place.postgres else "observation_period"
            column = f"observation_period_{end}_date"
            place.run(f"ALTER TABLE {where} RENAME COLUMN {column}time TO {column}")
    place.study(json.dumps(SMALL))
    dates, moments = map(days, place.datasets())
    assert moments == dates
    assert "2020-01-01" in dates


def test_a_text_is_the_day_that_is_written(place: Place) -> None:
    place.make(small(), "TEXT USING ({}::TEXT || 'T23:30:00-05:00')")
    place.study(json.dumps(SMALL))
    dates, moments = map(days, place.datasets())
    assert moments == dates
    assert "2020-01-01" in dates


def test_moments_as_spark_writes_them_to_parquet(tmp_path: Path) -> None:
    """INT96, which DuckDB by itself takes for moments without a time zone."""
    import pyarrow.parquet as parquet

    place = Place(tmp_path, None)
    place.make(small(), BERLIN)
    folder = tmp_path / "parquet"
    folder.mkdir()
    connection = duckdb.connect(place.address, read_only=True)
    for table in small():
        rows = connection.sql(f"FROM {table}").to_arrow_table()
        parquet.write_table(rows, folder / f"{table}.parquet", use_deprecated_int96_timestamps=True)
    connection.close()
    place.address = str(folder)
    place.study(json.dumps(SMALL), "records: {omop: x, time zone: Europe/Berlin}\n")
    dates, moments = map(days, place.datasets())
    assert moments == dates
    place.study(json.dumps(SMALL))
    assert "holds moments with a time zone" in place.told()


@pytest.mark.parametrize(
    ("records", "meant"),
    [
        ("omop: cdm, time zone: Europe/Berln", 'did you mean "Europe/Berlin"?'),
        ("meds: cdm, time zone: Europe/Berlin", '"time zone" is of an OMOP CDM, not of meds'),
    ],
)
def test_a_time_zone_that_is_none(tmp_path: Path, records: str, meant: str) -> None:
    (tmp_path / "study.yaml").write_text(json.dumps(SMALL), encoding="utf-8")
    (tmp_path / "site.yaml").write_text(f"records: {{{records}}}\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["check", str(tmp_path / "study.yaml")])
    assert done.exit_code == 10, done.output
    assert meant in done.output
