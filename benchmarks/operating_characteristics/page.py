"""The table and the figure of docs/operating-characteristics.md from results.json.

python benchmarks/operating_characteristics/page.py results.json
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from matplotlib.figure import Figure

DOCS = Path(__file__).resolve().parents[2] / "docs"
MARK = "<!-- table: what the simulations found -->"


def table(told):
    lines = ["| | bias | covers | type I error | declined |", "|---|---|---|---|---|"]
    for study, rows in told["studies"].items():
        lines.append(f"| **{study}** | | | | |")
        for name, row in rows.items():
            low = "**" if row["coverage"] < 0.93 else ""
            covers = f"{low}{100 * row['coverage']:.1f}%{low}"
            error = f"{100 * row['type_1']:.1f}%" if "type_1" in row else ""
            bias = f"{row['bias']:+.3f}".replace("-", "−")
            lines.append(f"| {name} | {bias} | {covers} | {error} | {100 * row['declined']:.1f}% |")
    return "\n".join(lines)


def figure(told, path):
    rows = [(s, n, r) for s, found in told["studies"].items() for n, r in found.items()]
    drawing = Figure(figsize=(7.5, 0.17 * (len(rows) + 2 * len(told["studies"])) + 0.8))
    axes = drawing.add_axes((0.42, 0.03, 0.55, 0.95))
    y, last = 0, None
    for study, name, row in rows:
        if study != last:
            y += 1.2
            axes.text(
                -0.76, y, study, transform=axes.get_yaxis_transform(), fontsize=7, weight="bold"
            )
            last, y = study, y + 1
        share, error = row["coverage"], 1.96 * row["coverage_error"]
        shown = max(share, 0.7)
        colour = "#D55E00" if share < 0.93 else "#0072B2"
        axes.plot([max(share - error, 0.7), share + error], [y, y], color=colour, lw=1.2)
        axes.plot([shown], [y], marker="<" if share < 0.7 else "o", color=colour, ms=3.5)
        axes.text(-0.73, y, name, transform=axes.get_yaxis_transform(), fontsize=6.5, va="center")
        y += 1
    for at, style in ((0.95, "-"), (0.93, ":")):
        axes.axvline(at, color="#1a1a1a", lw=0.6, ls=style)
    axes.set_ylim(y + 0.5, 0)
    axes.set_xlim(0.69, 1.0)
    axes.set_yticks([])
    axes.set_xticks([0.7, 0.8, 0.9, 0.93, 0.95, 1.0], ["≤70%", "80%", "90%", "", "95%", "100%"])
    axes.tick_params(labelsize=7)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    drawing.savefig(path, dpi=150, metadata={"Software": None})


def main(source):
    told = json.loads(Path(source).read_text(encoding="utf-8"))
    page = DOCS / "operating-characteristics.md"
    text = page.read_text(encoding="utf-8")
    text = re.sub(rf"{MARK}\n(\|[^\n]*\n)*", lambda _: f"{MARK}\n{table(told)}\n", text)
    page.write_text(text, encoding="utf-8")
    figure(told, DOCS / "images" / "operating-characteristics.png")


if __name__ == "__main__":
    main(sys.argv[1])
