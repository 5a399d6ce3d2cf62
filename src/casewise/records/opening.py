"""Records opened, of whatever kind: each kind's reader is loaded when it is needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from casewise.errors import Problem, RecordsError
from casewise.protocol.model import Study
from casewise.protocol.site import Site
from casewise.protocol.warehouse import WarehouseSite
from casewise.records.canonical import Records

if TYPE_CHECKING:
    from casewise.records.shared import Warehouse

Progress = Callable[[str], None]
Given: TypeAlias = "str | Path | Warehouse | None"


def open(  # records.open is the step's name in the design
    study: Study,
    site: Site | WarehouseSite,
    folder: Path,
    path: Given = None,
    today: dt.date | None = None,
    progress: Progress | None = None,
    *,
    whole: bool = False,
    sources: bool = True,
) -> Records:
    """Read the site's records into the canonical tables on a fresh engine.

    ``folder`` is where the site file lies; its paths are relative to it. ``path`` puts another
    file, the address of a database, or a ``Warehouse``, in the place of the site's. Dates after
    ``site.extracted``, or ``today``, are in the future. Of event records, ``whole`` opens the
    domains that the study does not ask for too; without ``sources`` their rows do not say where in
    the records they stand, which takes as long to read as what they say. Contradictions stand in
    ``Records.errors``, or, where the site accepts them, in ``warnings``.

    Raises ``RecordsError`` with every problem at once when the file, a column or a cell cannot
    be read: there is no dataset with holes in it.
    """
    if isinstance(site, WarehouseSite):
        from casewise.records.warehouse import open_events

        there = open_warehouse(site, folder, path, today)
        return open_events(study, site, there, progress, whole=whole, sources=sources)
    if not isinstance(path, str | Path | None):
        raise RecordsError(Problem("are event records, and the site file's are none", path.name))
    from casewise.records.charts import open_charts

    return open_charts(study, site, folder, path, today, progress)


def open_warehouse(
    site: WarehouseSite,
    folder: Path,
    given: Given = None,
    today: dt.date | None = None,
    *,
    shared: bool = False,
) -> Warehouse:
    """The site's event records, ``shared`` by many studies, or those that are open for many. Raises
    ``RecordsError`` where there are none, or others than the site's are open."""
    from casewise.records.places import where
    from casewise.records.shared import Warehouse

    if isinstance(given, Warehouse):
        given.fit(site, today)
        return given
    latest = site.extracted or today or dt.date.today()
    place = where(folder, site.records, given)
    return Warehouse(site.records, place, latest, shared=shared)
