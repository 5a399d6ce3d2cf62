"""The commands, run whole on small made-up studies, as a person or a program runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import casewise
from casewise.cli import cli
from casewise.cli.starter import Answers, files

WRITTEN = ["charts.csv", "site.schema.json", "site.yaml", "study.schema.json", "study.yaml"]


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def process(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "casewise", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``casewise init`` writes."""
    folder = tmp_path_factory.mktemp("started") / "study"
    assert invoke("init", folder).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def ran(started: Path) -> tuple[Path, Result]:
    """The started study, run once, with its SQL."""
    out = started.parent / "out"
    return out, invoke("run", started / "study.yaml", "--out", out, "--sql", out / "sql")


def test_init_writes_a_study_that_checks_and_runs(started: Path, ran: tuple[Path, Result]) -> None:
    assert sorted(path.name for path in started.iterdir()) == WRITTEN
    checked = invoke("check", started / "study.yaml")
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert "fit together" in checked.stdout
    assert ran[1].exit_code == 0, ran[1].stderr


def test_init_points_the_editor_at_the_schemas_beside_the_files(started: Path) -> None:
    for name in ("study", "site"):
        first = (started / f"{name}.yaml").read_text().splitlines()[0]
        assert first == f"# yaml-language-server: $schema={name}.schema.json"
        schema = json.loads((started / f"{name}.schema.json").read_text())
        assert schema == json.loads(invoke("schema", name).stdout)


def test_init_never_writes_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("mine")
    result = invoke("init", tmp_path)
    assert result.exit_code == 2
    assert "site.yaml: is there already" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["site.yaml"]
    assert (tmp_path / "site.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("treatment", "comparator", "condition"),
    [
        ("rituximab", "no rituximab", "lupus nephritis"),
        ('"quoted": {x}', "yes", "Sjögren's # disease"),
        ("no", "- none", "null"),
        ("otherwise", "5", "{flow: [1]}"),
    ],
)
def test_init_means_the_words_it_is_given(
    tmp_path: Path, treatment: str, comparator: str, condition: str
) -> None:
    for name, text in files(Answers("A: title", treatment, comparator, condition)).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    study, site = casewise.read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    assert study.title == "A: title"
    assert list(study.arms) == [treatment, comparator]
    assert study.events["admission"].condition == condition
    assert treatment in site.events


@pytest.mark.parametrize("treatment", ["death", "Index", "no death "])
def test_init_refuses_a_treatment_that_names_something_else(treatment: str) -> None:
    arguments = ["--treatment", treatment, "--comparator", "no death "]
    result = invoke("init", "nowhere", *arguments)
    assert result.exit_code == 2
    assert not Path("nowhere").exists()


def test_run_writes_the_whole_output(ran: tuple[Path, Result]) -> None:
    out, _ = ran
    written = {path.name for path in out.iterdir()}
    assert written >= {"report.html", "report.docx", "methods.md", "results.json"}
    assert written >= {"provenance.json", "tables", "figures", "sql"}
    assert (out / "sql" / "1_cohort.sql").read_text().rstrip().endswith(";")
    assert [path for path in out.parent.iterdir() if path.name.startswith(".")] == []


def test_run_prints_the_main_results_and_where_the_report_is(ran: tuple[Path, Result]) -> None:
    out, result = ran
    results = casewise.load(out / "results.json")
    for word in ("Patients", "Outcomes", *(arm.name for arm in results.arms)):
        assert word in result.stdout
    assert all(outcome.label in result.stdout for outcome in results.outcomes.values())
    assert f"Report: {out / 'report.html'}" in result.stdout
    assert results.study.notice in result.stdout
    assert "Reading the records ..." in result.stderr


def test_provenance_names_no_user_host_or_folder(ran: tuple[Path, Result]) -> None:
    text = (ran[0] / "provenance.json").read_text()
    facts = json.loads(text)
    assert facts["casewise"] == casewise.__version__
    assert [record["name"] for record in facts["records"]] == ["charts.csv"]
    assert str(ran[0].parent) not in text
    assert str(Path.home()) not in text
    assert os.uname().nodename not in text


def test_json_prints_what_results_json_holds(started: Path, ran: tuple[Path, Result]) -> None:
    arguments = ["run", started / "study.yaml", "--out", started.parent / "j", "--json", "-q"]
    result = invoke(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (ran[0] / "results.json").read_text()


def test_what_a_run_writes_passes_the_schema_that_the_command_prints(
    ran: tuple[Path, Result],
) -> None:
    """The started study has infinite limits, which JSON writes as text."""
    text = (ran[0] / "results.json").read_text(encoding="utf-8")
    assert '"Infinity"' in text
    jsonschema.validate(json.loads(text), json.loads(invoke("schema", "results").stdout))


def test_the_same_run_twice_gives_the_same_bytes(started: Path, ran: tuple[Path, Result]) -> None:
    again = started.parent / "again"
    environment = {"PYTHONHASHSEED": "7"}
    done = process(
        "run", started / "study.yaml", "--out", again, "--sql", again / "sql", **environment
    )
    assert done.returncode == 0, done.stderr
    names = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert names == {path.relative_to(ran[0]) for path in ran[0].rglob("*") if path.is_file()}
    names -= {Path("provenance.json")}
    differ = [n for n in names if (again / n).read_bytes() != (ran[0] / n).read_bytes()]
    assert differ == []


def test_report_writes_the_same_report_from_results_alone(ran: tuple[Path, Result]) -> None:
    out = ran[0].parent / "rendered"
    result = invoke("report", ran[0] / "results.json", "--out", out)
    assert result.exit_code == 0, result.stderr
    assert (out / "report.html").read_bytes() == (ran[0] / "report.html").read_bytes()
    journal = invoke("report", ran[0] / "results.json", "--out", out, "--journal", "jama")
    assert journal.exit_code == 0, journal.stderr
    assert casewise.load(out / "results.json").settings.journal == "jama"


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ('"p_value": 1.0', '"p_value": 7.0', "less than or equal to 1"),
        ('"level": 0.95', '"level": 95', "less than or equal to 1"),
        ('"excluded": 0', '"excluded": -1', "greater than or equal to 0"),
    ],
)
def test_results_with_impossible_numbers_are_not_rendered(
    ran: tuple[Path, Result], tmp_path: Path, found: str, put: str, message: str
) -> None:
    text = (ran[0] / "results.json").read_text(encoding="utf-8")
    assert found in text
    (tmp_path / "results.json").write_text(text.replace(found, put, 1), encoding="utf-8")
    result = invoke("report", tmp_path / "results.json", "--out", tmp_path / "out")
    assert result.exit_code == 11, result.stderr
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_records_puts_another_file_in_the_sites_place(started: Path, tmp_path: Path) -> None:
    lines = (started / "charts.csv").read_text().splitlines()
    other = tmp_path / "other.csv"
    other.write_text("\n".join([lines[0], *lines[11:]]) + "\n")
    results = casewise.run(started / "study.yaml", started / "site.yaml", records=other)
    assert results.attrition[0].remaining == len(lines) - 11
    assert results.provenance.records[0].name == "other.csv"


def test_a_study_can_be_a_value_and_runs_as_from_its_file(started: Path) -> None:
    study, site = casewise.read(started / "study.yaml", started / "site.yaml")
    records = started / "charts.csv"
    ours = casewise.run(study, site, records=records)
    file = casewise.run(started / "study.yaml", started / "site.yaml")
    assert (ours.outcomes, ours.baseline, ours.harms) == (file.outcomes, file.baseline, file.harms)
    assert ours.study.title in ours.study.protocol


def broken(started: Path, folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the started study with one thing changed."""
    for path in started.iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name == file:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder / "study.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "message"),
    [
        ("study.yaml", "event: death", "event: deaht", 10, "deaht"),
        ("site.yaml", "date: died", "date: dyed", 11, "dyed"),
        ("charts.csv", "2022-06-13", "2022-13-06", 11, "2022-13-06"),
        ("study.yaml", '">= 18"', '">= 118"', 13, "no patient is left"),
    ],
)
def test_exit_codes_and_messages_of_a_real_process(
    started: Path, tmp_path: Path, file: str, old: str, new: str, code: int, message: str
) -> None:
    study = broken(started, tmp_path, file, old, new)
    done = process("run", study, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


def test_check_and_run_exit_alike(started: Path, tmp_path: Path) -> None:
    study = broken(started, tmp_path, "charts.csv", "2022-06-13", "2022-13-06")
    assert invoke("check", study).exit_code == 11
    listed = json.loads(invoke("check", study, "--json").stdout)
    assert "2022-13-06" in listed["errors"][0]["message"]
    assert listed["errors"][0]["file"] == "charts.csv"


@pytest.mark.parametrize(
    "arguments",
    [[], ["rnu"], ["run"], ["run", "s.yaml", "--jsno"], ["schema", "stduy"], ["demo", "--out"]],
)
def test_usage_errors_exit_with_2(arguments: list[str]) -> None:
    assert process(*arguments).returncode == 2


def test_a_folder_with_anything_else_is_refused_before_the_work(
    started: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    result = invoke("run", started / "study.yaml", "--out", tmp_path)
    assert result.exit_code == 2
    assert "Reading" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to a process")
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_with_130_and_leaves_nothing(
    started: Path, tmp_path: Path, told: signal.Signals
) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "casewise", "run", started / "study.yaml", "--out", tmp_path / "o"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    for _ in range(3):  # it is building the cohort
        running.stderr.readline()
    running.send_signal(told)
    _, rest = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Interrupted; nothing was written." in rest
    assert "Traceback" not in rest
    assert list(tmp_path.iterdir()) == []


def test_demo_prints_every_figure_beside_the_published_one(tmp_path: Path) -> None:
    done = process("demo", "--out", tmp_path / "demo", CI="1", NO_COLOR="1")
    assert done.returncode == 0, done.stderr
    assert "The patients are made up." in done.stdout
    assert "differs" not in done.stdout
    assert f"Report: {tmp_path / 'demo' / 'report.html'}" in done.stdout
    assert "\x1b[" not in done.stdout + done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    result = invoke("completion", shell)
    assert result.exit_code == 0
    assert "_CASEWISE_COMPLETE" in result.stdout


def test_completion_completes_commands_and_options() -> None:
    done = process(_CASEWISE_COMPLETE="bash_complete", COMP_WORDS="casewise re", COMP_CWORD="1")
    assert "plain,report" in done.stdout
