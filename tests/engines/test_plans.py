"""No plan on Postgres looks through all of one table for each row of another.

That takes the square of the records: a study that ends at once on few does not end on many. It is
told from the plan, since the few records of a test take no time anyhow.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casewise import cohort, records
from casewise.engine.postgres import Postgres
from casewise.protocol.reading import read
from omop_support import condition, drug, period, person, visit
from postgres_support import Server

PERSONS = 3_000
STUDY: dict[str, Any] = {
    "title": "Related events of made-up patients",
    "events": {
        "drug": {"drug": "drug"},
        "stay": {"visit": "inpatient", "gap": "1 day"},
        "bleed": {"condition": "bleeding"},
        "bleed in stay": {"any of": "bleed", "during": "stay"},
        "stay with bleed": {"any of": "stay", "with": "bleed"},
        "bleed near": {"any of": "bleed", "within": "30 days", "of": "drug"},
        "bleed after": {"any of": "bleed", "after": "drug"},
        "bleeding stay": {"visit": "inpatient", "condition": "bleeding"},
        "death": {"death": "any cause"},
    },
    "cohort": {"index": "first drug", "include": {"watched": {"observed": "30 days"}}},
    "arms": {"women": {"sex": "female"}, "men": "otherwise"},
    "baseline": {
        name: {"event": name, "until": "1 day before"}
        for name in (
            "bleed in stay",
            "stay with bleed",
            "bleed near",
            "bleed after",
            "bleeding stay",
        )
    },
    "outcomes": {"death": {"event": "death", "within": "1 year"}},
    "codes": {"drug": {"omop": 100}, "bleeding": {"omop": 200}},
}


def made_up() -> dict[str, list[dict[str, Any]]]:
    days = [f"2020-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(PERSONS)]
    everyone = range(PERSONS)
    return {
        "person": [person(n, 8507 + 25 * (n % 2)) for n in everyone],
        "observation_period": [period(n) for n in everyone],
        "drug_exposure": [drug(n, 100, days[n]) for n in everyone],
        "condition_occurrence": [condition(n, 200, days[n - 30]) for n in everyone],
        "visit_occurrence": [visit(n, n, days[n - 30], days[n - 30]) for n in everyone],
        "death": [{"person_id": n, "death_date": "2021-02-01"} for n in everyone],
    }


def test_no_table_is_looked_through_for_each_row_of_another(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.load("main", made_up())
    (tmp_path / "study.yaml").write_text(json.dumps(STUDY), encoding="utf-8")
    (tmp_path / "site.yaml").write_text("records: {omop: x, schema: main}\n", encoding="utf-8")
    plans: list[dict[str, Any]] = []
    real = Postgres._run

    def explained(engine: Postgres, statement: str) -> None:
        if " AS " in statement and statement.startswith(("CREATE TEMP TABLE", "INSERT")):
            with engine._connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}")  # type: ignore[arg-type]
                ((plan,),) = cursor.fetchall()
                plans.append(plan[0]["Plan"])
        else:
            real(engine, statement)

    monkeypatch.setattr(Postgres, "_run", explained)
    study, site = read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    opened = records.open(study, site, tmp_path, postgres.address)
    assert len(cohort.build(study, opened)) == PERSONS
    opened.close()
    scans = [node for plan in plans for node in nodes(plan) if "Scan" in node["Node Type"]]
    assert len(scans) > 100
    looked = [
        (node["Node Type"], node.get("Relation Name"), node["Actual Loops"])
        for node in scans
        if node["Actual Loops"] > 10
        and node["Actual Rows"] + node.get("Rows Removed by Filter", 0) > 100
    ]
    assert looked == []


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]
