"""Where event records are, and the engine that reads them there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from casewise.engine.address import Address, address, is_address
from casewise.engine.base import EngineError
from casewise.errors import Problem, RecordsError
from casewise.protocol.warehouse import EventSource

if TYPE_CHECKING:
    from casewise.engine import Server

Where: TypeAlias = Path | Address


def where(folder: Path, source: EventSource, given: str | Path | None = None) -> Where:
    """``given``, or what the site file says: a path relative to its ``folder``, or a database.

    Raises ``RecordsError`` where ``given`` is an address that cannot be one.
    """
    written = source.path if given is None else given
    if isinstance(written, Path) or not is_address(written):
        return folder / written if given is None else Path(written)
    if source.kind != "omop":
        message = "a database holds an OMOP CDM, and the site file's records are "
        raise RecordsError(Problem(f"{message}{source.kind}", hint="records: {omop: ...}"))
    try:
        return address(written)
    except ValueError as error:
        raise RecordsError(Problem(str(error))) from None


def server_at(place: Address, zone: str) -> Server:
    """Raises ``RecordsError`` where it cannot be reached."""
    try:
        with told(place):
            if place.kind == "postgresql":
                from casewise.engine.postgres import Postgres

                return Postgres(place, zone)
            from casewise.engine.spark import Spark

            return Spark(place, zone)
    except ModuleNotFoundError as error:
        extra = "postgres" if place.kind == "postgresql" else "spark"
        message = f"reading {place.kind} needs a package that is not installed ({error.name})"
        hint = f"pip install 'casewise[{extra}]'"
        raise RecordsError(Problem(message, place.name, hint=hint)) from None


@contextmanager
def told(place: Where) -> Iterator[None]:
    """What an engine cannot do for the user's own reasons, as a mistake in the records."""
    try:
        yield
    except EngineError as error:
        raise RecordsError(Problem(str(error), place.name)) from error
