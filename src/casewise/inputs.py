"""What a study starts from: its two files or values, and its records while they are open.

Each reader is imported when its turn comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from casewise.errors import Problem, RecordsError

if TYPE_CHECKING:
    from casewise.protocol.freezing import Frozen
    from casewise.protocol.model import Study
    from casewise.protocol.reading import AnySite
    from casewise.records.canonical import Records
    from casewise.records.opening import Given

Progress = Callable[[str], None]
FilePath = str | Path


@dataclass(frozen=True)
class Inputs:
    """A protocol and a site with their text, and the folder that record paths start from.
    ``frozen`` is the protocol as it was frozen, where it was. ``files`` are those that they stand
    in, the site's first."""

    study: Study
    site: AnySite
    study_text: str
    site_text: str
    folder: Path
    frozen: Frozen | None = None
    files: tuple[FilePath, ...] = ()


def given(study: FilePath | Study, site: FilePath | AnySite) -> Inputs:
    """Both files or values, held against each other. A site that is a value has paths relative
    to the folder one is in."""
    from casewise.protocol import read

    read_study, read_site = read(study, site)
    frozen = None
    if isinstance(study, str | Path):
        from casewise.protocol.freezing import read_frozen

        frozen = read_frozen(Path(study))
    files = tuple(one for one in (site, study) if isinstance(one, str | Path))
    return Inputs(read_study, read_site, _text(study), _text(site), folder_of(site), frozen, files)


def folder_of(site: FilePath | AnySite) -> Path:
    """Where the paths of a site start from."""
    return Path(site).parent if isinstance(site, str | Path) else Path()


def _text(given: FilePath | Study | AnySite) -> str:
    """A file word for word, or a value as YAML."""
    if isinstance(given, str | Path):
        return Path(given).read_text(encoding="utf-8-sig")
    from io import StringIO

    from ruamel.yaml import YAML

    text = StringIO()
    YAML().dump(given.model_dump(mode="json", by_alias=True, exclude_unset=True), text)
    return text.getvalue()


@contextmanager
def opening(
    inputs: Inputs, records: Given, *, whole: bool = False, sources: bool = False
) -> Iterator[Records]:
    """The records, let go at the end. A database may stop at any time until then."""
    from casewise.engine import EngineError
    from casewise.protocol.reading import placed
    from casewise.records import open as open_records

    adjust = inputs.study.analysis.adjust
    whole = whole or (adjust is not None and adjust.codes is not None)
    opened = open_records(
        inputs.study, inputs.site, inputs.folder, records, whole=whole, sources=sources
    )
    opened = replace(
        opened,
        errors=placed(opened.errors, inputs.files),
        warnings=placed(opened.warnings, inputs.files),
    )
    with closing(opened):
        try:
            yield opened
        except EngineError as error:
            raise RecordsError(Problem(str(error), opened.name)) from error


@contextmanager
def sound(
    inputs: Inputs, records: Given, tell: Progress, *, whole: bool = False
) -> Iterator[Records]:
    """The records, of which nothing is contradicted: else ``RecordsError``."""
    tell("Reading the records")
    with opening(inputs, records, whole=whole) as opened:
        if opened.errors:
            raise RecordsError(opened.errors)
        yield opened
