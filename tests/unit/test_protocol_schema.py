"""The JSON Schema that an editor uses: right files pass it, wrong keys and values do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from casewise import protocol
from protocol_support import SITE, STUDY, changed
from sample_results import sample

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = sorted(EXAMPLES.glob("*/study.yaml")) + sorted(EXAMPLES.glob("*/site.yaml"))


def plain(data: Any) -> Any:
    """As an editor sees it: dates are text."""
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    return data if isinstance(data, str | int | float | bool | None) else str(data)


def mistakes(file: Any, text: str) -> list[str]:
    schema = protocol.schema(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    data = plain(YAML(typ="safe", pure=True).load(text))
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_the_examples_pass(path: Path) -> None:
    assert mistakes(path.stem, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("within: 30 days}", "within: 30 days, witin: 1}"),
        ("title: A made-up study", "title: [A, B]"),
        ("title: A made-up study\n", ""),
        ("primary: death by 30 days", "multiplicity: homl"),
        ("primary: death by 30 days", "level: 2"),
        ("no exchange: otherwise", "no exchange: otherwse"),
        ("  sex: {}", "  sex: {unit: [years]}"),
    ],
)
def test_a_wrong_study_does_not_pass(old: str, new: str) -> None:
    assert mistakes("study", STUDY) == []
    assert mistakes("study", changed(STUDY, old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FVC: fvc", "FVC: {colum: fvc}"),
        ("patient: id\n", ""),
        ("records: charts.csv", "records: {table: charts.csv, header: 0}"),
        ("patient: id", "patient: id\naccept: [all]"),
        ("{date: died}", "{date: {column: died}}"),
    ],
)
def test_a_wrong_site_file_does_not_pass(old: str, new: str) -> None:
    assert mistakes("site", SITE) == []
    assert mistakes("site", changed(SITE, old, new))


@pytest.mark.parametrize(
    "text",
    [
        changed(STUDY, "[mild, moderate, severe]", "[0, 1, 2]"),
        changed(STUDY, "  sex: {}", "  sex:"),
        changed(STUDY, "title: A made-up study", "title: 2021"),
        changed(STUDY, '{age: ">= 18"}', "{covariate: FVC, is: 70}"),
        changed(STUDY, "{event: death, within", "{any of: death, within"),
    ],
)
def test_what_the_reader_takes_the_schema_takes(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.yaml").write_text(text)
    protocol.read_study(tmp_path / "study.yaml")
    assert mistakes("study", text) == []


def described(node: Any, path: str = "") -> list[str]:
    """The keys of a schema that say nothing of themselves."""
    if not isinstance(node, dict):
        return []
    silent = [
        f"{path}.{name}"
        for name, one in node.get("properties", {}).items()
        if not one.get("description")
    ]
    for name, one in node.get("$defs", {}).items():
        silent += described(one, name)
    return silent


@pytest.mark.parametrize("file", ["study", "site"])
def test_every_key_has_a_description(file: Any) -> None:
    assert described(protocol.schema(file)) == []


def test_results_pass_the_schema_of_results() -> None:
    schema = protocol.schema("results")
    jsonschema.Draft202012Validator.check_schema(schema)
    data = YAML(typ="safe", pure=True).load(sample().to_json())
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(plain(data))) == []
