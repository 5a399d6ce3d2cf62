"""Code lists resolved against the vocabulary and the codes that the records hold.

The table ``code_set`` says which records a list means, by ``role``:

``standard``  the record's standard concept is ``concept``
``source``    its source concept is ``concept``
``text``      its code is ``code`` of ``vocabulary`` (null: the records do not say which)
``not``       a ``standard`` match does not count where its source concept is ``concept``

The last keeps a list of ICD codes to those codes: a record that was coded in ICD, and mapped to the
same standard concept from a code that is not listed, is not meant.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from casewise.engine import Engine
from casewise.errors import Problem, RecordsError
from casewise.protocol.code_lists import Lists
from casewise.protocol.codes import VOCABULARIES, CodeList, Codes
from casewise.records.raw import RawRecords
from casewise.results import Note

ICD = ("icd10cm", "icd10", "icd9cm", "icd10pcs", "icd9proc")
_SET = dict.fromkeys(("list", "role", "vocabulary", "code"), "VARCHAR") | {"concept": "BIGINT"}
# ICD codes are written with and without the point.
PLAIN = "UPPER(CASE WHEN {0}.icd THEN REPLACE({1}, '.', '') ELSE {1} END)"


def resolve(
    engine: Engine, lists: Lists, raw: RawRecords, parts: Lists | None = None
) -> tuple[Note, ...]:
    """Make ``wanted_code`` (what the lists say) and ``code_set`` (what it means here), of ``parts``
    of the lists too, which are counted by themselves.

    Raises ``RecordsError`` where a list asks for descendants and nothing says what they are.
    """
    concepts = raw.concepts
    every = {**lists, **(parts or {})}
    _wanted(engine, every)
    nulls = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _SET.items())
    engine.table("code_set", f"SELECT {nulls} WHERE FALSE")
    lacking = [name for name, codes in lists.items() if codes.descendants]
    if lacking and "concept_ancestor" not in concepts:
        raise RecordsError([_no_descendants(name) for name in lacking])
    notes: list[Note] = []
    keys = {key for codes in every.values() for key in _keys(codes)}
    if "concept" in concepts:
        excepting = any(codes.except_ is not None for codes in every.values())
        _by_concept(engine, concepts, keys, excepting=excepting)
        notes += _unknown_children(lists, concepts)
    elif "omop" in keys:
        _by_number(engine)
    if keys & {"local"} or ("concept" not in concepts and keys - {"omop"}):
        _by_text(engine, raw.occurring, every="concept" not in concepts)
    return tuple(notes)


def _no_descendants(name: str) -> Problem:
    message = f'the code list "{name}" asks for descendants, and the records have no table '
    message += "concept_ancestor that says what they are"
    hint = "list the codes themselves, or take descendants out"
    return Problem(message, cell=f"codes > {name}", hint=hint)


def _unknown_children(lists: Lists, concepts: Collection[str]) -> list[Note]:
    if "concept_ancestor" in concepts:
        return []
    text = "Without concept_ancestor, what lies under the codes it leaves out is not known here."
    return [
        Note(kind="limit", about=name, text=text)
        for name, codes in lists.items()
        if codes.except_ is not None
    ]


def _wanted(engine: Engine, lists: Lists) -> None:
    """One row a code as it is written. ``pattern`` is plain, without the point of ICD codes."""
    rows = [
        (name, key, code, included, codes.descendants)
        for name, codes in lists.items()
        for included, part in ((True, codes), (False, codes.except_))
        if part is not None
        for key, code in _each(part)
    ]
    names, keys, codes_, included, descendants = (
        map(list, zip(*rows, strict=True)) if rows else ([] for _ in range(5))
    )
    plain = [
        (code.replace(".", "") if key in ICD else code).removesuffix("*")
        for key, code in zip(keys, codes_, strict=True)
    ]
    columns: dict[str, tuple[list[object], str]] = {
        "list": (names, "VARCHAR"),
        "key": (keys, "VARCHAR"),
        "vocabulary": ([VOCABULARIES.get(str(key), ("",))[0] for key in keys], "VARCHAR"),
        "code": (codes_, "VARCHAR"),
        "pattern": (plain, "VARCHAR"),
        "open": ([str(code).endswith("*") for code in codes_], "BOOLEAN"),
        "icd": ([key in ICD for key in keys], "BOOLEAN"),
        "included": (included, "BOOLEAN"),
        "descendants": (descendants, "BOOLEAN"),
    }  # fmt: skip
    engine.load(
        "written_code",
        {
            name: np.array(values, dtype=object if kind == "VARCHAR" else bool)
            for name, (values, kind) in columns.items()
        },
        {name: kind for name, (_, kind) in columns.items()},
    )
    # In capitals as the engine makes them of the records' codes: not all make the same of "ß".
    capitals = ", ".join("UPPER(pattern) AS pattern" if n == "pattern" else n for n in columns)
    engine.table("wanted_code", f"SELECT {capitals} FROM written_code")


def _keys(codes: CodeList) -> set[str]:
    """The vocabularies of a list, with those of what it leaves out."""
    return {key for part in (codes, codes.except_) if part is not None for key, _ in _each(part)}


def _each(codes: Codes) -> list[tuple[str, str]]:
    return [(key, code) for key, listed in codes.written().items() for code in listed]


def meets(code: str) -> str:
    """Whether ``code`` is the one that ``w`` of ``wanted_code`` says."""
    plain = PLAIN.format("w", code)
    return f"(({plain} = w.pattern AND NOT w.open) OR (w.open AND STARTS_WITH({plain}, w.pattern)))"


def _add(engine: Engine, concepts: str) -> None:
    """``concepts`` has list, role and concept."""
    engine.append(
        "code_set",
        "SELECT list, role, CAST(NULL AS VARCHAR) AS vocabulary, CAST(NULL AS VARCHAR) AS code, "
        f"concept FROM ({concepts}) AS found ORDER BY list, role, concept",
    )


def _by_concept(
    engine: Engine, concepts: Collection[str], keys: Collection[str], *, excepting: bool
) -> None:
    """OMOP concepts: the codes' own, what they map to, and what lies under that. ``keys`` are the
    vocabularies of all lists, ``excepting`` whether one leaves something out: nothing is looked for
    that none of them has."""
    seeds = """SELECT w.list, w.key, w.code, w.included, w.descendants,
            CAST(w.code AS BIGINT) AS concept,
            COALESCE(c.standard_concept, CASE WHEN c.concept_id IS NULL THEN '?' ELSE '' END)
                AS standard
        FROM wanted_code AS w LEFT JOIN concept AS c ON c.concept_id = CAST(w.code AS BIGINT)
        WHERE w.key = 'omop'"""
    if set(keys) - {"omop", "local"}:
        seeds = f"""SELECT DISTINCT w.list, w.key, w.code, w.included, w.descendants,
            c.concept_id AS concept, COALESCE(c.standard_concept, '') AS standard
        FROM wanted_code AS w JOIN concept AS c
        ON c.vocabulary_id = w.vocabulary AND {meets("c.concept_code")}
        WHERE w.key NOT IN ('omop', 'local')
        UNION ALL {seeds}"""
    engine.table("code_seed", seeds)
    direct = """SELECT list, included, descendants, concept, FALSE AS mapped FROM code_seed
        WHERE standard IN ('S', 'C', '?')"""
    if "concept_relationship" in concepts:
        direct += """ UNION
        SELECT s.list, s.included, s.descendants, r.concept_id_2, TRUE FROM code_seed AS s
        JOIN concept_relationship AS r ON r.concept_id_1 = s.concept
        AND r.relationship_id = 'Maps to' AND COALESCE(r.invalid_reason, '') = ''
        WHERE s.standard IN ('', '?')"""
    reached = "SELECT list, included, concept, mapped FROM direct"
    if "concept_ancestor" in concepts:
        reached += """ UNION
        SELECT d.list, d.included, a.descendant_concept_id, d.mapped FROM direct AS d
        JOIN concept_ancestor AS a ON a.ancestor_concept_id = d.concept
        WHERE d.descendants OR NOT d.included"""
    standard = f"""WITH direct AS ({direct}), reached AS ({reached})
        SELECT DISTINCT list, 'standard' AS role, concept FROM reached AS r WHERE included"""
    source = """SELECT DISTINCT list, 'source' AS role, concept FROM code_seed AS s
        WHERE included AND standard <> 'S'"""
    if excepting:
        # An exception in another vocabulary does not undo what the list names itself.
        standard += """ AND NOT EXISTS (SELECT 1 FROM reached AS x WHERE x.list = r.list
            AND x.concept = r.concept AND NOT x.included
            AND NOT (x.mapped AND EXISTS (SELECT 1 FROM direct AS d
                WHERE d.list = x.list AND d.concept = x.concept AND d.included)))"""
        source += """ AND NOT EXISTS (SELECT 1 FROM code_seed AS x
            WHERE x.list = s.list AND x.concept = s.concept AND NOT x.included)
        UNION
        SELECT DISTINCT list, 'not', concept FROM code_seed
        WHERE NOT included AND standard <> 'S'"""
    _add(engine, standard)
    _add(engine, source)
    if "concept_relationship" in concepts:
        _other_codes(engine)


def _other_codes(engine: Engine) -> None:
    """Codes of a list's own vocabularies that it does not name, but that map where it reaches."""
    _add(
        engine,
        """SELECT DISTINCT s.list, 'not' AS role, c.concept_id AS concept
        FROM code_set AS s
        JOIN concept_relationship AS r ON r.concept_id_2 = s.concept
            AND r.relationship_id = 'Maps to' AND COALESCE(r.invalid_reason, '') = ''
        JOIN concept AS c ON c.concept_id = r.concept_id_1
            AND c.standard_concept IS DISTINCT FROM 'S'
        JOIN (SELECT DISTINCT list, vocabulary FROM wanted_code
            WHERE included AND NOT descendants AND vocabulary <> '') AS w
            ON w.list = s.list AND w.vocabulary = c.vocabulary_id
        WHERE s.role = 'standard' AND NOT EXISTS (SELECT 1 FROM code_set AS x
            WHERE x.list = s.list AND x.concept = c.concept_id AND x.role IN ('source', 'not'))""",
    )


def _by_number(engine: Engine) -> None:
    """Concept ids as they stand, where the records have no vocabulary."""
    _add(
        engine,
        """SELECT DISTINCT w.list, r.role, CAST(w.code AS BIGINT) AS concept FROM wanted_code AS w,
            (VALUES ('standard'), ('source')) AS r(role)
        WHERE w.key = 'omop' AND w.included AND NOT EXISTS (SELECT 1 FROM wanted_code AS x
            WHERE x.list = w.list AND x.key = 'omop' AND x.code = w.code AND NOT x.included)""",
    )


def _by_text(engine: Engine, occurring: str, *, every: bool) -> None:
    """The records' own codes; those of ``every`` vocabulary where there are no concepts."""
    these = "w.key <> 'omop'" if every else "w.key = 'local'"
    found = f"SELECT DISTINCT vocabulary, code FROM {occurring} AS o WHERE code IS NOT NULL"
    engine.table("found_code", found)
    engine.append(
        "code_set",
        f"""WITH met AS (SELECT DISTINCT w.list, w.included, f.vocabulary, f.code
            FROM wanted_code AS w JOIN found_code AS f ON {meets("f.code")}
            AND (w.vocabulary = '' OR f.vocabulary IS NULL OR f.vocabulary = w.vocabulary)
            WHERE {these})
        SELECT list, 'text' AS role, vocabulary, code, CAST(NULL AS BIGINT) AS concept
        FROM met AS m WHERE included
        AND NOT EXISTS (SELECT 1 FROM met AS x WHERE x.list = m.list AND x.code = m.code
            AND x.vocabulary IS NOT DISTINCT FROM m.vocabulary AND NOT x.included)
        ORDER BY list, vocabulary, code""",
    )
