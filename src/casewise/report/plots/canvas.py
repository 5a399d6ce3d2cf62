"""What the drawings share: a sheet measured in points, letters, colours, and the way to a file.

Letters are drawn as outlines of one typeface that comes with matplotlib, so that a figure looks the
same on every machine; what it says is in its title, caption and text for the blind.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager, get_font

# 6.5 inches: the text's width on a letter or A4 page with one-inch margins, so that 8 points
# stay 8 points in print.
WIDTH = 468.0
SMALL = 8.0
INK = "#1a1a1a"
FAINT = "#8c8c8c"
RULE = "#c8c8c8"
WARNING = "#a3000f"
PNG_DPI = 200

# Okabe and Ito's colours that keep 3:1 against white, each with its own line.
ARM_COLOURS = ("#0072B2", "#D55E00", "#007a5a", "#a6578a", "#1a1a1a", "#7a6a00")
ARM_LINES: tuple[Any, ...] = (
    "solid",
    (0, (5, 2)),
    (0, (6, 2, 1.2, 2)),
    (0, (1.2, 1.6)),
    (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
_FONT = "DejaVu Sans"
# For the letters that it lacks, where they are installed.
_FURTHER = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Source Han Sans SC"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC"),
    *("Hiragino Sans", "Yu Gothic", "MS Gothic", "Malgun Gothic", "Apple SD Gothic Neo"),
    *("Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans Bengali", "Noto Sans Tamil"),
    *("Nirmala UI", "Leelawadee UI", "Arial Unicode MS"),
)
_BOXES = "Letters that no font on the machine has are drawn as boxes; the tables have them."
_KINDS = (
    *("axes.", "figure.", "font.", "legend.", "lines.", "patch.", "path.", "savefig."),
    *("svg.", "text.", "xtick.", "ytick.", "hatch.", "markers.", "scatter."),
)
_SETTINGS: dict[str, Any] = {
    "font.size": SMALL,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "path.simplify": True,
    "svg.fonttype": "path",
}


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """One figure as the report shows it. ``svg`` can stand in a page or in a file of its own."""

    name: str
    title: str
    caption: str
    alt: str
    svg: str
    png: bytes


def settings(salt: str = "") -> Any:
    """matplotlib as we need it, whatever the machine's own settings are."""
    context: Any = mpl.rc_context
    own = {"svg.hashsalt": f"casewise-{salt}", "font.family": _families()}
    return context(_plain() | _SETTINGS | own)


@cache
def _families() -> list[str]:
    installed = {font.name for font in fontManager.ttflist}
    return [_FONT, *[name for name in _FURTHER if name in installed]]


@cache
def _plain() -> dict[str, Any]:
    defaults: Any = mpl.rcParamsDefault
    return {key: defaults[key] for key in defaults if key.startswith(_KINDS)}


def sheet(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """An empty sheet in points, its origin at the upper left, y downwards."""
    figure = Figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    return figure, axes


def finish(
    name: str, title: str, caption: str, alt: str, draw: Callable[[], Figure], label: str = ""
) -> ReportFigure:
    """Draw, and keep it as SVG and PNG: the same drawing gives the same bytes. ``label`` stands on
    top of the drawing and of its caption."""
    with settings(name), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        drawing = draw()
        if label:
            _band(drawing, label)
            caption, alt = f"{label}. {caption}", f"{label}. {alt}"
        svg, png = io.StringIO(), io.BytesIO()
        none = {"Date": None, "Creator": None, "Format": None, "Type": None}
        drawing.savefig(svg, format="svg", metadata=none)
        drawing.savefig(png, format="png", dpi=PNG_DPI, metadata={"Software": None})
    if any("Glyph" in str(warning.message) for warning in told):
        caption = f"{caption} {_BOXES}"
    return ReportFigure(
        name, title, caption, alt, _inline(svg.getvalue(), name, title, alt), png.getvalue()
    )


def _band(drawing: Figure, label: str) -> None:
    """Room above the drawing, with the label in it."""
    width, height = (72 * side for side in drawing.get_size_inches())
    lines = wrap(label, width - 8, bold=True)
    room = LINE * len(lines) + 6
    share = height / (height + room)
    for axes in drawing.axes:
        box = axes.get_position()
        axes.set_position((box.x0, box.y0 * share, box.width, box.height * share))
    drawing.set_size_inches(width / 72, (height + room) / 72)
    for i, line in enumerate(lines):
        y = 1 - (LINE * (i + 0.5) + 2) / (height + room)
        drawing.text(
            4 / width,
            y,
            line,
            va="center_baseline",
            color=WARNING,
            fontsize=SMALL,
            fontweight="bold",
        )


def _inline(svg: str, name: str, title: str, alt: str) -> str:
    """Without a prolog, with ids that no other figure of the page has, and told in words."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*<!--.*?-->", "", svg, flags=re.DOTALL)
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
    wanted = {a or b for a, b in used}

    def renamed(match: re.Match[str]) -> str:
        return f' id="{name}-{match[1]}"' if match[1] in wanted else ""

    svg = re.sub(r'\sid="([^"]+)"', renamed, svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    head, rest = svg.split(">", 1)
    ids = f"{name}-title", f"{name}-desc"
    told = f'<title id="{ids[0]}">{escape(title)}</title>\n<desc id="{ids[1]}">{escape(alt)}</desc>'
    return f'{head} role="img" aria-labelledby="{ids[0]} {ids[1]}">\n{told}{rest}'


@cache
def _face(bold: bool) -> Any:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return get_font(str(folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")))


@cache
def text_width(text: str, size: float = SMALL, bold: bool = False) -> float:
    """Width in points of ``text`` on one line."""
    face = _face(bold)
    face.set_size(100, 72)
    face.set_text(text, 0.0)
    return float(face.get_width_height()[0]) / 64 * size / 100


def wrap(text: str, width: float, size: float = SMALL, bold: bool = False) -> list[str]:
    """Lines no wider than ``width`` points, broken at spaces, a longer word within itself."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, bold) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        while text_width(word, size, bold) > width and len(word) > 1:
            cut = max(i for i in range(1, len(word)) if i == 1 or _fits(word[:i], width, size))
            lines[-1], word = word[:cut], word[cut:]
            lines.append("")
        lines[-1] = word
    return lines


def _fits(text: str, width: float, size: float) -> bool:
    return text_width(text, size) <= width


def write(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    """A line of text, its middle at ``y``."""
    plain: dict[str, Any] = {"va": "center_baseline", "ha": "left", "fontsize": SMALL}
    axes.text(x, y, text, **(plain | look))


LINE = 10.5  # from one line of text to the next


def joined(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def slug(text: str) -> str:
    """A file's name for ``text``: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "figure"
