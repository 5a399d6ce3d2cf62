"""What each code of a study's code lists carries in a site's records."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from casewise.engine import Engine
from casewise.errors import Problem
from casewise.protocol.code_lists import ANY_CAUSE, Lists, used_lists
from casewise.protocol.codes import VOCABULARIES, CodeList
from casewise.protocol.model import Study
from casewise.protocol.warehouse import WarehouseSite
from casewise.records.codes import resolve
from casewise.records.matching import Usage, match, prepare, usage
from casewise.records.nearest_codes import left_out, nearest_codes, nothing_found
from casewise.records.raw import RawRecords
from casewise.records.shared import Warehouse
from casewise.records.sql_text import rows_of
from casewise.records.warehouse import domains, pairs

_APART = "\x1f"  # in no name: it cannot be typed in a YAML file


@dataclass(frozen=True)
class CodeUse:
    """One code as it is written. ``known`` is ``None`` where the records have no vocabulary."""

    code: str
    name: str
    known: bool | None
    records: int
    patients: int


@dataclass(frozen=True)
class ListUse:
    """A code list in the domain it is looked for in. ``left_out`` are codes under those listed
    that occur and are not in the list, with their records; ``nearest`` where nothing matches."""

    name: str
    domain: str
    records: int
    patients: int
    codes: tuple[CodeUse, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeReport:
    """What was found, and a problem for each list that matches nothing."""

    lists: tuple[ListUse, ...]
    problems: tuple[Problem, ...]


def check_codes(study: Study, site: WarehouseSite, warehouse: Warehouse) -> CodeReport:
    """Count what each list, and each of its codes alone, carries in the records.

    Raises ``RecordsError`` where the records cannot be read.
    """
    with warehouse.study() as engine, closing(engine):
        return _counted(engine, study, site, warehouse)


def _counted(engine: Engine, study: Study, site: WarehouseSite, warehouse: Warehouse) -> CodeReport:
    lists = used_lists(study, site)
    asked = [pair for pair in pairs(study, site) if pair != (ANY_CAUSE, "death")]
    alone = {name: _alone(name, lists[name]) for name, _ in asked}
    raw = warehouse.raw(engine, domains(study, site))
    single = {name: one for codes in alone.values() for name, one in codes.items()}
    resolve(engine, lists, raw, single)
    apart = [(one, domain) for name, domain in asked for one in alone[name]]
    numbers = prepare(engine, [*asked, *apart])
    match(engine, [*asked, *apart])
    used = usage(engine, numbers, warehouse.latest, patients=True)
    names = _names(engine, raw)
    found = [
        _list(engine, raw, used[name, domain], used, names, list(alone[name]))
        for name, domain in asked
    ]
    empty = [used[pair] for pair in asked if used[pair].records == used[pair].strangers]
    problems = [nothing_found(engine, one, raw) for one in empty]
    return CodeReport(tuple(found), tuple(problems))


def _alone(name: str, codes: CodeList) -> Lists:
    """Each code of a list as a list of its own, without what the whole leaves out."""
    return {
        _APART.join((name, key, code)): CodeList.model_validate(
            {key: code, "descendants": codes.descendants}
        )
        for key, listed in codes.written().items()
        for code in listed
    }


def _names(engine: Engine, raw: RawRecords) -> dict[str, str]:
    """The name of each code alone, of the vocabulary or else of the records; a wildcard's are
    counted."""
    if raw.has_concepts:
        named = "COUNT(c.concept_id) AS n, MIN(c.concept_name) AS name FROM code_seed AS s "
        named += "JOIN concept AS c ON c.concept_id = s.concept"
    elif raw.names:
        named = "COUNT(DISTINCT s.code) AS n, MIN(n.name) AS name FROM code_set AS s "
        named += raw.join_names("s")
    else:
        return {}
    rows = rows_of(engine, f"SELECT s.list, {named} WHERE s.list LIKE '%{_APART}%' GROUP BY s.list")
    return {
        row["list"]: row["name"] or "" if row["n"] == 1 else f"{row['n']:,} codes"
        for row in rows
        if row["n"]
    }


def _list(
    engine: Engine,
    raw: RawRecords,
    whole: Usage,
    used: dict[tuple[str, str], Usage],
    names: dict[str, str],
    alone: list[str],
) -> ListUse:
    found = []
    for one in alone:
        _, key, code = one.split(_APART)
        mine = used[one, whole.domain]
        known: bool | None = one in names
        if key == "local" or not raw.has_concepts:
            known = True if mine.records else None
        vocabulary = {"omop": "OMOP", "local": "local"}.get(key) or VOCABULARIES[key][0]
        shown = f"{vocabulary} {code}"
        found.append(CodeUse(shown, names.get(one, ""), known, mine.records, mine.patients))
    return ListUse(
        whole.list,
        whole.domain,
        whole.records,
        whole.patients,
        tuple(found),
        tuple(left_out(engine, whole.list, whole.domain, raw)),
        () if whole.records else tuple(nearest_codes(engine, whole.list, whole.domain, raw)),
    )
