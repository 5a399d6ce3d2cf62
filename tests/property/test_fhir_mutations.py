"""Whatever is done to an export, it is records or a ``RecordsError``, and no patient is lost.

Every resource here is made up.
"""

from __future__ import annotations

import copy
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fhir_support import LOINC, Opened, bundle, concept, condition, of, patient

from casewise.errors import RecordsError

RESOURCES: list[dict[str, Any]] = [
    patient(identifier=[{"system": "urn:mrn", "value": "77"}], deceasedDateTime="2021-01-02"),
    patient("p2", link=[{"type": "replaced-by", "other": {"reference": "Patient/p1"}}]),
    condition(recordedDate="2020-05-05", encounter={"reference": "Encounter/e1"}),
    condition("c2", subject={"reference": "Patient?identifier=urn:mrn|77"}),
    of("Encounter", "e1", period={"start": "2020-01-01", "end": "2020-01-03"}, type=[{}]),
    of(
        "Observation",
        "o1",
        code=concept((LOINC, "85354-9")),
        category=[{"coding": [{"code": "vital-signs"}]}],
        effectiveDateTime="2020-01-01",
        component=[{"code": concept((LOINC, "8480-6")), "valueQuantity": {"value": 120}}],
    ),
    of(
        "MedicationRequest",
        "m1",
        contained=[{"resourceType": "Medication", "id": "a", "code": concept((LOINC, "1"))}],
        medicationReference={"reference": "#a"},
        dispenseRequest={"expectedSupplyDuration": {"value": 30, "unit": "d"}},
        authoredOn="2020",
    ),
    of("DocumentReference", "d1", content=[{"attachment": {"data": "aGk="}}]),
]

VALUES = st.sampled_from(
    [
        *(None, True, 5, -1.5e300, "", "x", "Patient/p1", "#a", "2020-02-30", "2020", "0001-01-01"),
        *([], {}, [None], [[]], {"coding": 5}, "\u0000", "'", "entered-in-error", "9" * 400, 1e18),
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The resources with values replaced, keys dropped and resources doubled or left out."""
    made = copy.deepcopy(RESOURCES)
    for _ in range(draw(st.integers(0, 4))):
        place: Any = made[draw(st.integers(0, len(made) - 1))]
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            deeper = place[key]
            if isinstance(deeper, dict | list) and deeper and draw(st.booleans()):
                place = deeper
                continue
            if isinstance(place, dict) and draw(st.integers(0, 3)) == 0:
                del place[key]
            else:
                place[key] = draw(VALUES)
            break
    if draw(st.booleans()):
        made.append(copy.deepcopy(draw(st.sampled_from(made))))
    return made


def expected_people(resources: list[dict[str, Any]]) -> int:
    """Distinct ids of the patients; one without an id of its own is one by what it says."""
    keys = set()
    for resource in resources:
        if resource.get("resourceType") == "Patient":
            own = resource.get("id")
            keys.add(json.dumps(own) if own not in (None, "") else json.dumps(resource))
    return len(keys)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(mutated(), st.booleans())
def test_a_mutated_export_is_records_or_a_records_error(
    resources: list[dict[str, Any]], bundled: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        if bundled:
            (path / "b.json").write_text(json.dumps(bundle(*resources), indent=1))
        else:
            (path / "e.ndjson").write_text("".join(json.dumps(r) + "\n" for r in resources))
        try:
            found = Opened(path)
        except RecordsError as error:
            wrong = error.problems
        else:
            wrong = ()
        if wrong:
            assert all(problem.message for problem in wrong)
            return
        assert found.values("SELECT count(*) FROM person") == [expected_people(resources)]
        assert found.values("SELECT count(DISTINCT person) FROM person") == found.values(
            "SELECT count(*) FROM person"
        )
        strays = """SELECT count(*) FROM (SELECT person FROM raw_event UNION ALL
            SELECT person FROM visit UNION ALL SELECT person FROM note UNION ALL
            SELECT person FROM observation) WHERE person NOT IN (SELECT person FROM person)"""
        assert found.values(strays) == [0]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_mutated_bytes_are_records_or_a_records_error(data: st.DataObject) -> None:
    text = bytearray("".join(json.dumps(r) + "\n" for r in RESOURCES), "utf-8")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "e.ndjson").write_bytes(bytes(text))
        with suppress(RecordsError):
            Opened(Path(name))
