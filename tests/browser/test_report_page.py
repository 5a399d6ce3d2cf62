"""The report in a real browser: what a reader sees, takes out and can reach by keyboard."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from casewise import report
from casewise.results import Results, Threat
from sample_results import many_patients, sample

pytestmark = pytest.mark.browser
WIDTHS = (390, 768, 1280)
# Contrast of text against the nearest background that is not transparent, as WCAG counts it.
CONTRAST = """
const light = c => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
const lum = p => .2126 * light(p[0]) + .7152 * light(p[1]) + .0722 * light(p[2]);
const rgb = text => text.match(/[\\d.]+/g).map(Number);
const poor = [];
for (const e of document.querySelectorAll("main *:not(svg *), nav *")) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || !e.offsetParent) continue;
  let up = e, back = [255, 255, 255];
  for (; up; up = up.parentElement) {
    const c = rgb(getComputedStyle(up).backgroundColor);
    if (c.length < 4 || c[3] > 0) { back = c; break; }
  }
  const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(back)];
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) poor.push(e.tagName + " " + e.textContent.slice(0, 40) + " " + ratio);
}
return poor;
"""


def hard() -> Results:
    """Three arms, long names, an appraisal, and text that would be markup if it could."""
    results = sample(3)
    study = results.study.model_copy(
        update={
            "title": "A <b>bold</b> & $x_1$ title that is rather long for a telephone's screen",
            "protocol": "title: <script>window.broken = true</script>\n" + "x" * 300,
        }
    )
    threat = Threat(
        threat="immortal time",
        severity="moderate",
        finding="2 of 9 patients were exchanged after day 7",
        remedy="Start the clock at the exchange.",
    )
    return results.model_copy(update={"study": study, "appraisal": (threat,)})


KINDS: dict[str, Callable[[], Results]] = {"two": sample, "hard": hard, "many": many_patients}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for name, build in KINDS.items():
        folder = tmp_path_factory.mktemp(name)
        report.write(build(), folder)
        made[name] = folder / "report.html"
    return made


@pytest.fixture
def at(browser: Any, pages: dict[str, Path]) -> Callable[..., Any]:
    """Open a page at a width of the screen."""

    def opened(name: str = "two", width: int = 1280) -> Any:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(pages[name].as_uri())
        return browser

    return opened


def press(browser: Any, button: Any) -> None:
    """A reader's click: without one the browser gives no file and no clipboard."""
    browser.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button
    )
    button.click()


def downloaded(browser: Any, ending: str) -> bytes:
    for _ in range(100):
        found = [p for p in browser.downloads.iterdir() if p.name.endswith(ending)]
        if found and found[0].stat().st_size:
            return found[0].read_bytes()
        time.sleep(0.05)
    raise AssertionError(f"no file ending in {ending} was saved")


@pytest.mark.parametrize("name", KINDS)
def test_opening_the_page_asks_the_network_for_nothing_and_raises_no_error(
    at: Callable[..., Any], name: str
) -> None:
    browser = at(name)
    assert browser.get_log("browser") == []
    sent = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {
        m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"
    }
    assert not [url for url in urls if not url.startswith(("file:", "data:"))]
    assert browser.execute_script("return window.broken") is None


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_never_wider_than_the_screen(
    at: Callable[..., Any], name: str, width: int
) -> None:
    browser = at(name, width)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_every_entry_of_the_contents_leads_to_a_heading(at: Callable[..., Any]) -> None:
    browser = at("hard")
    targets = browser.execute_script(
        "return [...document.querySelectorAll('nav a')].map(a => [a.textContent, "
        "document.querySelector(a.hash)?.querySelector('h2')?.textContent])"
    )
    assert len(targets) >= 14
    assert all(title == heading for title, heading in targets)


def test_the_appraisal_comes_first(at: Callable[..., Any]) -> None:
    browser = at("hard")
    first = browser.execute_script("return document.querySelector('section').id")
    assert first == "appraisal"


def test_on_a_phone_the_contents_open_from_a_menu_and_close_on_a_choice(
    at: Callable[..., Any],
) -> None:
    browser = at("two", 390)
    shown = "return document.querySelector('nav').offsetHeight > 0"
    assert not browser.execute_script(shown)
    browser.find_element("css selector", ".side label").click()
    assert browser.execute_script(shown)
    browser.find_element("css selector", "nav a[href='#harms']").click()
    assert not browser.execute_script(shown)


@pytest.mark.parametrize("name", KINDS)
def test_headings_are_in_order_and_ids_are_unique(at: Callable[..., Any], name: str) -> None:
    browser = at(name)
    levels = browser.execute_script(
        "return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", KINDS)
def test_every_figure_is_told_in_words_and_every_table_has_headers(
    at: Callable[..., Any], name: str
) -> None:
    browser = at(name)
    figures = browser.execute_script(
        "return [...document.querySelectorAll('svg')].map(s => [s.getAttribute('role'), "
        "...s.getAttribute('aria-labelledby').split(' ').map(i => "
        "document.getElementById(i).textContent)])"
    )
    assert len(figures) >= 5
    assert all(role == "img" and title and len(words) > 40 for role, title, words in figures)
    tables = browser.execute_script(
        "return [...document.querySelectorAll('table')].map(t => [!!t.caption, "
        "[...t.tHead.querySelectorAll('th')].every(h => h.scope === 'col'), "
        "[...t.tBodies[0].querySelectorAll('th')].every(h => h.scope === 'row' && h.textContent)])"
    )
    assert len(tables) >= 7
    assert all(all(checks) for checks in tables)
    assert browser.execute_script("return document.documentElement.lang") == "en"


@pytest.mark.parametrize("name", KINDS)
def test_text_stands_out_from_its_ground(at: Callable[..., Any], name: str) -> None:
    assert at(name).execute_script(CONTRAST) == []


def test_citations_lead_to_their_references(at: Callable[..., Any]) -> None:
    browser = at()
    missing = browser.execute_script(
        "return [...document.querySelectorAll('sup a')]"
        ".filter(a => !document.querySelector(a.hash)).map(a => a.hash)"
    )
    assert missing == []
    assert browser.execute_script("return document.querySelectorAll('sup a').length") > 0


@pytest.mark.parametrize("refused", [False, True])
def test_a_table_is_copied_even_where_the_clipboard_is_refused(
    at: Callable[..., Any], refused: bool
) -> None:
    browser = at()
    if not refused:
        browser.execute_script(
            "window.got = null; navigator.clipboard.write = async items => { window.got = "
            "await (await items[0].getType('text/html')).text(); }"
        )
    else:
        browser.execute_script(
            "navigator.clipboard.write = () => Promise.reject(new Error('refused'));"
            "document.addEventListener('copy', () => { window.got = "
            "window.getSelection().toString(); });"
        )
    button = browser.find_element("css selector", "#table-outcomes [data-copy]")
    press(browser, button)
    for _ in range(60):
        got = browser.execute_script("return window.got")
        if got:
            break
        time.sleep(0.05)
    assert "Death by 30 days" in got
    assert "made up" in got
    if not refused:
        assert "border-top:1.5pt" in got.replace("border-top: ", "border-top:")


def test_a_table_is_saved_as_csv(at: Callable[..., Any]) -> None:
    browser = at()
    button = browser.find_element("css selector", "#table-outcomes [data-csv]")
    press(browser, button)
    text = downloaded(browser, "outcomes.csv").decode("utf-8-sig")
    assert text.splitlines()[0].startswith('"Outcome","Plasma exchange')


def test_a_figure_is_saved_as_svg_pdf_and_png(at: Callable[..., Any]) -> None:
    browser = at()
    for button in browser.find_elements("css selector", "#figure-forest [data-save]"):
        press(browser, button)
    assert downloaded(browser, "forest.svg").startswith(b"<?xml")
    assert downloaded(browser, "forest.png").startswith(b"\x89PNG")
    pdf = downloaded(browser, "forest.pdf")
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.rstrip().endswith(b"%%EOF")
    start = int(re.findall(rb"startxref\s+(\d+)", pdf)[0])
    assert pdf[start:].startswith(b"xref")
    assert browser.get_log("browser") == []


def test_without_javascript_everything_but_the_buttons_is_there(
    browser: Any, pages: dict[str, Path]
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(pages["two"].as_uri())
        tools = browser.find_element("css selector", ".tools")
        assert not tools.is_displayed()
        assert browser.find_element("css selector", "#table-outcomes table").is_displayed()
        assert browser.find_element("css selector", "#figure-flow svg").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
