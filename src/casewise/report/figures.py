"""Every figure of a report, in its order. Drawings are in ``casewise.report.plots``."""

from __future__ import annotations

from casewise.report.plots.adjusted import adjusted
from casewise.report.plots.adjusted_curves import adjusted_curves
from casewise.report.plots.balance import balance
from casewise.report.plots.canvas import ReportFigure
from casewise.report.plots.flow import flow
from casewise.report.plots.forest import forest
from casewise.report.plots.incidence import incidence
from casewise.report.plots.love import love, overlap
from casewise.report.plots.mean_count import mean_count
from casewise.report.plots.person_time import person_time
from casewise.report.plots.sensitivity import specifications, subgroups
from casewise.report.plots.survival import survival
from casewise.report.plots.swimmer import swimmer
from casewise.report.style import Style
from casewise.results import Results

__all__ = ["ReportFigure", "render"]


def render(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """The figures that these results have something for, as SVG and PNG.

    Raises ``RecordsError`` when the flow's counts do not add up. Cost: some 0.1 s a figure.
    """
    drawings = (
        person_time,
        flow,
        balance,
        swimmer,
        survival,
        incidence,
        mean_count,
        adjusted,
        adjusted_curves,
        overlap,
        love,
        specifications,
        subgroups,
        forest,
    )
    return tuple(figure for draw in drawings for figure in draw(results, style))
