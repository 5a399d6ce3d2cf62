"""Whatever is done to a protocol or site file, its reader answers with models or with mistakes
that have a place: never another exception, and never a key passed over in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from casewise import protocol
from casewise.errors import Problem, ProtocolError
from casewise.protocol.model import Study
from casewise.protocol.site import Site
from protocol_support import SITE, STUDY

CAREFUL = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD = [
    *'{}[]":,#&*!|>%@`~?-\\\t\n\r \0\x07\u2028\ufeffé',
    *(": ", "null", "yes", "[]", "{}", "1e999", "nan", "0x1F", "-1", "2020-01-01", "!!set", "<<"),
    *("index", "first", "any time before", "99999999999 days", "otherwise", "any_of", "death"),
]
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["index", "death", "otherwise", "30 days", "any time after", "age", "> 3"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["event", "any of", "is", "from", "x", "date"]), inner),
    ),
    max_leaves=4,
)
FILES = st.sampled_from(["study", "site"])


@st.composite
def edited_text(draw: st.DrawFn, text: str) -> str:
    """Characters put in, taken out or repeated; lines dropped, doubled, swapped or indented."""
    for _ in range(draw(st.integers(1, 3))):
        lines = text.split("\n")
        row = draw(st.integers(0, len(lines) - 1))
        line, other = lines[row], draw(st.integers(0, len(lines) - 1))
        cut = draw(st.integers(0, len(line)))
        match draw(st.sampled_from(["put", "cut", "drop", "double", "swap", "indent", "word"])):
            case "put":
                lines[row] = line[:cut] + draw(st.sampled_from(ODD)) + line[cut:]
            case "cut":
                lines[row] = line[:cut] + line[cut + draw(st.integers(1, 4)) :]
            case "drop":
                del lines[row]
            case "double":
                lines.insert(other, line)
            case "swap":
                lines[row], lines[other] = lines[other], line
            case "indent":
                lines[row] = " " * draw(st.integers(1, 3)) + line
            case "word":
                words = line.split(" ")
                at = draw(st.integers(0, len(words) - 1))
                words[at] = draw(st.sampled_from(text.split() + ODD))
                lines[row] = " ".join(words)
        text = "\n".join(lines)
    return text


@st.composite
def edited_data(draw: st.DrawFn, text: str) -> str:
    """A value replaced by one of another type, a key taken out, renamed or moved."""
    data: Any = YAML(typ="safe", pure=True).load(text)
    for _ in range(draw(st.integers(1, 2))):
        holder = data
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inside = holder[key]
            if isinstance(inside, dict | list) and inside and draw(st.booleans()):
                holder = inside
                continue
            if draw(st.booleans()):
                holder[key] = draw(VALUES)
            else:
                del holder[key]
            break
    return json.dumps(data, indent=1, default=str)


def written_keys(node: Node, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every key of a YAML text, read without our reader."""
    found: list[tuple[str | int, ...]] = []
    if isinstance(node, MappingNode):
        for key, value in node.value:
            assert isinstance(key, ScalarNode)
            here = (*path, " ".join(key.value.split()))
            found += [here, *written_keys(value, here)]
    elif isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            found += written_keys(item, (*path, number))
    return found


def holds(data: Any, path: tuple[str | int, ...]) -> bool:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def read_or_tell(folder: Path, study: str, site: str) -> None:
    texts = {"study": study, "site": site}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    mistakes: tuple[Problem, ...] = ()
    models: tuple[Study, Site] | None = None
    try:
        models = protocol.read(folder / "study.yaml", folder / "site.yaml")
    except ProtocolError as error:
        mistakes = error.problems
    assert mistakes or models
    for problem in mistakes:
        placed = problem.line is not None and problem.column is not None
        assert placed or problem.message == "is not a text file"
        assert "\n" not in problem.message
    for model, text in zip(models or (), texts.values() if models else (), strict=True):
        dumped = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for path in written_keys(YAML(typ="safe", pure=True).compose(text)):
            assert holds(dumped, path), f"{path} was passed over"


@CAREFUL
@given(data=st.data(), file=FILES)
def test_edited_text_is_read_or_told(tmp_path: Path, data: st.DataObject, file: str) -> None:
    texts = {"study": STUDY, "site": SITE}
    texts[file] = data.draw(edited_text(texts[file]))
    read_or_tell(tmp_path, texts["study"], texts["site"])


@CAREFUL
@given(data=st.data(), file=FILES)
def test_edited_data_is_read_or_told(tmp_path: Path, data: st.DataObject, file: str) -> None:
    texts = {"study": STUDY, "site": SITE}
    texts[file] = data.draw(edited_data(texts[file]))
    read_or_tell(tmp_path, texts["study"], texts["site"])


@pytest.mark.parametrize("file", ["study", "site"])
def test_every_key_taken_out_or_emptied_is_told_or_needless(tmp_path: Path, file: str) -> None:
    for row in range(len({"study": STUDY, "site": SITE}[file].splitlines())):
        for keep in (0, 1):
            texts = {"study": STUDY, "site": SITE}
            lines = texts[file].splitlines()
            lines[row : row + 1] = [lines[row].split(":")[0] + ":"] * keep
            texts[file] = "\n".join(lines)
            read_or_tell(tmp_path, texts["study"], texts["site"])


@CAREFUL
@given(junk=st.binary(max_size=60))
def test_bytes_are_never_a_protocol(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "study.yaml").write_bytes(junk)
    with pytest.raises(ProtocolError):
        protocol.read_study(tmp_path / "study.yaml")
