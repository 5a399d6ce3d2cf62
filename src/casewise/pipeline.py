"""From two files and records to results and, when asked, a folder of what people read.

Each step is imported when its turn comes, so that checking a protocol loads no statistics.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from casewise.errors import (
    EXIT_DONE,
    EXIT_PROTOCOL,
    EXIT_RECORDS,
    CasewiseError,
    Problem,
    ProtocolError,
    RecordsError,
)
from casewise.inputs import FilePath, Inputs, Progress, folder_of, given, opening, sound

if TYPE_CHECKING:
    from casewise.cohort import Counts
    from casewise.cohort.dataset import Dataset
    from casewise.cohort.explaining import Explanation
    from casewise.cohort.features import Features
    from casewise.export import Exported
    from casewise.protocol.freezing import Frozen
    from casewise.protocol.model import Study
    from casewise.protocol.reading import AnySite
    from casewise.records.canonical import Records
    from casewise.records.code_check import CodeReport
    from casewise.records.opening import Given
    from casewise.records.shared import Warehouse
    from casewise.results import Provenance, Results, Source

Journal = Literal["nejm", "jama", "annals"]


@dataclass(frozen=True)
class Findings:
    """What a check found. ``errors`` stop a run, ``warnings`` do not; ``exit_code`` is the
    command's: 0, 10 for the protocol or site file, 11 for the records."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    exit_code: int = EXIT_DONE


def read(study: FilePath, site: FilePath) -> tuple[Study, AnySite]:
    """Read ``study.yaml`` and ``site.yaml``.

    Raises ``ProtocolError`` with every mistake in both files, each with its line and column.
    """
    inputs = given(study, site)
    return inputs.study, inputs.site


def opened(site: FilePath | AnySite, *, records: FilePath | None = None) -> Warehouse:
    """Event records kept open for many studies: what ``run``, ``check`` and the others take as
    ``records``. Each study is then spared what depends on the records alone. Close it at the end,
    or use it in a ``with``; the files must stay as they are until then.

    Raises ``ProtocolError`` for mistakes in the site file, ``RecordsError`` where it has a chart
    table, which is read anew for each study, or where there are no such records.
    """
    from casewise.protocol.reading import read_site
    from casewise.protocol.warehouse import WarehouseSite
    from casewise.records.opening import open_warehouse

    found = read_site(site)
    if not isinstance(found, WarehouseSite):
        raise RecordsError(Problem("a chart table is read anew for each study; leave it closed"))
    return open_warehouse(found, folder_of(site), records, shared=True)


def check(study: FilePath | Study, site: FilePath | AnySite, *, records: Given = None) -> Findings:
    """Find what is wrong with the protocol, the site file and the records, without analysing.

    Users' mistakes are returned, not raised.
    """
    try:
        inputs = given(study, site)
        with opening(inputs, records) as opened:
            asked, told = _demanded(inputs.study, study)
            code = EXIT_RECORDS if opened.errors else EXIT_PROTOCOL if asked else EXIT_DONE
            return Findings((*asked, *opened.errors), (*told, *opened.warnings), code)
    except CasewiseError as error:
        return Findings(errors=error.problems, exit_code=error.exit_code)


def _demanded(
    study: Study, file: FilePath | Study
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Where eligibility, assignment and the start of follow-up do not coincide: what must be
    chosen, which a run goes on without, and criteria that look past day 0."""
    from casewise.protocol.late_treatment import demand, demand_hint, late_criteria_told

    name = str(file) if isinstance(file, str | Path) else ""
    asked, told = demand(study), late_criteria_told(study)
    return (
        (Problem(asked, name, hint=demand_hint()),) if asked else (),
        (Problem(told, name),) if told else (),
    )


def check_codes(
    study: FilePath | Study, site: FilePath | AnySite, *, records: Given = None
) -> CodeReport:
    """What each code of the study's code lists carries in event records.

    Raises ``ProtocolError`` for mistakes in the files, ``RecordsError`` where the site has a chart
    table, which has no codes, or the records cannot be read.
    """
    from casewise.protocol.reading import placed
    from casewise.protocol.warehouse import WarehouseSite
    from casewise.records.code_check import check_codes
    from casewise.records.opening import open_warehouse

    inputs = given(study, site)
    if not isinstance(inputs.site, WarehouseSite):
        raise RecordsError(Problem("a chart table has no codes to check; event records have"))
    there = open_warehouse(inputs.site, inputs.folder, records)
    found = check_codes(inputs.study, inputs.site, there)
    return replace(found, problems=placed(found.problems, inputs.files))


def run(
    study: FilePath | Study,
    site: FilePath | AnySite,
    *,
    out: FilePath | None = None,
    records: Given = None,
    sql: FilePath | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> Results:
    """Run a study: files (or a ``Study`` and a ``Site``) and records in, ``Results`` out.

    ``records`` replaces the site's own path; it may be records ``opened`` for many studies. With
    ``out``, a folder with the report, tables, figures, ``results.json`` and ``provenance.json`` is
    written; it appears whole or not at all. With ``sql``, the SQL that made the dataset is written
    there. ``progress`` is called with each step's name. Raises ``ProtocolError``, ``RecordsError``
    or ``UndefinedError``, each with every problem found, and ``CasewiseError`` when ``out`` holds
    what is not an earlier output.
    """
    started = dt.datetime.now(dt.UTC)
    tell = progress or (lambda step: None)
    with _staged(out) as stage:
        tell("Reading the protocol")
        inputs = given(study, site)
        with sound(inputs, records, tell) as opened:
            results, statements = _analysed(inputs, opened, journal, tell, records)
            results = _reviewed(results, inputs, records)
        if stage is not None:
            _write(results, stage, started, tell)
        if sql is not None:
            _write_sql(statements, Path(sql), stage, out)
    return results


def count(
    study: FilePath | Study,
    site: FilePath | AnySite,
    *,
    records: Given = None,
    sql: FilePath | None = None,
    progress: Progress | None = None,
) -> Counts:
    """Who would be in the study, and in which arm: no outcome is computed. Raises as ``run``."""
    from casewise import cohort
    from casewise.protocol.late_treatment import at_landmark

    tell = progress or (lambda step: None)
    tell("Reading the protocol")
    inputs = given(study, site)
    with sound(inputs, records, tell) as opened:
        tell("Counting the cohort")
        counts = cohort.count(at_landmark(inputs.study), opened)
    if sql is not None:
        _write_sql(counts.sql, Path(sql), None, None)
    return counts


def explain(
    study: FilePath | Study,
    site: FilePath | AnySite,
    patient: str,
    *,
    records: Given = None,
) -> Explanation:
    """What the study made of one patient, with the rows of the records that it rests on.

    Raises as ``run`` does, but for contradictions in the records, and ``RecordsError`` where they
    have no such patient.
    """
    from casewise.cohort.explaining import explain
    from casewise.protocol.site import Site

    inputs = given(study, site)
    with opening(inputs, records, sources=True) as opened:
        file = opened.sources[0].name if isinstance(inputs.site, Site) else ""
        return explain(inputs.study, opened, patient, file)


def freeze(study: FilePath) -> tuple[Frozen, Path]:
    """Freeze the protocol at ``study``: what it says now, when, and a hash of both, in a file
    beside it. Raises ``ProtocolError`` for its mistakes, ``CasewiseError`` where it was frozen
    before and says something else now."""
    from casewise.protocol import read_study
    from casewise.protocol.freezing import freeze, frozen_path

    path = Path(study)
    frozen = freeze(path, read_study(path), dt.datetime.now(dt.UTC))
    return frozen, frozen_path(path)


def render(
    results: Results,
    out: FilePath,
    *,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the report again from results alone, as another journal prints it when asked."""
    started = dt.datetime.now(dt.UTC)
    if journal is not None:
        results = _in_style_of(results, journal)
    with _staged(out) as stage:
        assert stage is not None
        _write(results, stage, started, progress or (lambda step: None))


def export_meds(
    study: FilePath | Study,
    site: FilePath | AnySite,
    out: FilePath,
    *,
    records: Given = None,
    progress: Progress | None = None,
) -> tuple[Exported, ...]:
    """Write each binary outcome of the cohort as a MEDS label file into ``out``, new or empty.

    Raises as ``run`` does, and ``RecordsError`` where the patients' ids are not whole numbers.
    """
    from casewise import cohort
    from casewise.analysis.labels import labels
    from casewise.export import write_labels
    from casewise.protocol.late_treatment import at_landmark

    tell = progress or (lambda step: None)
    with _staged(out) as stage:
        assert stage is not None
        inputs = given(study, site)
        with sound(inputs, records, tell) as opened:
            tell("Building the cohort")
            study_read = at_landmark(inputs.study)
            dataset = cohort.build(study_read, opened)
        return write_labels(dataset, labels(study_read, dataset), stage)


def export_features(
    study: FilePath | Study,
    site: FilePath | AnySite,
    out: FilePath,
    *,
    before: Sequence[str] = ("30 days", "365 days"),
    at_least: int = 1,
    records: Given = None,
    progress: Progress | None = None,
) -> Features:
    """Write every code that the cohort's patients had ``before`` the index date into ``out``, new
    or empty: who the rows are, what the columns are, and the entries of the sparse matrix.

    Raises as ``run`` does; ``RecordsError`` where the records are a chart table, which has no
    codes; ``ProtocolError`` where ``before`` holds what is not a duration.
    """
    from casewise import cohort
    from casewise.cohort.features import features
    from casewise.export import write_features
    from casewise.protocol.late_treatment import without_landmark
    from casewise.protocol.time import parse_duration

    tell = progress or (lambda step: None)
    try:
        windows = list(dict.fromkeys(parse_duration(text) for text in before))
    except ValueError as error:
        raise ProtocolError(str(error)) from None
    with _staged(out) as stage:
        assert stage is not None
        inputs = given(study, site)
        with sound(inputs, records, tell, whole=True) as opened:
            tell("Building the cohort")
            # Codes before day 0 are those of every patient, whatever a landmark leaves out.
            dataset = cohort.build(without_landmark(inputs.study), opened)
            tell("Collecting the codes")
            found = features(opened, windows, at_least=at_least)
        write_features(dataset, found, stage)
    return found


def schema(file: Literal["study", "site", "results"]) -> dict[str, Any]:
    """The JSON Schema of ``study.yaml``, ``site.yaml`` or ``results.json``."""
    from casewise import protocol

    return protocol.schema(file)


def _staged(out: FilePath | None) -> AbstractContextManager[Path | None]:
    if out is None:
        return nullcontext()
    from casewise.output import staged

    return staged(Path(out))


def _analysed(
    inputs: Inputs,
    opened: Records,
    journal: Journal | None,
    tell: Progress,
    records: Given = None,
) -> tuple[Results, dict[str, str]]:
    from casewise import cohort
    from casewise.analysis.run import run as analysed
    from casewise.protocol.late_treatment import at_landmark

    read = opened.sources  # hashed before the cohort is built: a file may be changed meanwhile
    tell("Building the cohort")
    study = at_landmark(inputs.study)
    dataset = cohort.build(study, opened)
    opened.close()  # what follows may take long, and needs the engine no more
    tell("Comparing the arms")
    results = analysed(
        study,
        dataset,
        protocol=inputs.study_text,
        notice=inputs.site.notice,
        provenance=_provenance(inputs, read, dataset.sql),
        journal=journal,
    )
    if study.analysis.alternatives:
        from casewise.analysis.alternatives import alternatives

        tell("Running the alternatives")

        def rebuilt(other: Study) -> Dataset:
            with opening(replace(inputs, study=other), records) as again:
                return cohort.build(at_landmark(other), again)

        ran = alternatives(study, dataset, rebuilt)
        found = results.sensitivity.model_copy(update={"alternatives": ran})
        results = results.model_copy(update={"sensitivity": found})
    if inputs.frozen is not None:
        from casewise.analysis.post_hoc import labelled

        results = labelled(results, inputs.study, inputs.frozen)
    return results, dataset.sql


def _reviewed(results: Results, inputs: Inputs, records: Given) -> Results:
    """With how the charts were read, where the records are a chart review."""
    from casewise.protocol.site import Site

    if not isinstance(inputs.site, Site) or inputs.site.records.review is None:
        return results
    from casewise.records.charts import review_place
    from casewise.review.store import Store
    from casewise.review.summary import summary

    assert isinstance(records, str | Path | None)  # opening them said so
    place = review_place(inputs.folder, inputs.site, records)
    return results.model_copy(update={"review": summary(Store(place), inputs.study)})


def _provenance(inputs: Inputs, read: tuple[Source, ...], statements: dict[str, str]) -> Provenance:
    from casewise._version import __version__
    from casewise.results import Provenance

    return Provenance(
        casewise=__version__,
        protocol_sha256=sha256(inputs.study_text.encode()).hexdigest(),
        site_sha256=sha256(inputs.site_text.encode()).hexdigest(),
        site=inputs.site_text,
        records=read,
        sql="\n\n".join(f"-- {name}\n{text};" for name, text in statements.items()),
    )


def _in_style_of(results: Results, journal: Journal) -> Results:
    settings = results.settings.model_copy(update={"journal": journal})
    return results.model_copy(update={"settings": settings})


def _write(results: Results, stage: Path, started: dt.datetime, tell: Progress) -> None:
    from casewise import report
    from casewise.provenance import provenance

    tell("Writing the report")
    (stage / "results.json").write_text(results.to_json(), encoding="utf-8", newline="\n")
    report.write(results, stage, progress=tell)
    facts = provenance(results, started)
    (stage / "provenance.json").write_text(facts, encoding="utf-8", newline="\n")


def _write_sql(
    statements: dict[str, str], folder: Path, stage: Path | None, out: FilePath | None
) -> None:
    """Each statement as a file; ``DIR/sql`` of the output itself goes through its stage."""
    if stage is not None and out is not None and folder.resolve() == (Path(out) / "sql").resolve():
        folder = stage / "sql"
    from casewise.output import write_texts

    write_texts(folder, {f"{name}.sql": f"{text};\n" for name, text in statements.items()})
