"""From two YAML files to models, with every mistake of both reported at its place.

A file with a mistake in one entry is still held against the rest: the broken entry is replaced
by a stand-in of the same name, and what then does not fit elsewhere is reported with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import ValidationError

from casewise.errors import Problem, ProtocolError
from casewise.protocol.check import Mistake, check_study
from casewise.protocol.check_site import check_site
from casewise.protocol.check_warehouse import check_warehouse
from casewise.protocol.code_files import with_files
from casewise.protocol.findings import Finding, findings, written_path
from casewise.protocol.model import Study
from casewise.protocol.nearest import nearest
from casewise.protocol.site import Site, Source
from casewise.protocol.warehouse import EventSource, WarehouseSite
from casewise.protocol.yaml_text import Document, Path_, read_document

M = TypeVar("M", Study, Site, WarehouseSite)
AnySite: TypeAlias = Site | WarehouseSite
# Values that fit wherever their key does; None where the key is better left out.
_LEAVES = {
    "within": "200 years",
    "from": "index",
    "to": "any time after",
    "until": "index",
    "age": ">= 0",
    **dict.fromkeys(("at least", "sex", "lost", "label", "unit", "summary", "after index")),
}
_ROUNDS = 4  # a stand-in may bring out what the mistake hid; more rounds bring out nothing


@dataclass
class _Read(Generic[M]):
    """``model`` may hold stand-ins, at the paths in ``broken``; None where nothing can be used."""

    model: M | None = None
    document: Document | None = None
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path_] = field(default_factory=set)

    def add(self, mistakes: Iterable[Mistake]) -> None:
        """The mistakes that the file's own words make, not those that a stand-in brings."""
        for mistake in mistakes:
            if self.document is None:
                where = " > ".join(str(part) for part in mistake.path)
                problem = Problem(mistake.message, cell=where, hint=mistake.hint)
            elif not any(mistake.path[: len(path)] == path for path in self.broken):
                path = written_path(self.document.data, mistake.path)
                place = self.document.at(path, key=mistake.key)
                problem = self.document.problem(place, mistake.message, mistake.hint)
            else:
                continue
            if problem not in self.problems:
                self.problems.append(problem)


_SUBGROUPS = ("analysis", "subgroups")


def read(study: Path | str | Study, site: Path | str | AnySite) -> tuple[Study, AnySite]:
    """Read a protocol and a site file (or take the values) and hold them against each other.

    The keys of ``records`` say whether the site has a chart table or event records.

    Raises ``ProtocolError`` with every mistake in either.
    """
    protocol, records = _opened(study, Study), _opened_site(site)
    _fill(protocol)
    _fill(records)
    _check_study(protocol)
    if protocol.model is not None:
        _check_site(protocol.model, records, protocol.broken)
    problems = [*_in_order(protocol.problems), *_in_order(records.problems)]
    if problems or protocol.model is None or records.model is None:
        raise ProtocolError(problems)
    return protocol.model, records.model


def read_study(study: Path | str | Study) -> Study:
    """Read a protocol alone. Raises ``ProtocolError`` with every mistake in it."""
    protocol = _opened(study, Study)
    _fill(protocol)
    _check_study(protocol)
    if protocol.problems or protocol.model is None:
        raise ProtocolError(_in_order(protocol.problems))
    return protocol.model


def read_site(site: Path | str | AnySite, study: Study | None = None) -> AnySite:
    """Read a site file, and hold it against the protocol where that is given.

    Raises ``ProtocolError`` with every mistake in it.
    """
    records = _opened_site(site)
    _fill(records)
    if study is not None:
        _check_site(study, records)
    if records.problems or records.model is None:
        raise ProtocolError(_in_order(records.problems))
    return records.model


def placed(problems: Iterable[Problem], files: Iterable[Path | str]) -> tuple[Problem, ...]:
    """Those that say only what of the files they are of ("codes > stroke"), with the line that it
    stands in; of several files the first that has it."""
    waiting = [one for one in problems if not one.file and one.cell]
    documents = [read_document(file) for file in files] if waiting else []
    found = {one: _placed(one, documents) for one in waiting}
    return tuple(found.get(one, one) for one in problems)


def _placed(problem: Problem, documents: list[Document]) -> Problem:
    own = tuple(problem.cell.split(" > "))
    asks = own[-1].partition(" of ")[2]  # a list written in its place: "drug of the event's name"
    for path in (own, own[:2], ("events", asks), ("baseline", asks)):
        for document in documents:
            if path in document.keys:
                place = document.at(path, key=True)
                return document.problem(place, problem.message, problem.hint)
    return problem


def _opened_site(given: Path | str | AnySite) -> _Read[Site] | _Read[WarehouseSite]:
    if isinstance(given, WarehouseSite):
        return _Read(given)
    if isinstance(given, Site):
        return _Read(given)
    try:
        document = read_document(given)
    except ProtocolError as error:
        return _Read[Site](problems=list(error.problems))
    if _has_events(document.data):
        return _validated(document, WarehouseSite)
    return _validated(document, Site)


def _fill(read: _Read[Study] | _Read[Site] | _Read[WarehouseSite]) -> None:
    """Put the codes of files into the code lists that name them."""
    if read.model is None or isinstance(read.model, Site):
        return
    folder = Path(read.document.file).parent if read.document is not None else Path()
    try:
        codes = with_files(read.model.codes, folder)
    except ProtocolError as error:
        read.problems += error.problems
        return
    read.model = read.model.model_copy(update={"codes": codes})


def _has_events(data: Any) -> bool:
    """Whether a site file's ``records`` are event records, one row for each thing that happened.

    A key written wrong counts as the one it is nearest to.
    """
    records = data.get("records") if isinstance(data, dict) else None
    if not isinstance(records, dict):
        return False
    of_events = {str(field.alias) for field in EventSource.model_fields.values()} - {"table"}
    of_tables = {str(field.alias) for field in Source.model_fields.values()}
    keys = {str(key) for key in records}
    if keys & (of_events | of_tables):
        return bool(keys & of_events)
    return any(nearest(key, of_events) and not nearest(key, of_tables) for key in keys)


def _check_site(
    study: Study,
    records: _Read[Site] | _Read[WarehouseSite],
    broken: Collection[Path_] = (),
) -> None:
    if isinstance(records.model, WarehouseSite):
        records.add(check_warehouse(study, records.model, broken))
    elif records.model is not None:
        records.add(check_site(study, records.model, broken))


def _check_study(protocol: _Read[Study]) -> None:
    if protocol.model is not None:
        protocol.add(check_study(protocol.model, protocol.broken))


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _opened(given: Path | str | M, kind: type[M]) -> _Read[M]:
    if isinstance(given, kind):
        return _Read(given)
    try:
        document = read_document(given)  # type: ignore[arg-type]  # a path, being no model
    except ProtocolError as error:
        return _Read(problems=list(error.problems))
    return _validated(document, kind)


def _validated(document: Document, kind: type[M]) -> _Read[M]:
    read: _Read[M] = _Read(document=document, problems=list(document.problems))
    data = deepcopy(document.data)
    unknown: set[Path_] = set()
    for attempt in range(_ROUNDS):
        try:
            read.model = kind.model_validate(data, by_alias=True, by_name=False)
            break
        except ValidationError as error:
            found: list[Finding] = findings(error, kind, data)
        except RecursionError:
            read.problems.append(document.problem(document.at(()), "nests too deeply to be read"))
            break
        if attempt == 0:
            _report(read, found)
            unknown = {finding.path for finding in found if finding.kind == "unknown key"}
        if not _mend(data, found, kind, read.broken, attempt):
            break
    _report_empty(read, kind, unknown)
    return read


def _report_empty(read: _Read[M], kind: type[M], said: set[Path_]) -> None:
    """A key with nothing after it says nothing, so it is never passed over in silence."""
    document = read.document
    assert document is not None
    for path in document.empty:
        if path in said:
            continue
        if kind is Study and path[:-1] in (("baseline",), ("treatments",), _SUBGROUPS):
            continue  # "age:" alone is an entry of which nothing more is said
        in_list = not isinstance(path[-1], str)
        message = "an item with nothing in it" if in_list else f'"{path[-1]}" has nothing after it'
        hint = 'write what is meant, or take it out; "null" as a word of its own needs quotes'
        read.problems.append(document.problem(document.at(path, key=not in_list), message, hint))


def _report(read: _Read[M], found: list[Finding]) -> None:
    document = read.document
    assert document is not None
    said = {part for path in document.empty for part in (path, path[:-1])}
    said |= set(document.damaged)
    for one in found:
        if one.path in said and one.kind != "unknown key":
            continue  # a consequence of what is reported already
        place = document.at(one.path, key=one.key)
        problem = document.problem(place, one.message, one.hint)
        if problem not in read.problems:
            read.problems.append(problem)


def _mend_leaf(data: Any, finding: Finding) -> bool:
    """A stand-in for a value alone, so that the rest of its entry is still looked at."""
    key = finding.path[-1] if finding.path else ""
    holder = _inside(data, finding.path[:-1])
    if len(finding.path) < 3 or key not in _LEAVES or not isinstance(holder, dict):
        return False
    stand_in = _LEAVES[str(key)]
    if stand_in is None:
        del holder[key]
    else:
        holder[key] = stand_in
    return True


def _mend(data: Any, found: list[Finding], kind: type[M], broken: set[Path_], attempt: int) -> bool:
    """Put stand-ins in the place of what is wrong; False where that cannot be done."""
    for finding in found:
        if finding.kind == "unknown key":
            around = _inside(data, finding.path[:-1])
            if isinstance(around, dict):  # else what is around it has been replaced as a whole
                around.pop(finding.path[-1], None)
            broken.add(finding.path)
            continue
        if attempt == 0 and _mend_leaf(data, finding):
            broken.add(finding.path)
            continue
        entry = _entry(finding.whole_path(), kind)
        holder = _inside(data, entry[:-1])
        if not entry or not isinstance(holder, dict):
            return False
        stand_in = _stand_in(entry, kind, data)
        if stand_in is None:
            holder.pop(entry[-1], None)
        else:
            holder[str(entry[-1])] = deepcopy(stand_in)
        broken.add(entry)
    return True


def _entry(path: Path_, kind: type[M]) -> Path_:
    """The named entry that ``path`` lies in: what is replaced as a whole."""
    named = ("events", "baseline", "arms", "outcomes", "harms", "treatments", "codes")
    if path[:1] == ("cohort",) and path[1:2] in (("include",), ("exclude",)):
        return path[:3]
    if path[:1] and path[0] in named:
        return path[:2]
    return path[:2] if path[:1] in (("cohort",), ("analysis",)) and kind is Study else path[:1]


def _stand_in(entry: Path_, kind: type[M], data: Any) -> Any:
    """Something valid under the same name; None where the key is better left out."""
    section = entry[0] if len(entry) > 1 else ""
    if kind is Site:
        whole = {"records": "?.csv", "patient": "?", "events": None}
        parts = {"events": {"date": "?"}, "baseline": {"column": "?"}}
        return parts.get(str(section)) if section else whole.get(str(entry[0]))
    if kind is WarehouseSite:
        codes = {"local": "?"}
        visit = {"visit": "any"}
        stands = {"events": visit, "baseline": {"yes": visit}, "codes": codes}
        if section:
            return stands.get(str(section))
        return {"omop": "?"} if entry[0] == "records" else None
    if section == "cohort":
        events = data.get("events")
        first = next(iter(events), "?") if isinstance(events, dict) else "?"
        return f"first {first}" if entry[1] == "index" else {"age": ">= 0"}
    if not section:
        return {"title": "?"}.get(str(entry[0]))
    return {
        "events": {"condition": "?"},
        "baseline": {"type": "category"},
        "arms": {"age": ">= 0"},
        "outcomes": {"event": "?", "within": "1 day"},
        "harms": {"event": "?"},
        "treatments": {"event": "?"},
        "codes": {"local": "?"},
    }.get(str(section))


def _inside(data: Any, path: Path_) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
