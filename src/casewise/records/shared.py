"""Event records kept open, for one study or for many on the same records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import duckdb

from casewise.engine import Engine, Server
from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.warehouse import EventSource, WarehouseSite
from casewise.records.omop_tables import Known, Place, Tables, first_line
from casewise.records.places import Where, server_at, told
from casewise.records.raw import LINE, RawRecords


class Warehouse:
    """Event records at one place, and what is known of them once a study has read them.

    With ``shared``, for many studies: of files, the connection, the columns of each table, the
    checks, and the views and tables that depend on the records alone are made once; of an OMOP CDM
    who everybody is and how long each was watched is copied. What a study makes is its own, and
    gone when it is closed. On a database each study still has a connection and a transaction of its
    own, which is what makes it see one state of the records. Files must stay as they are while they
    are open. Not for sharing between threads.

    Raises ``RecordsError`` where there are no such records.
    """

    def __init__(
        self, source: EventSource, place: Where, latest: dt.date, *, shared: bool = False
    ) -> None:
        self.source, self.place, self.latest, self.name = source, place, latest, place.name
        self._shared, self._zone = shared, source.time_zone or "UTC"
        self._engine: DuckDB | None = None
        self._known: Known | None = None
        self._raw: RawRecords | None = None
        self._periods: bool | None = None
        if isinstance(place, Path):
            with self._told():
                self._engine = DuckDB(self._zone, shared=shared)
            if shared and source.kind == "omop":
                try:
                    with self._told():
                        self._known = _known(self._engine, source, place)
                        self._known.shared = True
                except BaseException:
                    self.close()
                    raise

    def engine(self) -> Engine:
        """An engine for one study, which closes it."""
        if self._engine is None:
            assert not isinstance(self.place, Path)
            return server_at(self.place, self._zone)
        return self._engine.branch() if self._shared else self._engine

    def raw(self, engine: Engine, domains: frozenset[str]) -> RawRecords:
        """The raw views on an engine of this warehouse."""
        if LINE in domains and self.source.kind != "omop":
            message = 'a "line" of therapy comes from OMOP\'s episodes, and these records are '
            raise RecordsError(Problem(f"{message}{self.source.kind}", self.name))
        if self.source.kind == "omop":
            from casewise.records.omop import open_omop

            known = self._known or _known(engine, self.source, self.place)
            return open_omop(Tables(engine, known, self.source.time_zone), domains, self.latest)
        if self._raw is None:
            self._raw = self._read()
        return self._raw

    def periods(self, engine: Engine) -> bool:
        """Whether the records say from when on anybody was watched."""
        if self._periods is None:
            self._periods = bool(len(engine.query(_PERIODS)["one"]))
        return self._periods

    def _read(self) -> RawRecords:
        """The raw views of all that there is, where they do not hang on what a study asks for."""
        engine, place = self._engine, self.place
        assert engine is not None  # these are files
        assert isinstance(place, Path)
        match self.source.kind:
            case "fhir":
                from casewise.records.fhir import open_fhir

                return open_fhir(engine, place, self.latest)
            case "meds":
                from casewise.records.meds import open_meds

                return open_meds(engine, place, self.latest)
            case _:
                from casewise.records.event_table import open_table

                return open_table(engine, self.source, place, self.latest)

    @contextmanager
    def study(self) -> Iterator[Engine]:
        """An engine for one study, closed where the records cannot be read: ``RecordsError``."""
        engine = self.engine()
        try:
            with self._told():
                yield engine
        except BaseException:
            engine.close()
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with told(self.place):
                yield
        except duckdb.Error as error:
            message = f"cannot be read: {first_line(error)}"
            raise RecordsError(Problem(message, self.name)) from error

    def fit(self, site: WarehouseSite, today: dt.date | None) -> None:
        """Raises ``RecordsError`` where a site file means other records, or a day up to which they
        go other than that for which they were opened."""
        if _kind(site.records) != _kind(self.source):
            message = "were opened as another kind of records than the site file says"
            raise RecordsError(Problem(message, self.name, hint=_AGAIN))
        latest = site.extracted or today or self.latest
        if latest != self.latest:
            message = f"were opened as taken on {self.latest}, and the site file says {latest}"
            raise RecordsError(Problem(message, self.name, hint=_AGAIN))

    def close(self) -> None:
        """Let the connection go. Studies on it are closed before."""
        if self._engine is not None:
            self._engine.close()

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _kind(source: EventSource) -> dict[str, object]:
    """All that a site file says of its records but where they are."""
    return source.model_dump(exclude={"omop", "fhir", "meds", "table"}) | {"kind": source.kind}


_PERIODS = "SELECT 1 AS one FROM observation WHERE start IS NOT NULL LIMIT 1"
_AGAIN = "open them with this site file"


def _known(engine: Engine, source: EventSource, place: Where) -> Known:
    """The tables of an OMOP CDM, in files or in a database."""
    found: Place
    if isinstance(place, Path):
        from casewise.records.omop_files import Files

        assert isinstance(engine, DuckDB)
        found = Files(engine, place, source.schema_, source.vocabulary_schema)
    else:
        from casewise.records.omop_server import Database

        found = Database(cast(Server, engine), place, source.schema_, source.vocabulary_schema)
    return Known(engine, found)
