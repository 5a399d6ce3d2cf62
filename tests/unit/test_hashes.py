"""When records are hashed: only for who asks what was read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from casewise import cohort
from casewise.protocol.model import Study
from casewise.records import omop_files
from omop_support import STUDY, opened, small, write


def test_a_count_hashes_no_file_and_a_run_names_each_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    whole = omop_files.sha256

    def watched(path: Path) -> str:
        hashed.append(path.name)
        return whole(path)

    monkeypatch.setattr(omop_files, "sha256", watched)
    cdm = write(tmp_path / "cdm", small())
    records = opened(cdm)
    cohort.count(Study.model_validate(STUDY), records)
    assert not hashed
    found = {source.name: source.sha256 for source in records.sources}
    assert len(found) > 3
    for name, sha256 in found.items():
        assert sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert len(records.sources) == len(found)
    assert sorted(hashed) == sorted(Path(name).name for name in found)
