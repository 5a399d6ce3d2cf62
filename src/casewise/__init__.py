"""Casewise: from medical records to a comparison that holds.

``read`` takes two YAML files to a ``Study`` and a ``Site``; ``check`` finds what is wrong with
them and with the records; ``run`` answers with ``Results``; ``load`` reads ``results.json``.
``opened`` keeps event records open for many studies.
Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from casewise._version import __version__

if TYPE_CHECKING:
    from casewise.errors import (
        CasewiseError,
        Problem,
        ProtocolError,
        RecordsError,
        UndefinedError,
    )
    from casewise.pipeline import check, opened, read, run
    from casewise.protocol.model import Study
    from casewise.protocol.site import Site
    from casewise.results import Results, load

_HOME = {
    "CasewiseError": "casewise.errors",
    "Problem": "casewise.errors",
    "ProtocolError": "casewise.errors",
    "RecordsError": "casewise.errors",
    "UndefinedError": "casewise.errors",
    "Results": "casewise.results",
    "Site": "casewise.protocol.site",
    "Study": "casewise.protocol.model",
    "check": "casewise.pipeline",
    "load": "casewise.results",
    "opened": "casewise.pipeline",
    "read": "casewise.pipeline",
    "run": "casewise.pipeline",
}

__all__ = [
    "CasewiseError",
    "Problem",
    "ProtocolError",
    "RecordsError",
    "Results",
    "Site",
    "Study",
    "UndefinedError",
    "__version__",
    "check",
    "load",
    "opened",
    "read",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'casewise' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
