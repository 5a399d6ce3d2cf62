"""A protocol frozen before its outcomes are looked at, and what a run then says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import casewise
from casewise.cli import cli
from casewise.protocol.freezing import Change, changes, post_hoc
from casewise.protocol.model import Study
from small_records import study


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def started(tmp_path: Path) -> Path:
    assert invoke("init", tmp_path / "s").exit_code == 0
    return tmp_path / "s" / "study.yaml"


def run(path: Path) -> tuple[casewise.Results, str]:
    done = invoke("run", path, "--out", path.parent / "out", "--quiet")
    assert done.exit_code == 0, done.output
    return casewise.load(path.parent / "out" / "results.json"), done.stdout


def test_a_run_says_that_the_protocol_is_as_frozen(started: Path) -> None:
    done = invoke("freeze", started)
    assert done.exit_code == 0
    frozen = json.loads((started.parent / "study.frozen.json").read_text())
    assert frozen["sha256"] in done.stdout
    text = started.read_text()
    started.write_text(f"# a remark\n{text.replace('title: ', 'title: New ')}")
    results, told = run(started)
    assert results.study.frozen is not None
    assert results.study.frozen.sha256 == frozen["sha256"]
    assert results.study.frozen.changes == ()
    assert "as it was frozen" in told
    assert "was run as it was frozen" in (started.parent / "out" / "methods.md").read_text()


def test_what_was_added_later_is_post_hoc_everywhere(started: Path) -> None:
    assert invoke("freeze", started).exit_code == 0
    text = started.read_text()
    more = "outcomes:\n  death by 90 days: {event: death, within: 90 days}\n"
    started.write_text(text.replace("outcomes:\n", more, 1))
    results, told = run(started)
    assert results.study.frozen is not None
    assert [(c.part, c.name, c.kind) for c in results.study.frozen.changes] == [
        ("outcome", "death by 90 days", "added")
    ]
    later = {name for name, outcome in results.outcomes.items() if outcome.post_hoc}
    assert later == {"death by 90 days"}
    assert "Death by 90 days (post hoc)" in told
    assert "not as it was frozen" in told
    report = (started.parent / "out" / "report.html").read_text()
    assert "Death by 90 days (post hoc)" in report
    assert "added" in " ".join(note.text for note in results.notes)


def test_a_protocol_that_was_never_frozen_says_so(started: Path) -> None:
    results, _ = run(started)
    assert results.study.frozen is None
    assert "was not frozen" in (started.parent / "out" / "methods.md").read_text()


def test_a_frozen_file_that_was_edited_stops_the_run(started: Path) -> None:
    invoke("freeze", started)
    place = started.parent / "study.frozen.json"
    place.write_text(place.read_text().replace("30 days", "90 days"))
    for command in ("run", "freeze"):
        done = invoke(command, started)
        assert done.exit_code == 10
        assert "its content and its hash do not agree" in done.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"frozen": "never"}', '{"frozen": 5, "sha256": 1}'])
def test_a_file_that_is_no_frozen_protocol_is_an_error(started: Path, text: str) -> None:
    (started.parent / "study.frozen.json").write_text(text)
    done = invoke("run", started)
    assert (done.exit_code, "is not a frozen protocol" in done.stderr) == (10, True)


def test_freezing_again_keeps_the_first_and_refuses_another(started: Path) -> None:
    invoke("freeze", started)
    first = (started.parent / "study.frozen.json").read_bytes()
    assert invoke("freeze", started, "--json").exit_code == 0
    started.write_text(started.read_text().replace("30 days", "60 days"))
    done = invoke("freeze", started)
    assert (done.exit_code, "was frozen already" in done.stderr) == (2, True)
    assert (started.parent / "study.frozen.json").read_bytes() == first


def test_a_protocol_with_a_mistake_is_not_frozen(started: Path) -> None:
    started.write_text(started.read_text().replace("event: death", "event: deth"))
    assert invoke("freeze", started).exit_code == 10
    assert not (started.parent / "study.frozen.json").exists()


def test_a_dry_run_counts_and_looks_at_no_outcome(started: Path) -> None:
    done = invoke("run", started, "--dry-run", "--quiet")
    assert done.exit_code == 0
    assert "Death" not in done.stdout
    assert not Path("casewise-results").exists()
    told = json.loads(invoke("run", started, "--dry-run", "--json", "--quiet").stdout)
    results, _ = run(started)
    assert told["attrition"] == [s.model_dump(mode="json") for s in results.attrition]
    assert told["arms"] == [arm.model_dump(mode="json") for arm in results.arms]


BEFORE: dict[str, Any] = {
    "outcomes": {
        "death by 30 days": {"event": "death", "within": "30 days"},
        "stay": {"time": "index to discharge"},
        "late stroke": {"event": "stroke", "from": "1 day after discharge", "within": "1 year"},
    },
    "cohort": {"index": "first admission", "include": {"adult": {"age": ">= 18"}}},
}


@pytest.mark.parametrize(
    ("parts", "expected", "later"),
    [
        ({}, [], set()),
        (
            {"cohort": {"index": "first admission", "include": {"adult": {"age": ">= 21"}}}},
            [("include criterion", "adult", "changed")],
            set(),
        ),
        (
            {"cohort": {"index": "last admission", "exclude": {"x": {"event": "stroke"}}}},
            [
                ("index", "", "changed"),
                ("include criterion", "adult", "left out"),
                ("exclude criterion", "x", "added"),
            ],
            set(),
        ),
        (
            {"analysis": {"primary": "stay"}},
            [("analysis", "primary", "changed")],
            set(),
        ),
        (
            {"arms": {"no drug": {"not": {"event": "drug"}}, "drug": {"event": "drug"}}},
            [("arm", "no drug", "changed"), ("arm", "drug", "changed"), ("arms", "order")],
            set(),
        ),
    ],
)
def test_each_change_is_named(parts: dict[str, Any], expected: list[Any], later: set[str]) -> None:
    before, now = study(**BEFORE), study(**BEFORE | parts)
    found = [(c.part, c.name, c.kind) for c in changes(before, now)]
    assert found == [e if len(e) == 3 else ("arms", "their order", "changed") for e in expected]
    assert post_hoc(before, now) == later


def test_an_outcome_is_post_hoc_where_an_event_behind_it_was_changed() -> None:
    before = study(**BEFORE)
    events = {name: event.model_dump(exclude_unset=True) for name, event in before.events.items()}
    events["discharge"] = {"visit_end": "any"}
    now = study(**BEFORE, events=events)
    assert changes(before, now) == (Change("event", "discharge", "changed"),)
    assert post_hoc(before, now) == {"stay", "late stroke"}


def test_a_label_is_no_change() -> None:
    before = study(**BEFORE)
    outcomes = BEFORE["outcomes"] | {
        "stay": {"time": "index to discharge", "label": "Days in hospital"}
    }
    assert changes(before, Study.model_validate(dict(before) | {"outcomes": outcomes})) == ()
