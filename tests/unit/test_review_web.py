"""The review's web app: who may ask what, what is withheld, and what a save can answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from casewise.protocol import read_study
from casewise.review import assigning, training
from casewise.review.store import Chart
from casewise.review.web.app import ANYBODY, table
from casewise.review.web.guard import TRIES
from review_support import STUDY
from review_web_support import NOTE, PASSWORD, PEOPLE, Person, app_of, small

FILLED = {"chart": "p1", "note": "n1", "account": "Bob"}
ROLES = [*PEOPLE.values(), "nobody"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return app_of(small(tmp_path_factory.mktemp("review")))


@pytest.fixture(scope="module")
def persons(app: Any) -> dict[str, Person]:
    signed = {role: Person(app, name) for name, role in PEOPLE.items() if name != "Bob"}
    return signed | {"nobody": Person(app)}


def fresh(tmp_path: Path, name: str = "Ann", **more: Any) -> Person:
    return Person(app_of(small(tmp_path, **more)), name)


@pytest.mark.parametrize("page", table(), ids=lambda page: f"{page.method} {page.path}")
def test_no_route_answers_a_role_that_it_should_not(page, persons):
    if page.roles is ANYBODY or page.path == "/logout":
        return
    path = page.path.format(**FILLED)
    for role, person in persons.items():
        # An empty form: whoever may ask is told what is missing, or that the password is wrong.
        answer = person.get(path) if page.method == "GET" else person.post(path)
        status = answer.status_code
        if role == "nobody":
            assert (status, answer.headers["location"]) == (303, "/login")
        elif role in page.roles:
            assert status in (200, 303, 403, 422), answer.text
            assert "is not open to" not in answer.text
        else:
            assert status == 403, (role, answer.text)
            assert "is not open to" in answer.text


def test_a_post_without_its_token_is_refused(app):
    person = Person(app, "Carla")
    for page in table():
        if page.method == "POST":
            for token in ("", "x" * 43):
                person.token = token
                answer = person.post(page.path.format(**FILLED))
                assert answer.status_code == 403, page.path
    cookie = person.client.cookies["casewise"]
    person.client.cookies.clear()
    person.client.cookies["casewise"] = cookie
    assert person.get("/worklist").status_code == 200, "no refused form signed anybody out"


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app):
    person = Person(app)
    cookie = person.sign_in("Ann").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    person.client.base_url = "https://testserver"
    person.client.cookies.clear()
    assert "secure" in person.sign_in("Ann").headers["set-cookie"].lower()


def test_the_first_visitor_with_the_token_makes_the_coordinator(tmp_path):
    from casewise.review.store import create
    from review_web_support import FORM

    store = create(tmp_path / "new.review", FORM, title="New")
    person = Person(app_of(store))
    assert person.get("/").headers["location"] == "/setup"
    assert person.get("/login").headers["location"] == "/setup"
    person.get("/setup")
    person.token = person.client.cookies["casewise-csrf"]
    new = {"name": "Carla", "password": PASSWORD, "again": PASSWORD}
    assert person.post("/setup", token="wrong", **new).status_code == 403
    short = new | {"password": "short", "again": "short"}
    assert person.post("/setup", token="the token", **short).status_code == 422
    assert store.accounts() == []
    assert person.post("/setup", token="the token", **new).status_code == 303
    assert [a.role for a in store.accounts()] == ["coordinator"]
    other = Person(app_of(store))
    assert other.get("/setup").headers["location"] == "/login"


def test_wrong_passwords_are_limited_and_tell_nothing(tmp_path):
    app = app_of(small(tmp_path))
    person = Person(app)
    said = set()
    for _ in range(TRIES):
        said.add(re.search(r'role="alert">([^<]*)', person.sign_in("Ann", "wrong").text)[1])
    said.add(re.search(r'role="alert">([^<]*)', person.sign_in("Nobody", "wrong").text)[1])
    assert said == {"The name or the password is wrong."}
    assert person.sign_in("Ann").status_code == 429, "even the right one has to wait"
    assert person.sign_in("Bob").status_code == 303


def test_a_closed_account_is_out_at_once(tmp_path):
    app = app_of(small(tmp_path))
    bob, carla = Person(app, "Bob"), Person(app, "Carla")
    assert carla.post("/accounts/Bob", do="close").status_code == 303
    assert bob.get("/worklist").headers["location"] == "/login"
    assert Person(app).sign_in("Bob").status_code == 403


def test_an_idle_session_gives_nothing_until_the_password(tmp_path):
    app = app_of(small(tmp_path), idle=100)
    clock = [0.0]
    app.state.office.sessions.clock = lambda: clock[0]
    person = Person(app, "Ann")
    clock[0] = 101
    assert person.get("/chart/p1").headers["location"] == "/unlock"
    locked = person.json("/chart/p1/note/n1")
    assert (locked.status_code, "fever" in locked.text) == (423, False)
    assert person.answer("p1", "age", "50").status_code == 423
    assert person.post("/unlock", password="wrong").status_code == 403
    assert person.get("/chart/p1").status_code == 303
    assert person.post("/unlock", password=PASSWORD).status_code == 303
    assert person.get("/chart/p1").status_code == 200


def test_an_abstractor_sees_neither_other_charts_nor_other_answers(tmp_path):
    app = app_of(small(tmp_path))
    ann, bob = Person(app, "Ann"), Person(app, "Bob")
    assert bob.answer("p1", "remark", "Bob's own words").status_code == 200
    for path in ("/chart/p1", "/chart/p1/state", "/worklist", "/chart/p1/records"):
        assert "own words" not in ann.get(path).text
    assert ann.json("/chart/p1/state").json()["answers"] == {}
    for path in ("/chart/p3", "/chart/p3/state", "/chart/p3/records", "/chart/p1/note/m1"):
        assert ann.json(path).status_code == 404
    assert ann.answer("p3", "age", "50").status_code == 404
    assert "secret" not in ann.json("/chart/p1/search?q=secret").text


def test_a_blinded_abstractor_is_not_sent_what_tells_the_arm(tmp_path):
    app = app_of(small(tmp_path, blinded=True))
    ann, ada = Person(app, "Ann"), Person(app, "Ada")
    paths = ["/chart/p1", "/chart/p1/state", "/chart/p1/note/n1", "/chart/p1/records", "/form"]
    paths += ["/chart/p1/search?q=given", "/worklist?q=given", "/worklist?q=rituximab"]
    for path in paths:
        text = ann.json(path).text.lower().replace("q=rituximab", "")
        text = text.replace('value="rituximab"', "").replace("“rituximab”", "")
        assert "rituximab" not in text, path
        assert "treated" not in text, path
    covered = ann.json("/chart/p1/note/n1").json()["text"]
    assert len(covered) == len(NOTE)
    assert covered.startswith("Seen today. No fever at home.")
    assert ann.json("/chart/p1/search?q=rituximab").json()["hits"] == []
    assert ann.json("/chart/p1/marks?field=treated").status_code == 404
    assert ann.answer("p1", "treated", "yes").status_code == 404
    quote = {"note": "n1", "start": NOTE.index("Ritux"), "end": len(NOTE), "quote": NOTE[-20:]}
    assert ann.answer("p1", "age", "50", evidence=[quote]).status_code == 422
    assert "Rituximab" in ada.json("/chart/p1/note/n1").json()["text"], "who settles sees it all"


def test_a_later_save_is_told_and_nothing_is_lost(tmp_path):
    ann = fresh(tmp_path)
    first = ann.answer("p1", "age", "50").json()
    assert ann.answer("p1", "age", "51", base=first["version"]).status_code == 200
    late = ann.answer("p1", "age", "52", base=first["version"])
    assert late.status_code == 409
    assert late.json()["theirs"]["value"] == "51"
    won = ann.answer("p1", "age", "52", base=late.json()["version"])
    assert won.status_code == 200
    assert ann.json("/chart/p1/state").json()["answers"]["age"]["value"] == "52"


def test_evidence_is_kept_as_it_stands_in_the_note(tmp_path):
    ann = fresh(tmp_path)
    start = NOTE.index("Fever of")
    piece = {"note": "n1", "start": start, "end": start + 13, "quote": NOTE[start : start + 13]}
    saved = ann.answer("p1", "fever", "yes", evidence=[piece]).json()
    assert saved["evidence"][0]["quote"] == "Fever of 39.0"
    for wrong in (
        piece | {"quote": "No fever"},
        piece | {"end": 10**9},
        piece | {"start": -3},
        piece | {"start": True},
        piece | {"note": 7},
        "quote",
    ):
        answer = ann.answer("p1", "fever", "yes", evidence=[wrong], base=saved["version"])
        assert answer.status_code == 422


def test_an_answer_can_be_taken_back_and_keep_its_evidence(tmp_path):
    ann = fresh(tmp_path)
    piece = {"note": "n1", "start": 0, "end": 4, "quote": "Seen"}
    saved = ann.answer("p1", "age", "50", evidence=[piece]).json()
    gone = ann.answer("p1", "age", None, status="", evidence=[piece], base=saved["version"])
    assert (gone.status_code, gone.json()["status"]) == (200, "")
    assert gone.json()["evidence"][0]["quote"] == "Seen"
    state = ann.json("/chart/p1/state").json()
    assert state["answers"]["age"]["status"] == ""
    assert ann.post("/chart/p1/done", done="yes").status_code == 422, "age is still to be answered"


def test_a_value_that_does_not_fit_is_refused_in_words(tmp_path):
    ann = fresh(tmp_path)
    for field, value, said in (
        ("age", "fifty", "digits"),
        ("age", "150", "between 0 and 120 years"),
        ("fever", "maybe", "yes, no"),
        ("remark", "\ud800", "text"),
        ("remark", "a\0b", "text"),
    ):
        if value == "\ud800":
            body = '{"field": "remark", "status": "answered", "value": "\\ud800", "base": 0}'
            answer = ann.client.post(
                "/chart/p1/answer",
                content=body,
                headers={"content-type": "application/json", "x-csrf-token": ann.token},
            )
        else:
            answer = ann.answer("p1", field, value)
        assert answer.status_code == 422, value
        assert said in answer.json()["error"]


def test_the_fields_of_a_branch_appear_with_its_answer(tmp_path):
    ann = fresh(tmp_path)
    assert ann.json("/chart/p1/state").json()["hidden"] == ["fever_on"]
    saved = ann.answer("p1", "fever", "yes").json()
    assert saved["hidden"] == []
    assert ann.answer("p1", "fever", "no", base=saved["version"]).json()["hidden"] == ["fever_on"]


def test_a_coordinator_opens_a_signed_chart_again_and_the_log_says_why(tmp_path):
    app = app_of(small(tmp_path))
    ann, carla = Person(app, "Ann"), Person(app, "Carla")
    for field, value in (("age", "50"), ("fever", "no"), ("treated", "no"), ("remark", None)):
        ann.answer("p1", field, value)
    ann.post("/chart/p1/done", done="yes")
    assert "Ann, signed off" in carla.get("/worklist").text
    asked = {"chart": "p1", "who": "Ann"}
    assert carla.post("/charts/reopen", **asked).status_code == 422, "without a reason"
    assert carla.post("/charts/reopen", **asked, reason="Wrong page").status_code == 303
    assert ann.answer("p1", "remark", "seen", base=5).status_code in (200, 409)
    assert "Wrong page" in carla.get("/log").text
    assert carla.post("/charts/reopen", **asked, reason="Twice").status_code == 422


def test_the_worklist_says_how_training_goes(tmp_path):
    store = small(tmp_path)
    store.add_charts([Chart("t1", "F", "50", True)], [], [], by="Carla")
    training.set_key(store, "t1", {"age": ("answered", "40"), "fever": ("answered", "no")}, by="C")
    assigning.give(store, "t1", "Ann", 1, by="Carla")
    ann = Person(app_of(store), "Ann")
    assert "0 of 1 training charts signed off" in ann.get("/worklist").text
    assert ann.answer("p1", "age", "50").status_code == 422, "training first"
    for field, value in (("age", "41"), ("fever", "no"), ("treated", "no"), ("remark", None)):
        assert ann.answer("t1", field, value).status_code == 200
    ann.post("/chart/t1/done", done="yes")
    page = " ".join(ann.get("/worklist").text.split())
    assert "1 of 1 training charts signed off, 1 of 2 answers right (50%)" in page
    assert "t1</a>: age" in page, "which answer was wrong"
    assert "1 of 1 done, 50% right" in Person(app_of(store), "Carla").get("/worklist").text


def test_the_criteria_for_record_reviews_are_shown_as_they_stand(tmp_path):
    store = small(tmp_path)
    page = Person(app_of(store), "Rita").get("/quality").text
    assert "Abstractors were trained" in page
    assert "The question is stated" not in page, "no protocol was given"
    study = read_study(STUDY)
    assert (
        "The question is stated" in Person(app_of(store, study=study), "Rita").get("/quality").text
    )


def test_marked_words_say_which_are_denied(tmp_path):
    found = fresh(tmp_path).json("/chart/p1/marks?field=fever").json()
    assert [(NOTE[a:b], kind) for a, b, kind in found["notes"]["n1"]] == [
        ("fever", "denied"),
        ("Fever", ""),
    ]


def test_hostile_notes_are_sent_as_text(tmp_path):
    notes = {
        "script": "<script>window.broken = 1</script> fever <img src=x onerror=alert(1)>",
        "huge": "fever and rash " * 300_000,
        "nul": "before\0after\ufffe\u202e fever",
        "astral": "😀 fever 😀",
    }
    ann = fresh(tmp_path, notes=notes)
    for name, text in notes.items():
        assert ann.json(f"/chart/p1/note/{name}").json()["text"] == text
    found = ann.json("/chart/p1/marks?field=fever").json()["notes"]
    assert set(found) == set(notes)
    page = ann.get("/worklist?q=fever").text
    assert "<script>window" not in page
    assert "&lt;script&gt;window" in page
    for path in ("/chart/p1/search?q=fever", "/chart/p1/search?q=%22%27%28*%29%00NEAR"):
        assert ann.json(path).status_code in (200, 422)


def test_a_locked_study_takes_no_answer(tmp_path):
    app = app_of(small(tmp_path))
    ann, carla = Person(app, "Ann"), Person(app, "Carla")
    assert carla.post("/lock", word="yes").status_code == 422
    assert carla.post("/lock", word="lock").status_code == 303
    assert ann.answer("p1", "age", "50").status_code == 422
    assert "locked" in carla.get("/lock").text


def test_two_read_one_settles(tmp_path):
    app = app_of(small(tmp_path))
    for name, age in (("Ann", "50"), ("Bob", "51")):
        person = Person(app, name)
        person.answer("p1", "age", age, evidence=[])
        for field, value in (("fever", "no"), ("treated", "no"), ("remark", None)):
            assert person.answer("p1", field, value).status_code == 200
        assert person.post("/chart/p1/done", done="yes").status_code == 303
        assert person.answer("p1", "age", "1").status_code == 422, "signed off"
    ada = Person(app, "Ada")
    page = ada.get("/adjudicate/p1").text
    assert "1 of 1 differences" in page
    told = {"field": "age", "base": "0"}
    assert ada.post("/adjudicate/p1", **told, take="0", reason=" ").status_code == 422
    answer = {"take": "other", "value": "52", "reason": "Birth date"}
    assert ada.post("/adjudicate/p1", field="age", **answer).status_code == 422, "which decision?"
    assert ada.post("/adjudicate/p1", **told, **answer).status_code == 303
    later = ada.post("/adjudicate/p1", **told, take="0", reason="As Ann says")
    assert later.status_code == 409
    assert "settled this meanwhile: “52”, because: Birth date" in later.text
    assert "Settled: 52" in ada.get("/adjudicate/p1").text
    log = Person(app, "Carla").get("/log").text
    assert "decision" in log
    assert "Birth date" in log
