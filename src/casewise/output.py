"""An output folder appears whole or not at all, and takes the place only of an earlier one.

Everything is written into a hidden folder beside the destination, which is then renamed. What
Casewise did not write is never deleted: a folder that holds anything else is refused.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from casewise.engine import EngineError
from casewise.errors import CasewiseError, Problem, RecordsError

OURS = (
    "report.html",
    "report.docx",
    "methods.md",
    "results.json",
    "provenance.json",
    "tables/*.csv",
    "figures/*.svg",
    "figures/*.png",
    "figures/*.pdf",
    "sql/*.sql",
)
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BARRED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG}
_ANOTHER = "name another folder with --out"


def refuse_if_foreign(out: Path) -> None:
    """Raise ``CasewiseError`` unless ``out`` is free, empty, or an earlier output of ours."""
    if not os.path.lexists(out):
        return
    if not out.is_dir() or out.is_symlink():
        raise CasewiseError(
            Problem("is not a folder; nothing was written", file=str(out), hint=_ANOTHER)
        )
    inside = sorted(path for path in out.rglob("*") if path.is_symlink() or not path.is_dir())
    if inside and not (out / "results.json").is_file():
        raise CasewiseError(
            Problem(
                "is not empty and holds no results.json of an earlier run; nothing was written",
                file=str(out),
                hint=_ANOTHER,
            )
        )
    for path in inside:
        name = path.relative_to(out).as_posix()
        if not any(fnmatchcase(name, pattern) for pattern in OURS):
            raise CasewiseError(
                Problem(
                    f'holds "{name}", which Casewise did not write; nothing was written, so that '
                    "it is not lost",
                    file=str(out),
                    hint="move that file away, or name another folder with --out",
                )
            )


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A folder to write into, which becomes ``out`` when the block ends without an error.

    Whatever goes wrong, an interruption included, ``out`` stays as it was. Raises ``RecordsError``
    when the disk is full or the place cannot be written to.
    """
    refuse_if_foreign(out)
    stage: Path | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
        yield stage
        stage.chmod(0o777 & ~_umask())
        _take_place(stage, out)
    except OSError as error:
        if error.errno not in _FULL | _BARRED:
            raise
        raise unwritable(out, error) from error
    except EngineError as error:  # it wrote tables there
        raise _unwritable(out, str(error)) from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Files into ``folder``, which may hold others: all of them or none. Raises ``RecordsError``
    where they cannot be written."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}.", suffix=".part", dir=folder.parent
        ) as made:
            for name, text in texts.items():
                (Path(made) / name).write_text(text, encoding="utf-8", newline="\n")
            folder.mkdir(exist_ok=True)
            for name in texts:
                (Path(made) / name).replace(folder / name)
    except OSError as error:
        raise unwritable(folder, error) from error


def _take_place(stage: Path, out: Path) -> None:
    if not out.exists():
        stage.rename(out)
        return
    earlier = stage.with_suffix(".earlier")
    try:
        out.rename(earlier)
        stage.rename(out)
    except BaseException:
        if earlier.exists() and not out.exists():
            earlier.rename(out)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _umask() -> int:
    """The process's mask: a folder made by ``mkdtemp`` is closed to everyone else."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def unwritable(out: Path, error: OSError) -> RecordsError:
    what = "the disk is full" if error.errno in _FULL else (error.strerror or "it failed")
    return _unwritable(out, what)


def _unwritable(out: Path, what: str) -> RecordsError:
    return RecordsError(
        Problem(
            f"cannot be written: {what}; whatever stood there before is untouched", file=str(out)
        )
    )
