"""``report.docx``: the report as a manuscript that a journal takes, with real Word tables.

The same results give the same bytes: dates are fixed, and the archive is packed again with fixed
times.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Protocol

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.text.paragraph import Paragraph

from casewise.report import docx_table, guidelines, methods, sentences, tables
from casewise.report.bias import bias
from casewise.report.docx_table import clean
from casewise.report.style import Style
from casewise.report.table import Table
from casewise.results import Results

FONT = "Arial"
PAGE = (Cm(21.0), Cm(29.7))
MARGIN = Cm(2.0)
FIXED = datetime(2000, 1, 1)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
INK = RGBColor(0, 0, 0)


class Figure(Protocol):
    """What is needed of a figure: a picture with its title, legend and text for the blind."""

    @property
    def title(self) -> str: ...
    @property
    def caption(self) -> str: ...
    @property
    def alt(self) -> str: ...
    @property
    def png(self) -> bytes: ...


def build(results: Results, style: Style, figures: Sequence[Figure] = ()) -> bytes:
    """The file's bytes. Raises ``RecordsError`` when the results cite an unknown source."""
    document = docx.Document()
    _set_up(document, results)
    _front(document, results)
    text = methods.write(results, style)
    _methods(document, text)
    _findings(document, results, style)
    _references(document, text)
    _tables(document, tables.build(results, style))
    _figures(document, figures, results.study.notice)
    _appendix(document, results, style)
    return _packed(document)


def _set_up(document: Document, results: Results) -> None:
    """Page, fonts and properties; nothing of the machine or the hour."""
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, MARGIN)
    _page_number(section.footer.paragraphs[0], results.study.notice)
    sizes = {"Normal": 10.5, "Title": 18, "Heading 1": 14, "Heading 2": 11.5, "List Bullet": 10.5}
    sizes["Footer"] = 8
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        style.font.color.rgb = INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in list(fonts.attrib):
            if "Theme" in attribute:
                del fonts.attrib[attribute]
        for slot in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(slot), FONT)
    for rule in document.styles["Title"].element.findall(f".//{qn('w:pBdr')}"):
        rule.getparent().remove(rule)
    docx_table.add_style(document)
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    document.styles["Normal"].paragraph_format.line_spacing = 1.15
    properties = document.core_properties
    properties.title = clean(results.study.title)[:255]  # the most that Word stores
    properties.author = ""
    properties.last_modified_by = ""
    properties.comments = f"Made with Casewise {results.provenance.casewise}"
    properties.created = properties.modified = FIXED
    properties.revision = 1


def _page_number(paragraph: Paragraph, notice: str) -> None:
    """The notice and the page's number at the foot of each page."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run(clean(f"{notice}  ·  " if notice else "") + "Page ")
    page = OxmlElement("w:fldSimple")
    page.set(qn("w:instr"), "PAGE")
    paragraph._p.append(page)


def _front(document: Document, results: Results) -> None:
    document.add_paragraph(clean(results.study.title), style="Title")
    if results.study.notice:
        paragraph = document.add_paragraph()
        paragraph.add_run(clean(results.study.notice)).bold = True
        docx_table.box(paragraph)
    if results.study.question:
        document.add_paragraph().add_run(clean(results.study.question)).italic = True


def _methods(document: Document, text: methods.Methods) -> None:
    document.add_heading("Methods", 1)
    for section in text.sections:
        document.add_heading(section.title, 2)
        for passages in section.paragraphs:
            paragraph = document.add_paragraph()
            for passage in passages:
                paragraph.add_run(clean(passage.text))
                if passage.citations:
                    raised = paragraph.add_run(",".join(str(n) for n in passage.citations))
                    raised.font.superscript = True
        for term, meaning in section.items:
            paragraph = document.add_paragraph(style="List Bullet")
            paragraph.paragraph_format.space_after = Pt(2)
            paragraph.add_run(clean(f"{term}. ")).bold = True
            paragraph.add_run(clean(meaning))


def _findings(document: Document, results: Results, style: Style) -> None:
    """Each outcome and harm in a sentence, primary outcomes first."""
    outcomes = sorted(results.outcomes.values(), key=lambda outcome: not outcome.primary)
    if not outcomes and not results.harms:
        return
    document.add_heading("Results", 1)
    _appraisal(document, results)
    if said := bias(results, "results"):
        document.add_paragraph().add_run(clean(f"{said}.")).bold = True
    for title, group in (("Outcomes", outcomes), ("Harms", list(results.harms.values()))):
        if group:
            document.add_heading(title, 2)
        for outcome in group:
            told = sentences.outcome_sentences(outcome, results, style)
            document.add_paragraph(clean(" ".join(told)))


def _appraisal(document: Document, results: Results) -> None:
    """What could make the comparison wrong, before the comparison."""
    found = [threat for threat in results.appraisal if threat.severity != "none"]
    if not results.appraisal:
        return
    document.add_heading("Appraisal", 2)
    for threat in found:
        paragraph = document.add_paragraph(style="List Bullet")
        paragraph.add_run(clean(f"{threat.threat} ({threat.severity}). ")).bold = True
        paragraph.add_run(clean(f"{threat.finding} "))
        paragraph.add_run(clean(threat.remedy)).italic = True
    names = [threat.threat for threat in results.appraisal if threat.severity == "none"]
    if names:
        document.add_paragraph(clean(f"Looked for and not found: {'; '.join(names)}."))


def _references(document: Document, text: methods.Methods) -> None:
    if not text.references:
        return
    document.add_heading("References", 1)
    for number, reference in enumerate(text.references, 1):
        paragraph = document.add_paragraph(clean(f"{number}.\t{reference}"))
        paragraph.paragraph_format.left_indent = Cm(0.8)
        paragraph.paragraph_format.first_line_indent = Cm(-0.8)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.8))
        paragraph.paragraph_format.space_after = Pt(3)


def _tables(document: Document, made: Sequence[Table]) -> None:
    """Numbered tables, each wide one on a page turned sideways."""
    upright = Emu(PAGE[0] - 2 * MARGIN)
    shown = [t for t in made if t.name not in ("definitions", *guidelines.CHECKLISTS)]
    wide = [docx_table.is_wide(table, upright) for table in shown]
    # A narrow table between two wide ones does not turn the page back and forth.
    turned = [flag or (any(wide[:i]) and any(wide[i:])) for i, flag in enumerate(wide)]
    numbered = zip(range(1, len(shown) + 1), shown, turned, strict=True)
    for sideways, group in groupby(numbered, key=lambda item: item[2]):
        width = _section(document, sideways)
        for i, (number, table, _) in enumerate(group):
            docx_table.add(document, table, f"Table {number}. ", width, after=i > 0)


def _section(document: Document, wide: bool) -> Emu:
    """Begin a page of the wanted orientation; the width between its margins."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    short, long = PAGE
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if wide else (short, long)
    return Emu((long if wide else short) - 2 * MARGIN)


def _figures(document: Document, figures: Sequence[Figure], notice: str) -> None:
    """One figure a page, as large as fits, with its legend and its text for the blind."""
    if not figures:
        return
    width = _section(document, wide=False)
    height = Emu(PAGE[1] - 2 * MARGIN - Cm(5))
    for number, figure in enumerate(figures, 1):
        holder = document.add_paragraph()
        holder.paragraph_format.keep_with_next = True
        holder.paragraph_format.page_break_before = number > 1
        picture = holder.add_run().add_picture(io.BytesIO(figure.png), width=width)
        if picture.height > height:
            picture.width = Emu(int(picture.width * height / picture.height))
            picture.height = height
        described = picture._inline.docPr
        described.set("descr", clean(figure.alt))
        described.set("title", clean(figure.title))
        legend = document.add_paragraph()
        legend.add_run(clean(f"Figure {number}. {figure.title}. ")).bold = True
        legend.add_run(clean(f"{figure.caption} {notice}".strip()))


def _appendix(document: Document, results: Results, style: Style) -> None:
    """Definitions, the two files as run, and what was read."""
    width = _section(document, wide=False)
    document.add_heading("Supplement", 1)
    if results.study.definitions:
        docx_table.add(document, tables.definitions(results, style), "", width)
    for table in tables.build(results, style):
        if table.name in guidelines.CHECKLISTS:
            docx_table.add(document, table, "", width)
    for title, text in (
        ("Protocol as run (study.yaml)", results.study.protocol),
        ("Site file as run (site.yaml)", results.provenance.site),
    ):
        document.add_heading(title, 2)
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.line_spacing = 1.0
        run = paragraph.add_run(clean(text.rstrip("\n")))
        run.font.name, run.font.size = "Courier New", Pt(8)
    docx_table.add(document, tables.provenance(results, style), "", width)


def _packed(document: Document) -> bytes:
    """The archive with every member's time fixed, in the order it was written."""
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, source.read(name))
    return out.getvalue()
