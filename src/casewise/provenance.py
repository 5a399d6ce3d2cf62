"""What made an output and when: the one file that differs between two runs of the same inputs.

It names no user, no host and no folder of the machine.
"""

from __future__ import annotations

import datetime as dt
import json
import platform
from importlib.metadata import PackageNotFoundError, version

from casewise.results import Results

PACKAGES = ("duckdb", "matplotlib", "numpy", "pydantic", "python-docx", "scipy", "sqlglot")


def provenance(results: Results, started: dt.datetime) -> str:
    """The text of ``provenance.json``: times (UTC), versions, and the inputs' hashes."""
    finished = dt.datetime.now(dt.UTC)
    facts = {
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "seconds": round((finished - started).total_seconds(), 3),
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": {name: _version(name) for name in PACKAGES},
        **results.provenance.model_dump(mode="json", exclude={"sql"}),
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
