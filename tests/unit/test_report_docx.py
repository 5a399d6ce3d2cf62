"""``report.docx``, opened again."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import docx as word
import pytest
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from casewise.report import docx, methods, tables
from casewise.report.docx_table import column_widths
from casewise.report.style import JAMA, NEJM
from casewise.report.table import Cell, Column, Table, note_row, row
from casewise.results import Results
from sample_results import NOTICE, sample


@dataclass(frozen=True)
class Figure:
    png: bytes
    title: str = "Flow of patients"
    caption: str = "Boxes hold counts."
    alt: str = "21 patients, 15 studied"


def opened(results: Results, figures: tuple[Figure, ...] = ()) -> Document:
    return word.Document(io.BytesIO(docx.build(results, NEJM, figures)))


def picture() -> bytes:
    from matplotlib.figure import Figure as Drawing

    out = io.BytesIO()
    Drawing(figsize=(2, 8)).savefig(out, format="png")
    return out.getvalue()


@pytest.fixture(scope="module")
def report() -> Document:
    return opened(sample())


def words(document: Document) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def test_every_table_is_a_word_table_with_the_same_cells(report: Document) -> None:
    results = sample()
    expected = [*tables.build(results, NEJM), tables.provenance(results, NEJM)]
    assert len(report.tables) == len(expected)
    for made, table in zip(report.tables, expected, strict=True):
        assert [cell.text for cell in made.rows[0].cells] == [c.title for c in table.columns]
        for got, wanted in zip(made.rows[1:], table.rows, strict=True):
            assert [c.text for c in got.cells] == [c.text + c.mark for c in wanted.cells]
        for note in table.footnotes:
            assert note.text in words(report)


def test_three_arms_too_are_written_whole() -> None:
    results = sample(3)
    document = word.Document(io.BytesIO(docx.build(results, JAMA)))
    outcomes = next(t for t in tables.build(results, JAMA) if t.name == "outcomes")
    assert len(document.tables[2].rows) == 1 + len(outcomes.rows)


def test_header_rows_repeat_and_no_row_is_cut(report: Document) -> None:
    for table in report.tables:
        header, *rows = [made._tr.trPr for made in table.rows]
        assert header is not None
        assert header.find(qn("w:tblHeader")) is not None
        for properties in rows:
            assert properties is not None
            assert properties.find(qn("w:cantSplit")) is not None


def test_tables_fit_between_the_margins_and_wide_ones_lie_sideways(report: Document) -> None:
    upright, sideways = [], []
    for section in report.sections:
        assert section.page_width is not None
        assert section.left_margin is not None
        room = section.page_width - 2 * section.left_margin
        (sideways if section.orientation == WD_ORIENT.LANDSCAPE else upright).append(room)
    assert sideways
    for table in report.tables:
        width = sum(column.width for column in table.columns)
        assert width <= max(upright + sideways)
        if len(table.columns) <= 3:
            assert width <= max(upright)


def test_column_widths_fill_the_page_and_hold_the_longest_word() -> None:
    columns = (Column("Outcome", "left"), Column("Estimate (95% CI)"), Column("P value"))
    table = Table(
        "t", "T", columns, (row("Death " * 30, "−33.3 (−70.9 to 4.5)", "0.14"), note_row("x" * 300))
    )
    widths = column_widths(table, 6_000_000)
    assert sum(widths) == pytest.approx(6_000_000, abs=3 * 635)
    assert sum(widths) <= 6_000_000
    assert widths[1] > widths[2]
    assert widths[1] / 12700 > len("−33.3 (−70.9 to 4.5)") * 4.5


def test_the_same_results_give_the_same_bytes_without_a_date() -> None:
    first, second = docx.build(sample(), NEJM), docx.build(sample(), NEJM)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = word.Document(io.BytesIO(first)).core_properties
    assert (properties.author, properties.title) == ("", sample().study.title)


def test_the_report_holds_methods_references_protocol_provenance_and_notice(
    report: Document,
) -> None:
    results, text = sample(), words(report)
    assert text.count(NOTICE) >= 1 + len(tables.build(results, NEJM))
    assert NOTICE in report.sections[0].footer.paragraphs[0].text
    for section in methods.write(results, NEJM).sections:
        assert section.title in text
    for reference in methods.write(results, NEJM).references:
        assert reference in text
    assert results.study.protocol.strip() in text
    assert results.provenance.site.strip() in text
    assert "Death by 30 days: plasma exchange, 0 of 9 (0%)" in text


def test_figures_have_a_legend_an_alternative_text_and_fit_the_page() -> None:
    document = opened(sample(), (Figure(picture()), Figure(picture(), title="Survival")))
    assert len(document.inline_shapes) == 2
    described = document.inline_shapes[0]._inline.docPr
    assert described.get("descr") == "21 patients, 15 studied"
    page = document.sections[0].page_height
    assert page is not None
    assert all(shape.height < page * 0.8 for shape in document.inline_shapes)
    assert "Figure 1. Flow of patients. Boxes hold counts." in words(document)
    assert "Figure 2. Survival." in words(document)


def test_characters_that_word_cannot_hold_do_not_stop_the_report() -> None:
    results = sample()
    study = results.study.model_copy(update={"title": "Lung\x07 disease", "protocol": "a\x00b\x1b"})
    text = words(opened(results.model_copy(update={"study": study})))
    assert "Lung\ufffd disease" in text


def test_a_note_spans_its_table() -> None:
    from docx.shared import Emu

    from casewise.report import docx_table

    document = word.Document()
    docx_table.add_style(document)
    table = Table(
        "t", "T", (Column("A"), Column("B")), (row("a", Cell("b", "*")), note_row("Both."))
    )
    docx_table.add(document, table, "", Emu(5_000_000))
    assert [cell.text for cell in document.tables[0].rows[2].cells] == ["Both.", "Both."]
