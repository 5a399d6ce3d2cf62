"""Results to what people read: a page, a Word file, tables, figures and the methods in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from casewise.errors import Problem, RecordsError
from casewise.results import Results


def write(
    results: Results,
    out: Path,
    *,
    journal: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the report into the existing folder ``out``; answers the files written.

    ``journal`` is ``nejm``, ``jama`` or ``annals``; without one, the study's own. The same results
    give the same bytes. Raises ``RecordsError`` when the results contradict themselves or cite an
    unknown source, ``ValueError`` for another journal.
    """
    # matplotlib, jinja2 and python-docx are slow to load; only this function needs them.
    from casewise.report import csv_files, docx, figures, methods, page, style

    name = journal or results.settings.journal
    if name not in style.STYLES:
        raise ValueError(f'"{name}" is not a journal: expected one of {", ".join(style.STYLES)}')
    chosen = style.STYLES[name]
    _check_arms(results)
    results = _told(results, chosen.prose)
    tell = progress or (lambda _: None)
    tell("Drawing the figures")
    drawn = figures.render(results, chosen)
    files: dict[str, bytes] = {}
    for figure in drawn:
        svg = '<?xml version="1.0" encoding="utf-8"?>\n' + figure.svg
        files[f"figures/{figure.name}.svg"] = svg.encode()
        files[f"figures/{figure.name}.png"] = figure.png
    tell("Writing the page and the Word file")
    files["report.html"] = page.build(results, chosen, drawn).encode()
    files["report.docx"] = docx.build(results, chosen, drawn)
    text = methods.markdown(methods.write(results, chosen), results.study.title)
    files["methods.md"] = text.encode()
    files |= {f"tables/{name}": rows.encode() for name, rows in csv_files.build(results).items()}
    return [_written(out / path, content) for path, content in sorted(files.items())]


def _check_arms(results: Results) -> None:
    """Raise ``RecordsError`` where a part of a hand-made results file lacks one of its arms."""
    arms = {arm.name for arm in results.arms}
    parts: list[tuple[str, set[str]]] = [
        (item.label, set(item.arms))
        for item in (
            *results.baseline,
            *results.outcomes.values(),
            *results.harms.values(),
            *results.treatments,
        )
    ]
    for label, found in parts:
        if found != arms:
            text = f'"{label}" is of the arms {", ".join(sorted(found))}'
            raise RecordsError(Problem(f"{text}; the study has {', '.join(sorted(arms))}"))


def _told(results: Results, prose: Callable[[str], str]) -> Results:
    """The same results, the counts in their sentences printed as in the tables."""
    notes = tuple(n.model_copy(update={"text": prose(n.text)}) for n in results.notes)
    appraisal = tuple(t.model_copy(update={"finding": prose(t.finding)}) for t in results.appraisal)
    told: dict[str, Any] = {"notes": notes, "appraisal": appraisal}
    if results.swimmer is not None:
        said = prose(results.swimmer.omitted)
        told |= {"swimmer": results.swimmer.model_copy(update={"omitted": said})}
    return results.model_copy(update=told)


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path
