"""Numbers to text, as three journals print them. Nothing else in Casewise formats a number.

What the journals say in their instructions:

- NEJM (statistical reporting guidelines): P above 0.01 to two decimals, 0.001 to 0.01 to three,
  smaller as "P<0.001"; two-sided unless the design is one-sided.
- JAMA (AMA Manual of Style, 11th edition, significant digits): P to two decimals, to three below
  .01, "P<.001" and "P>.99" at the ends, no zero before the point; a third decimal where two would
  round a P to .05. A percentage has no more digits than its denominator: none under 100.
- Annals (general statistical guidance): P of 0.001 to 0.20 to the nearest thousandth, above 0.20 to
  the nearest hundredth, "P<0.001" below; percentages with one decimal from 200 patients, else none.

Not in the instructions but seen in their print: the symbols of footnotes, the space or comma in
thousands, "to" or a dash in intervals. One decimal in percentages from 100 patients is our choice
for NEJM, which gives no rule.

Rounding never lies: halves go away from zero in decimal arithmetic (0.125 is 0.13), a number that
is not its null value is not printed as the null value (decimals are added), a P on one side of
0.05 is not printed as 0.05, and one patient of many is "<1" percent, not "0".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

MINUS = "−"
INFINITY = "∞"
UNDEFINED = "not estimable"
NOT_KNOWN = "—"

_COUNT = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w.]*\d)")
_SYMBOLS = ("*", "†", "‡", "§", "¶", "‖")
_LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class Style:
    """How one journal prints.

    ``p_thousandths_below`` is the P under which three decimals are printed instead of two.
    ``dash`` joins a range of quartiles. ``interval`` joins confidence limits, or ``"to"`` is used
    where a limit is negative. ``decimals_from`` is the number of patients from which a percentage
    has a decimal.
    """

    name: Literal["nejm", "jama", "annals"]
    title: str
    p_thousandths_below: float
    p_leading_zero: bool
    p_one_as_limit: bool
    p_equals: str
    count_label: str
    events_label: str
    decimals_from: int
    interval: str
    dash: str
    thousands: str
    marks: tuple[str, ...]

    def p(self, value: float | None) -> str:
        """The P alone, as a table's cell: ``0.04``, ``<0.001``; "not estimable" when undefined."""
        if value is None:
            return UNDEFINED
        if value < 0.001:
            text = "<0.001"
        elif value >= 0.995 and (self.p_one_as_limit or value < 1 - 1e-9):
            text = ">0.99"
        else:
            text = _rounded(value, _p_digits(value, self.p_thousandths_below))
        return text if self.p_leading_zero else text.replace("0.", ".", 1)

    def p_phrase(self, value: float | None) -> str:
        """The P inside a sentence: ``P=0.04``, ``P<0.001``."""
        if value is None:
            return f"P {UNDEFINED}"
        text = self.p(value)
        sign = self.p_equals.strip()
        space = " " if self.p_equals != sign else ""
        if text[0] in "<>":
            return f"P{space}{text[0]}{space}{text[1:]}"
        return f"P{self.p_equals}{text}"

    def number(self, value: float | None, digits: int, null: float | None = None) -> str:
        """``value`` to ``digits`` decimals; more where it would else look like ``null``."""
        if value is None or math.isnan(value):
            return UNDEFINED
        if math.isinf(value):
            return INFINITY if value > 0 else MINUS + INFINITY
        if abs(value) >= 1e9:
            return _power(value)
        return self._grouped(_apart(value, digits, null))

    def ratio(self, value: float | None) -> str:
        """A ratio: two decimals, fewer from 10 on, three under 0.01, "<0.001" for the tiniest."""
        if value is not None and 0 < value < 0.0005:
            return "<0.001"
        return self.number(value, 0 if value == 0 else _ratio_digits(value), null=1.0)

    def range(self, lower: str, upper: str) -> str:
        """Two quartiles or extremes, as ``23.0–36.0``; with "to" where one is negative."""
        negative = MINUS in lower or MINUS in upper
        return f"{lower} to {upper}" if negative else f"{lower}{self.dash}{upper}"

    def limits(self, lower: str, upper: str) -> str:
        """Two confidence limits, as ``0.45 to 2.16``."""
        negative = MINUS in lower or MINUS in upper
        return f"{lower} to {upper}" if negative else f"{lower}{self.interval}{upper}"

    def percent_digits(self, patients: Iterable[int]) -> int:
        """Decimals of a table's percentages: those that the smallest group can bear."""
        known = [n for n in patients if n > 0]
        return int(bool(known) and min(known) >= self.decimals_from)

    def percent(self, count: int, n: int, digits: int) -> str:
        """``count`` of ``n`` in percent, without the sign; a dash when there is no one."""
        if n == 0:
            return NOT_KNOWN
        exact = Decimal(100 * count) / Decimal(n)
        text = _rounded_decimal(exact, digits)
        step = Decimal(1).scaleb(-digits)
        if 0 < count < n and Decimal(text) == 0:
            return f"<{step}"
        if 0 < count < n and Decimal(text) == 100:
            return f">{100 - step}"
        return text

    def count(self, value: float) -> str:
        """A whole number with its thousands apart."""
        return self._grouped(str(int(value)))

    def prose(self, text: str) -> str:
        """A sentence of the analysis, its counts ("2,184") with their thousands as here."""
        return _COUNT.sub(lambda found: self.count(int(found[0].replace(",", ""))), text)

    def count_percent(self, count: int, n: int, digits: int) -> str:
        """``2 (22)``: patients and their percentage."""
        return f"{self.count(count)} ({self.percent(count, n, digits)})"

    def events_of(self, events: int, n: int, digits: int) -> str:
        """``2/9 (22)``: events, patients at risk and the percentage."""
        return f"{self.count(events)}/{self.count(n)} ({self.percent(events, n, digits)})"

    def level(self, value: float) -> str:
        """``95%``, of a confidence level."""
        return f"{Decimal(repr(value * 100)).quantize(Decimal('0.1')).normalize():f}%"

    def _grouped(self, text: str) -> str:
        """The three journals set thousands apart from five figures on."""
        sign = MINUS if text.startswith("-") else ""
        whole, point, part = text.removeprefix("-").partition(".")
        if len(whole) >= 5:
            whole = f"{int(whole):,}".replace(",", self.thousands)
        return sign + whole + point + part


NEJM = Style(
    name="nejm",
    title="New England Journal of Medicine",
    p_thousandths_below=0.01,
    p_leading_zero=True,
    p_one_as_limit=False,
    p_equals="=",
    count_label="no. (%)",
    events_label="no./total no. (%)",
    decimals_from=100,
    interval=" to ",
    dash="–",
    thousands=",",
    marks=_SYMBOLS,
)

JAMA = Style(
    name="jama",
    title="JAMA",
    p_thousandths_below=0.01,
    p_leading_zero=False,
    p_one_as_limit=True,
    p_equals=" = ",
    count_label="No. (%)",
    events_label="No./total No. (%)",
    decimals_from=100,
    interval="-",
    dash="-",
    thousands="\u2009",
    marks=_LETTERS,
)

ANNALS = Style(
    name="annals",
    title="Annals of Internal Medicine",
    p_thousandths_below=0.2,
    p_leading_zero=True,
    p_one_as_limit=False,
    p_equals=" = ",
    count_label="n (%)",
    events_label="n/N (%)",
    decimals_from=200,
    interval=" to ",
    dash=" to ",
    thousands="\u2009",
    marks=_SYMBOLS,
)

STYLES: dict[str, Style] = {style.name: style for style in (NEJM, JAMA, ANNALS)}


def mark(style: Style, position: int) -> str:
    """The footnote mark at ``position`` from 0: ``*``, ``†`` … and doubled when they run out."""
    times, which = divmod(position, len(style.marks))
    return style.marks[which] * (times + 1)


def digits_for(values: Iterable[float | None], spreads: Iterable[float | None] = ()) -> int:
    """Decimals that suit a row of one variable: none for whole or large numbers, more for small.

    ``spreads`` are the groups' interquartile ranges or standard deviations: of a variable that
    varies little, such as a pH, there are enough decimals to see a quarter of the least.
    """
    known = [abs(v) for v in values if v is not None and math.isfinite(v)]
    if not known or all(v == int(v) for v in known):
        return 0
    largest = max(known)
    coarse = 0 if largest >= 100 else 1 if largest >= 1 else 2 if largest >= 0.1 else 3
    wide = [s for s in spreads if s is not None and 0 < s < math.inf]
    fine = math.ceil(-math.log10(min(wide) / 4) - 1e-9) if wide else 0
    return max(coarse, min(fine, 3))


def _p_digits(value: float, thousandths_below: float) -> int:
    """Two or three decimals, and as many more as keep a P off 0.05 that is not 0.05."""
    digits = 3 if value < thousandths_below else 2
    if math.isclose(value, 0.05):
        return digits
    while digits < 6 and Decimal(_rounded(value, digits)) == Decimal("0.05"):
        digits += 1
    return digits


def _ratio_digits(value: float | None) -> int:
    if value is None or math.isnan(value) or math.isinf(value):
        return 2
    if value < 0.01:
        return 3
    if value < 9.995:
        return 2
    return 1 if value < 99.95 else 0


def _apart(value: float, digits: int, null: float | None) -> str:
    """Rounded, with up to four more decimals while it reads as a null value that it is not."""
    text = _rounded(value, digits)
    for more in range(1, 5):
        if null is None or value == null or Decimal(text) != Decimal(repr(null)):
            break
        text = _rounded(value, digits + more)
    return text.removeprefix("-") if Decimal(text) == 0 else text


def _power(value: float) -> str:
    """``2.5×10⁹``: what no one reads digit by digit."""
    figures, _, exponent = f"{value:.1e}".partition("e+")
    raised = str(int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{figures.replace('-', MINUS)}×10{raised}"


def _rounded(value: float, digits: int) -> str:
    return _rounded_decimal(Decimal(repr(float(value))), digits)


def _rounded_decimal(value: Decimal, digits: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP):f}"
