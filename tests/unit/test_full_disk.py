"""A disk that is full when a command writes: said, exit code 11, and nothing half written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from casewise.cli import cli
from omop_support import ANN, STUDY, condition, small, write


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    cdm = small()
    cdm["condition_occurrence"].append(condition(ANN, 7, "2019-12-20", visit_occurrence_id=11))
    write(folder / "cdm", cdm, "duckdb")
    with (folder / "study.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(STUDY, file)
    (folder / "site.yaml").write_text("records: {omop: cdm/cdm.duckdb}\n", encoding="utf-8")
    return folder / "study.yaml"


@pytest.fixture
def disk(tmp_path: Path, study: Path) -> Iterator[Path]:
    """One of 64 kilobytes, with the protocol on it and then full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("making a disk of 64 kilobytes needs root and the right to mount")
    try:
        (folder / "study.yaml").write_bytes(study.read_bytes())
        with suppress(OSError), (folder / "fill").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize(
    "command",
    [
        ("run", "{study}", "--out", "{disk}/out", "-q"),
        ("run", "{study}", "--out", "{here}/out", "--sql", "{disk}/sql", "-q"),
        ("run", "{study}", "--dry-run", "--sql", "{disk}/sql", "-q"),
        ("export", "features", "{study}", "--out", "{disk}/out", "-q"),
        ("export", "meds", "{study}", "--out", "{disk}/out", "-q"),
        ("freeze", "{disk}/study.yaml"),
    ],
    ids=" ".join,
)
def test_a_full_disk(disk: Path, study: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    given = [word.format(study=study, disk=disk, here=tmp_path) for word in command]
    done = CliRunner().invoke(cli, given)
    assert (done.exit_code, done.stdout) == (11, ""), done.output
    assert "cannot be written: " in done.stderr
    assert "disk is full" in done.stderr or "No space left on device" in done.stderr
    assert sorted(path.name for path in disk.iterdir()) == ["fill", "study.yaml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk"]
