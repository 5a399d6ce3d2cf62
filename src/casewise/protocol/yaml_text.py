"""YAML read with the place of every key and value, so that a mistake can be pointed at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from casewise.errors import Problem, ProtocolError

Path_: TypeAlias = tuple[str | int, ...]
MOST_BYTES = 2_000_000  # a protocol is a page or ten; more is another file named by mistake
_STANDARD = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Place:
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass
class Document:
    """A YAML file: its data, its text, and where each key and value stands."""

    file: str
    text: str
    data: Any = None
    keys: dict[Path_, Place] = field(default_factory=dict)
    values: dict[Path_, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, place: Place | None, message: str, hint: str = "") -> Problem:
        if place is None:
            return Problem(message, file=self.file, hint=hint)
        lines = self.text.splitlines()
        source = lines[place.line - 1] if place.line <= len(lines) else ""
        return Problem(
            message,
            file=self.file,
            line=place.line,
            column=min(place.column, len(source) + 1),
            source=source,
            hint=hint,
        )

    def at(self, path: Path_, *, key: bool = False) -> Place | None:
        """Where ``path`` stands; where it is not written, the nearest place around it."""
        while path:
            place = self.keys.get(path) if key else self.values.get(path)
            if place is not None:
                return place
            if path in self.keys:
                return self.keys[path]
            path = path[:-1]
        return self.values.get((), Place(1, 1))


def read_document(path: Path | str) -> Document:
    """Read a YAML file whose top is a mapping.

    Raises ``ProtocolError`` where nothing of it can be used (no file, not text, not YAML); other
    mistakes, such as a key written twice, are in ``Document.problems``.
    """
    name = str(path)
    text = _text(Path(path), name)
    document = Document(name, text)
    node = _composed(document)
    if node is None:
        raise ProtocolError(Problem("is empty", file=name, hint="'casewise init' writes a start"))
    document.values[()] = _place(node)
    document.data = _built(document, node, (), [])
    if not isinstance(node, MappingNode):
        found = "a list" if isinstance(node, SequenceNode) else "a single value"
        raise ProtocolError(
            document.problem(_place(node), f'expected "key: value" lines at the top, found {found}')
        )
    return document


def _text(path: Path, name: str) -> str:
    try:
        if path.is_dir():
            raise ProtocolError(Problem("is a folder, not a YAML file", file=name))
        if path.stat().st_size > MOST_BYTES:
            raise ProtocolError(
                Problem(
                    f"is {path.stat().st_size:,} bytes, too large for a protocol or site file",
                    file=name,
                    hint="is this the records file?",
                )
            )
        raw = path.read_bytes()
    except OSError as error:
        raise ProtocolError(
            Problem(f"cannot be read: {error.strerror or error}", file=name)
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ProtocolError(
            Problem(
                f"is not UTF-8 text (line {line} has the byte 0x{raw[error.start]:02x})",
                file=name,
                hint="save the file as UTF-8",
            )
        ) from None


def _composed(document: Document) -> Node | None:
    try:
        nodes = list(YAML(typ="safe", pure=True).compose_all(document.text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else None
        raise ProtocolError(document.problem(place, *_syntax(error))) from None
    except (YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it nests too deeply"
        raise ProtocolError(Problem(f"is not YAML: {reason}", file=document.file)) from None
    if len(nodes) > 1:
        document.problems.append(
            document.problem(_place(nodes[1]), 'a second document starts here; remove the "---"')
        )
    return nodes[0] if nodes else None


def _syntax(error: MarkedYAMLError) -> tuple[str, str]:
    """What went wrong and what to try, for the mistakes that people make."""
    problem = error.problem or "cannot be read"
    if "'\\t'" in problem or "\\t" in problem:
        return "a tab; YAML is indented with spaces", "replace the tab by spaces"
    if "mapping values are not allowed" in problem:
        return (
            'a second ":" on this line, or a line indented too far',
            'put text that holds ": " in quotes',
        )
    if "could not find expected ':'" in problem:
        return 'a ":" is missing on this line or the one before', 'write "key: value"'
    if "expected <block end>" in problem:
        return "this line is not indented as its neighbours are", "line the keys up"
    if "while scanning a quoted scalar" in (error.context or ""):
        return "a quotation mark that is opened here is never closed", ""
    if "undefined alias" in problem:
        return f"{problem}; a word after * refers to an anchor", "put the text in quotes"
    return f"is not YAML here: {problem}", ""


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _built(document: Document, node: Node, path: Path_, above: list[int]) -> Any:
    if id(node) in above:
        document.problems.append(document.problem(_place(node), "refers to itself"))
        return None
    above = [*above, id(node)]
    if isinstance(node, MappingNode):
        return _mapping(document, node, path, above)
    if isinstance(node, SequenceNode):
        items = []
        for number, item in enumerate(node.value):
            document.values[(*path, number)] = _place(item)
            items.append(_built(document, item, (*path, number), above))
        return items
    return _scalar(document, node)


def _mapping(document: Document, node: MappingNode, path: Path_, above: list[int]) -> Any:
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = _place(key_node)
        if not isinstance(key_node, ScalarNode) or key_node.tag == _STANDARD + "merge":
            document.problems.append(document.problem(place, "a key has to be a word or words"))
            continue
        key = " ".join(key_node.value.split())
        if not key:
            document.problems.append(document.problem(place, "a key without a name"))
            continue
        if key in made:
            first = document.keys[(*path, key)]
            document.problems.append(
                document.problem(place, f'"{key}" is written twice; first on line {first.line}')
            )
            continue
        document.keys[(*path, key)] = place
        document.values[(*path, key)] = _place(value_node)
        made[key] = _built(document, value_node, (*path, key), above)
    return made


def _scalar(document: Document, node: Node) -> Any:
    value = str(node.value)
    kind = str(node.tag).removeprefix(_STANDARD)
    try:
        match kind:
            case "null":
                return None
            case "bool":
                return value.lower() == "true"
            case "int":
                return int(value.replace("_", ""), 0) if value[:1] == "0" else int(value)
            case "float":
                return float(value.replace("_", ""))
            case "timestamp":
                return dt.date.fromisoformat(value)
            case "str":
                return value
    except ValueError:
        return value
    document.problems.append(
        document.problem(_place(node), f'the tag "{node.tag}" is not understood', "remove it")
    )
    return value
