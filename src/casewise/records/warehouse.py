"""Event records opened: from a warehouse, an export or a dataset to the canonical tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from casewise.errors import Problem, RecordsError
from casewise.protocol.model import Study
from casewise.protocol.warehouse import WarehouseSite
from casewise.records.canonical import Records


def open_events(
    study: Study,
    site: WarehouseSite,
    path: Path,
    today: dt.date | None = None,
    progress: Callable[[str], None] | None = None,
) -> Records:
    """Event records at ``path`` as the canonical tables on a fresh engine."""
    raise RecordsError(Problem(f"{site.records.kind} records cannot be read yet", path.name))
