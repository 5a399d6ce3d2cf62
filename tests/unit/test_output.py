"""An output folder appears whole or not at all, and deletes nothing that is not ours."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from casewise.errors import CasewiseError, RecordsError
from casewise.output import staged


def written(out: Path, text: str = "new", wrong: BaseException | None = None) -> None:
    with staged(out) as stage:
        (stage / "results.json").write_text(text)
        if wrong is not None:
            raise wrong
        (stage / "tables").mkdir()
        (stage / "tables" / "baseline.csv").write_text("a,b\n")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_folder_and_its_parents_appear(tmp_path: Path) -> None:
    written(tmp_path / "deep" / "er" / "out")
    assert names(tmp_path / "deep" / "er") == ["out"]
    assert names(tmp_path / "deep" / "er" / "out") == ["results.json", "tables"]


def test_an_earlier_output_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    written(out, "old")
    (out / "figures").mkdir()
    (out / "figures" / "forest.svg").write_text("<svg/>")
    written(out)
    assert (out / "results.json").read_text() == "new"
    assert names(out) == ["results.json", "tables"]
    assert names(tmp_path) == ["out"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    written(tmp_path / "out")
    assert names(tmp_path / "out") == ["results.json", "tables"]


def test_the_folder_is_as_open_to_others_as_any_other(tmp_path: Path) -> None:
    written(tmp_path / "out")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["thesis.docx"], "is not empty and holds no results.json of an earlier run"),
        (["results.json", "notes.txt"], 'holds "notes.txt", which Casewise did not write'),
        (["results.json", "tables/my.xlsx"], 'holds "tables/my.xlsx"'),
        (["results.json", ".git/HEAD"], 'holds ".git/HEAD"'),
    ],
)
def test_a_folder_with_anything_else_is_refused_and_kept(
    tmp_path: Path, files: list[str], message: str
) -> None:
    out = tmp_path / "out"
    for name in files:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("mine")
    with pytest.raises(CasewiseError, match=message) as raised:
        written(out)
    assert raised.value.exit_code == 2
    assert all((out / name).read_text() == "mine" for name in files)
    assert names(tmp_path) == ["out"]


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(CasewiseError, match="is not a folder"):
        written(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("wrong", [KeyboardInterrupt(), RuntimeError()])
def test_what_goes_wrong_leaves_the_earlier_output(tmp_path: Path, wrong: BaseException) -> None:
    written(tmp_path / "out", "old")
    with pytest.raises(type(wrong)):
        written(tmp_path / "out", wrong=wrong)
    assert (tmp_path / "out" / "results.json").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_full_disk_is_said_and_leaves_the_earlier_output(tmp_path: Path) -> None:
    written(tmp_path / "out", "old")
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(RecordsError, match="cannot be written: the disk is full") as raised:
        written(tmp_path / "out", wrong=full)
    assert raised.value.exit_code == 11
    assert (tmp_path / "out" / "results.json").read_text() == "old"


def test_a_fault_of_ours_is_not_called_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        written(tmp_path / "out", wrong=FileNotFoundError(errno.ENOENT, "No such file"))


def test_an_interruption_between_the_renames_brings_the_earlier_output_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "out", "old")
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "out")
    assert (tmp_path / "out" / "results.json").read_text() == "old"
    assert names(tmp_path) == ["out"]
