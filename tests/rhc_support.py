"""The right heart catheterization table of Connors 1996, which is not part of the project.

It is looked for in the folder that CASEWISE_SHARED names, or in ../shared beside the repository;
tests that need it are skipped where it is in neither.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
EXAMPLE = REPOSITORY / "examples" / "right_heart_catheterization"
SHARED = Path(os.environ.get("CASEWISE_SHARED", REPOSITORY.parent / "shared"))


def table() -> Path:
    found = SHARED / "data" / "rhc" / "rhc.csv"
    if not found.is_file():
        pytest.skip(f"the right heart catheterization table is not there: {found}")
    return found
