"""REDCap's branching logic: yes, no, or unknown where nobody answered."""

from __future__ import annotations

import pytest

from casewise.records.logic import LogicError, Ref, parse_logic

VALUES: dict[Ref, str | None] = {
    Ref("sex"): "2",
    Ref("age"): "61",
    Ref("blank"): None,
    Ref("never"): "",
    Ref("drugs", "1"): "1",
    Ref("drugs", "2"): "0",
    Ref("died", event="month_6_arm_1"): "1",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[sex] = '2'", True),
        ('[sex] = "1"', False),
        ("[sex] <> 2", False),
        ("[sex] != '1'", True),
        ("[age] >= 18", True),
        ("[age] < 9", False),  # as numbers: as texts "61" would come before "9"
        ("[age] > 61.0", False),
        ("[sex]='2'and[age]>70", False),
        ("[sex] = '1' OR [age] <= 61", True),
        ("[sex] = '1' or [sex] = '2' and [age] > 70", False),
        ("([sex] = '1' or [sex] = '2') and [age] > 60", True),
        ("[drugs(1)] = '1'", True),
        ("[drugs(2)]", False),
        ("[month_6_arm_1][died] = '1'", True),
        ("[blank] = ''", True),
        ("[blank] <> ''", False),
        ('[sex] <> ""', True),
        ("[blank] = '1'", None),
        ("[blank] > 3", None),
        ("[blank] = '1' and [sex] = '1'", False),
        ("[blank] = '1' or [sex] = '2'", True),
        ("[blank] = '1' or [sex] = '1'", None),
        ("[sex] = 'two'", False),
        ("[never] = '1'", False),
        ("[never] <> '1'", True),
        ("[never] < 3", False),
        ("[never]", False),
        ("[blank]", None),
    ],
)
def test_logic_is_answered_as_redcap_shows_the_field(text: str, expected: bool | None) -> None:
    logic, refs = parse_logic(text)
    assert refs <= set(VALUES)
    assert logic(VALUES.__getitem__) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[sex] = ", '"the end" is not understood here'),
        ("([sex] = '1'", "a parenthesis is not closed"),
        ("[sex] = '1')", '")" is not understood here'),
        ("sum([a], [b]) > 3", '"sum" is not understood; functions are not'),
        ("[age] + 1 > 3", '"+" is not understood'),
        ("[event-name] = 'x'", '"[event-name]" is not a field'),
        ("[a][b][c] = '1'", '"[a][b][c]" is not a field'),
        ("[sex] = '1' [age] = '2'", '"[age]" is not understood here'),
        ("[sex] = '1", '"\'1" is not understood'),
    ],
)
def test_logic_that_is_not_understood_is_named(text: str, expected: str) -> None:
    with pytest.raises(LogicError) as error:
        parse_logic(text)
    assert str(error.value) == expected
