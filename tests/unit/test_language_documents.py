"""The manual of the two files knows every key, and no other; its examples are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from casewise import protocol
from casewise.protocol import adjustment, codes, match, model, site, timing, warehouse
from casewise.protocol.event import Event

DOCS = Path(__file__).resolve().parents[2] / "docs"
STUDY = (DOCS / "study-language.md").read_text(encoding="utf-8")
SITE = (DOCS / "site-file.md").read_text(encoding="utf-8")

CHARTS, EVENT_RECORDS = SITE.split("\n# Event records\n")

SECTIONS: dict[tuple[str, str], type[BaseModel]] = {
    ("study", "The file"): model.Study,
    ("study", "Events"): Event,
    ("study", "Cohort"): model.Cohort,
    ("study", "Matching on time"): match.Match,
    ("study", "Calendar dates"): model.DateRange,
    ("study", "Windows"): model.Windowed,
    ("study", "Baseline"): model.Covariate,
    ("study", "Outcomes"): model.Outcome,
    ("study", "Harms"): model.Harm,
    ("study", "Treatments"): model.TreatmentReceived,
    ("study", "Analysis"): model.Analysis,
    ("study", "Adjustment"): adjustment.Adjust,
    ("study", "Every code"): adjustment.EveryCode,
    ("study", "Missing data"): adjustment.Missing,
    ("study", "Treatment after day 0"): timing.LateTreatment,
    ("study", "Tests"): model.Tests,
    ("study", "Code lists"): codes.CodeList,
    ("study", "Review"): model.ReviewPlan,
    ("site", "The file"): site.Site,
    ("site", "Source"): site.Source,
    ("site", "Dates"): site.DateReading,
    ("site", "Events"): site.EventBinding,
    ("site", "Covariates, age and sex"): site.CovariateBinding,
    ("site", "Follow-up"): site.FollowUp,
    ("site", "The file of event records"): warehouse.WarehouseSite,
    ("site", "Where event records are"): warehouse.EventSource,
    ("site", "Events by code"): warehouse.EventCodes,
    ("site", "Covariates by code"): warehouse.CovariateCodes,
}


def keys_of(kind: type[BaseModel]) -> set[str]:
    return {str(field.alias) for field in kind.model_fields.values()}


def documented(file: str, title: str) -> set[str]:
    text = {"study": STUDY, "site": SITE}[file]
    match = re.search(rf"^## {title}\n(.*?)(?=^##? |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"no section on {title}"
    return set(re.findall(r"^\| `([a-z0-9 -]+)` \|", match[1], re.MULTILINE))


def blocks(text: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("file", "title"), SECTIONS, ids=" ".join)
def test_every_key_is_documented_and_every_documented_key_exists(file: str, title: str) -> None:
    assert documented(file, title) == keys_of(SECTIONS[file, title])


def test_every_key_of_a_criterion_is_documented() -> None:
    windows = keys_of(model.Windowed)
    assert documented("study", "Criteria") == keys_of(model.Criterion) - windows


def choices(node: Any) -> list[str]:
    """Every word that a schema lets one choose among."""
    if isinstance(node, list):
        return [word for one in node for word in choices(one)]
    if not isinstance(node, dict):
        return []
    own = [*node.get("enum", []), *([node["const"]] if "const" in node else [])]
    return own + [word for one in node.values() for word in choices(one)]


@pytest.mark.parametrize("file", ["study", "site"])
def test_every_word_to_choose_is_documented(file: Any) -> None:
    text = {"study": STUDY, "site": SITE}[file]
    words = {word for word in choices(protocol.schema(file)) if isinstance(word, str)}
    assert {word for word in words if f"`{word}`" not in text} <= {"ISO"}


def test_no_part_of_the_language_is_left_out_of_the_manual() -> None:
    kinds = (*SECTIONS.values(), model.Criterion, codes.Codes)
    documents = {kind.__name__ for kind in kinds}
    for file in ("study", "site"):
        schema = protocol.schema(file)  # type: ignore[arg-type]  # one of the two
        assert set(schema["$defs"]) <= documents


def written(folder: Path, study: Any, records: Any) -> tuple[Path, Path]:
    for name, data in (("study", study), ("site", records)):
        with (folder / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML(pure=True).dump(data, file)
    return folder / "study.yaml", folder / "site.yaml"


def test_the_whole_examples_fit_together(tmp_path: Path) -> None:
    for name, text in (("study", STUDY), ("site", SITE)):
        (tmp_path / f"{name}.yaml").write_text(blocks(text)[0], encoding="utf-8")
    protocol.read(tmp_path / "study.yaml", tmp_path / "site.yaml")


@pytest.mark.parametrize("part", blocks(STUDY)[1:], ids=lambda part: part.split(":")[0])
def test_the_parts_of_a_study_fit_into_the_whole(tmp_path: Path, part: str) -> None:
    whole, more = (YAML(pure=True).load(text) for text in (blocks(STUDY)[0], part))
    events = {**whole["events"], **more.get("events", {})}
    study, _ = written(tmp_path, {**whole, **more, "events": events}, {})
    protocol.read_study(study)


def test_the_example_of_event_records_answers_the_whole_study(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(blocks(STUDY)[0], encoding="utf-8")
    (tmp_path / "site.yaml").write_text(blocks(EVENT_RECORDS)[0], encoding="utf-8")
    _, read = protocol.read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    assert isinstance(read, warehouse.WarehouseSite)


@pytest.mark.parametrize("part", blocks(CHARTS)[1:], ids=lambda part: part.split(":")[0])
def test_the_parts_of_a_site_file_fit_into_the_whole(tmp_path: Path, part: str) -> None:
    study, whole, more = (
        YAML(pure=True).load(text) for text in (blocks(STUDY)[0], blocks(SITE)[0], part)
    )
    protocol.read(*written(tmp_path, study, {**whole, **more}))
