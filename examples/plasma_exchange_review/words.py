"""Dates as people write them in notes. Used by make_notes.py and chart.py."""

from __future__ import annotations

import datetime as dt

UNITS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
TEENS = ("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth")
TEENS += ("seventeenth", "eighteenth", "nineteenth", "twentieth")
ORDINALS = (*UNITS[1:], *TEENS, *(f"twenty-{u}" for u in UNITS[1:]), "thirtieth", "thirty-first")


def spoken(day: dt.date) -> str:
    """The ninth of March 2015."""
    return f"the {ORDINALS[day.day - 1]} of {day:%B %Y}"


def short(day: dt.date) -> str:
    """9 Mar 2015."""
    return f"{day.day} {day:%b %Y}"


def hospital_day(day: dt.date, admitted: dt.date) -> str:
    """Hospital day 1 is the day of admission."""
    return f"hospital day {(day - admitted).days + 1}"


def ago(day: dt.date, written: dt.date) -> str:
    """How a note written on one day speaks of an earlier one."""
    days = (written - day).days
    if days == 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days == 2:
        return "the day before yesterday"
    if days < 7:
        return f"last {day:%A}"
    return f"on {spoken(day)}"


def listed(parts: list[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
