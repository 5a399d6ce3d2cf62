"""The chart review in a real browser: two people read, one settles, and the study runs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import casewise
from casewise.review import answers, training
from casewise.review.store import Chart, Store
from review_support import EXAMPLES, SITE, STUDY, right_answers
from review_web_support import PASSWORD, Person, app_of, example, small

pytestmark = pytest.mark.browser
WIDTHS = ((1280, 820), (820, 1100))
PART = 50_000  # characters of a note that are drawn at once
LENGTH = "return document.getElementById('note-text').textContent.length"
READ_IN_THE_PAGE = ("made-up-13", "ventilation, date")


class Served:
    """The app behind a real server on the loopback, and a browser in front of it."""

    def __init__(self, store: Store, browser: Any, **more: Any) -> None:
        import uvicorn

        self.store, self.browser = store, browser
        self.app = app_of(store, **more)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=port, log_level="warning"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        self.until(lambda: self.server.started)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)

    @staticmethod
    def until(holds: Callable[[], Any], seconds: float = 25) -> Any:
        """What holds at last; a page that is just being replaced holds nothing."""
        from selenium.common.exceptions import StaleElementReferenceException

        end = time.monotonic() + seconds
        while True:
            with suppress(StaleElementReferenceException):
                if found := holds():
                    return found
            assert time.monotonic() < end, "it did not come about in time"
            time.sleep(0.05)

    def sign_in(self, name: str) -> None:
        self.browser.get(self.address + "/login")
        self.browser.delete_all_cookies()
        self.open("/login")
        self.find("#name").send_keys(name)
        self.find("#password").send_keys(PASSWORD)
        self.find("button.main").click()
        self.until(lambda: self.browser.current_url.endswith("/worklist"))

    def open(self, path: str) -> None:
        self.browser.get(self.address + path)

    def desk(self, chart: str) -> None:
        self.open(f"/chart/{chart}")
        self.until(lambda: self.find("#desk").get_attribute("data-ready"))

    def find(self, css: str) -> Any:
        return self.browser.find_element("css selector", css)

    def all(self, css: str) -> list[Any]:
        return self.browser.find_elements("css selector", css)

    def field(self, name: str, inside: str = "[data-value]") -> Any:
        return self.find(f'[data-field="{name}"] {inside}')

    def state(self) -> str:
        return str(self.find("#state").text)

    def saved(self) -> None:
        self.until(lambda: "All answers saved" in self.state())

    def script(self, text: str, *given: Any) -> Any:
        return self.browser.execute_script(text, *given)

    def alt(self, key: str) -> None:
        from selenium.webdriver import ActionChains, Keys

        ActionChains(self.browser).key_down(Keys.ALT).send_keys(key).key_up(Keys.ALT).perform()

    def answer(self, chart: str, field: str, who: str) -> Any:
        return answers.of_chart(self.store, chart, who).get(field)


@pytest.fixture
def serve(browser: Any) -> Iterator[Callable[..., Served]]:
    begun: list[Served] = []

    def begin(store: Store, **more: Any) -> Served:
        begun.append(Served(store, browser, **more))
        return begun[-1]

    browser.set_window_size(1280, 820)
    yield begin
    for tab in browser.window_handles[1:]:
        browser.switch_to.window(tab)
        browser.close()
    browser.switch_to.window(browser.window_handles[0])
    browser.get("data:,")
    for one in begun:
        one.stop()


def read_the_rest(store: Store, who: str) -> None:
    """All that is not read in the page, as a careful reader answers it; and signed off."""
    for chart, said in right_answers().items():
        for field, (status, value) in said.items():
            if (chart, field) != READ_IN_THE_PAGE:
                answers.save(store, chart, field, who, status=status, value=value, base=0)
        if chart != READ_IN_THE_PAGE[0]:
            answers.finish(store, chart, who)


def test_two_read_one_settles_and_the_run_gives_the_published_figures(serve, tmp_path):
    from selenium.webdriver import Keys

    path = tmp_path / "review.db"
    here = serve(example(path))
    for name in ("Ann", "Bob"):
        read_the_rest(here.store, name)
    chart, field = READ_IN_THE_PAGE

    here.sign_in("Ann")  # by keyboard: type, go to the marked word, attach its sentence
    here.desk(chart)
    here.until(lambda: here.script("return document.activeElement.closest('.field') !== null"))
    assert here.script("return document.activeElement.closest('.field').dataset.field") == field
    here.script("document.activeElement.focus()")
    here.browser.switch_to.active_element.send_keys("8 Feb 2018")
    here.until(lambda: here.all("#note-list .hits:not(.denied)"))
    here.alt("j")
    here.until(lambda: here.script("return getSelection().toString()"))
    for _ in range(8):
        if "the day before yesterday" in here.script("return getSelection().toString()"):
            break
        before = here.script("return getSelection().toString()")
        here.alt("j")
        here.until(lambda b=before: here.script("return getSelection().toString()") != b)
    here.alt("a")
    here.until(lambda: here.all(f'[data-field="{field}"] .evidence li'))
    here.saved()
    given = here.answer(chart, field, "Ann")
    assert given.value == "2018-02-08"
    assert "intubated the day before yesterday" in given.evidence[0].quote
    here.find("form[action$='/done'] button").click()
    here.until(lambda: here.browser.current_url.endswith("done=signed"))

    here.sign_in("Bob")  # by mouse, and a day off
    here.desk(chart)
    box = here.field(field)
    box.click()
    box.send_keys("2018-02-09", Keys.TAB)
    [note] = [b for b in here.all("#note-list button") if "Intensive care" in b.text]
    note.click()
    here.until(lambda: "INTENSIVE CARE" in here.find("#note-text").text)
    here.script("getSelection().selectAllChildren(document.getElementById('note-text'))")
    here.field(field, "[data-do=attach]").click()
    here.until(lambda: here.all(f'[data-field="{field}"] .evidence li'))
    here.saved()
    here.find("form[action$='/done'] button").click()
    here.until(lambda: here.browser.current_url.endswith("done=signed"))
    with pytest.raises(casewise.CasewiseError, match="not settled"):
        casewise.run(STUDY, SITE, records=path)

    here.sign_in("Ada")
    here.open(f"/adjudicate/{chart}")
    page = here.find("main").text
    assert "1 of 1 differences" in page
    assert page.count("intubated the day before yesterday") == 2, "both quotes"
    [ann] = [c for c in here.all(".choice") if "2018-02-08" in c.text]
    ann.click()
    here.find("[name=reason]").send_keys("Two days before the note of the tenth", Keys.ENTER)
    here.until(lambda: "Settled: 2018-02-08" in here.find("main").text)

    ours = casewise.run(STUDY, SITE, records=path)
    table = casewise.run(STUDY, EXAMPLES / "plasma_exchange" / "site.yaml")
    assert ours.outcomes == table.outcomes
    assert ours.baseline == table.baseline
    assert round(ours.outcomes["death by 30 days"].test.p_value, 2) == 0.14


def test_two_windows_on_one_chart_cannot_lose_an_answer(serve, tmp_path):
    from selenium.webdriver import Keys

    here = serve(small(tmp_path))
    here.sign_in("Ann")
    here.desk("p1")
    here.browser.switch_to.new_window("tab")
    here.desk("p1")
    here.field("age").send_keys("50", Keys.ENTER)
    here.saved()
    here.browser.switch_to.window(here.browser.window_handles[0])
    here.field("age").send_keys("60", Keys.ENTER)
    shown = here.until(lambda: here.all(".conflict"))[0].text
    assert "50" in shown
    assert "60" in shown
    assert here.answer("p1", "age", "Ann").value == "50", "nothing was written over"
    here.find(".conflict .mine").click()
    here.saved()
    assert here.answer("p1", "age", "Ann").value == "60"
    assert not here.all(".conflict")


def test_an_answer_outlives_a_dead_network_and_is_shown_as_not_saved(serve, tmp_path):
    from selenium.webdriver import Keys

    here = serve(small(tmp_path))
    here.sign_in("Ann")
    here.desk("p1")
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    here.browser.execute_cdp_cmd("Network.enable", {})
    here.browser.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"offline": True})
    here.field("age").send_keys("50", Keys.ENTER)
    here.until(lambda: "Not saved" in here.state())
    assert here.answer("p1", "age", "Ann") is None
    here.browser.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"offline": False})
    here.saved()
    assert here.answer("p1", "age", "Ann").value == "50"


def test_the_keyboard_goes_all_the_way_on_a_slow_machine(serve, tmp_path):
    from selenium.webdriver import Keys

    here = serve(small(tmp_path))
    here.sign_in("Ann")
    here.browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 6})
    try:
        here.desk("p1")
        keys = lambda *k: here.browser.switch_to.active_element.send_keys(*k)  # noqa: E731
        keys("50", Keys.ENTER, Keys.SPACE)  # age, then fever: yes
        here.until(lambda: here.field("fever_on").is_displayed())
        here.alt(Keys.ARROW_DOWN)
        keys("2020-02-29", Keys.ENTER)
        here.alt("n")  # treated: not documented
        here.alt(Keys.ARROW_DOWN)
        keys("typed and ", Keys.SPACE, "kept")
        here.alt("z")  # the remark is undone
        here.saved()
    finally:
        here.browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 1})
    given = answers.of_chart(here.store, "p1", "Ann")
    said = {k: (a.status, a.value) for k, a in given.items()}
    assert said["age"] == ("answered", "50")
    assert said["fever"] == ("answered", "yes")
    assert said["fever_on"] == ("answered", "2020-02-29")
    assert said["treated"] == ("not documented", "")
    assert said["remark"] == (None, "")
    here.script("document.activeElement.blur()")
    here.find("body").send_keys("?")
    assert here.find("#help").is_displayed()


def test_an_idle_desk_is_veiled_and_keeps_what_was_entered(serve, tmp_path):
    here = serve(small(tmp_path), idle=2.0)
    here.sign_in("Ann")
    here.desk("p1")
    here.field("age").send_keys("5")
    here.until(lambda: here.find("#veil").is_displayed())
    assert Person(here.app).json("/chart/p1/note/n1").status_code == 401
    here.find("#veil-password").send_keys(PASSWORD, "\n")
    here.until(lambda: not here.find("#veil").is_displayed())
    assert here.field("age").get_attribute("value") == "5"


def test_hostile_notes_are_text(serve, tmp_path):
    notes = {
        "a": "<script>window.broken = 1</script><img src=x onerror='window.broken = 2'> fever",
        "b": "\u202eright to left\u0000 and a NUL, half a pair and fever \ufffd",
        "c": "fever " * 800_000,
    }
    here = serve(small(tmp_path, notes=notes))
    here.sign_in("Ann")
    here.desk("p1")
    here.field("fever").click()
    here.until(lambda: len(here.all("#note-list .hits")) == 3)
    for number, text in enumerate(notes.values()):
        here.all("#note-list button")[number].click()
        here.until(lambda t=text: here.script(LENGTH) == min(len(t), PART))
    assert "50,000 of 4,800,000" in here.find("#parts").text
    here.find("#part-after").click()
    assert "100,000 of 4,800,000" in here.find("#parts").text
    here.all("#note-list button")[0].click()
    here.until(lambda: "<script>" in here.find("#note-text").text)
    assert here.script("return window.broken") is None


def test_every_page_of_every_role_is_accessible_and_fits(serve, tmp_path):
    axe = pytest.importorskip("axe_core_python.base", reason="axe-core-python is not installed")
    source = Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    here = serve(example(tmp_path / "review.db"))
    for who in ("Ann", "Bob"):
        read_one(here.store, who)
    here.store.add_charts([Chart("to train on", "F", "50", True)], [], [], by="Carla")
    training.set_key(here.store, "to train on", {"last seen": ("answered", "2013-02-17")}, by="C")
    here.open("/login")
    everybodys = ("/worklist", "/form", "/password", "/no/such/page")
    pages = {
        "Ann": ("/worklist?q=fever", "/chart/made-up-13", *everybodys),
        "Ada": ("/adjudicate", "/adjudicate/made-up-02", "/agreement", "/quality", *everybodys),
        "Carla": (
            *("/accounts", "/charts", "/log", "/lock", "/adjudicate/made-up-02", "/quality"),
            *("/chart/made-up-02", *everybodys),
        ),
        "Rita": ("/agreement", "/quality", *everybodys),
    }
    wrong = look(here, "/login", source)
    for name, paths in pages.items():
        here.sign_in(name)
        for path in paths:
            wrong += look(here, path, source)
    assert wrong == []
    severe = [e["message"] for e in here.browser.get_log("browser") if e["level"] == "SEVERE"]
    missing = f"{here.address}/no/such/page"
    assert [e for e in severe if here.address in e and not e.startswith(missing)] == []


def read_one(store: Store, who: str) -> None:
    """Chart 02 read and signed off, with one answer in which the two differ."""
    chart = "made-up-02"
    for field, (status, value) in right_answers()[chart].items():
        if who == "Bob" and field == "last seen":
            value = "2013-02-17"
        answers.save(store, chart, field, who, status=status, value=value, base=0)
    answers.finish(store, chart, who)


def look(here: Served, path: str, source: str) -> list[str]:
    """What axe finds wrong with a page, and whether it is wider than the window."""
    found = []
    for width, height in WIDTHS:
        here.browser.set_window_size(width, height)
        here.open(path)
        if path.startswith("/chart/"):
            here.until(lambda: here.find("#desk").get_attribute("data-ready"))
            here.until(lambda: here.find("#note-text").text)
        wide = here.script("return document.documentElement.scrollWidth - innerWidth")
        if wide > 1:
            found.append(f"{path} is {wide} px too wide at {width}")
        desk = path.startswith("/chart/")
        if width < 1000 and not desk:
            continue  # the same page, narrower
        views = ["", "#tab-records"] if desk else [""]
        for view in views:
            if view:
                here.find(view).click()
                here.until(lambda: here.find("#records").text)
            here.script(source)
            told = here.browser.execute_async_script(
                "const done = arguments[0]; axe.run().then(r => done(r.violations.map("
                "v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', '))))"
            )
            found += [f"{path} at {width} {view}: {one}" for one in told]
    return found
