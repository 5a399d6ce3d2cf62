"""YAML read with the place of every key and value, so that a mistake can be pointed at.

What is written without quotes is text, as what is written with quotes is: ``0.10``, ``010`` and
``no`` stay as they stand, and the key that they belong to says whether they are a number. Only
nothing at all, ``~`` and ``null`` are no value.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from casewise.errors import Problem, ProtocolError
from casewise.protocol.yaml_mistakes import in_plain_words

Path_: TypeAlias = tuple[str | int, ...]
MOST_BYTES = 2_000_000  # a protocol is a page or ten; more is another file named by mistake
MOST_SHOWN = 160
MOST_VALUES = 100_000  # anchors can make a small file into a vast one
_STANDARD = "tag:yaml.org,2002:"
_TAGS = {_STANDARD + kind for kind in ("str", "int", "float", "bool", "null", "timestamp")}
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True)
class Place:
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass
class Document:
    """A YAML file: its data, its text, and where each key and value stands.

    ``empty`` holds the paths of keys and list items with nothing in them, ``damaged`` those of
    mappings and lists of which something could not be read.
    """

    file: str
    text: str
    data: Any = None
    keys: dict[Path_, Place] = field(default_factory=dict)
    values: dict[Path_, Place] = field(default_factory=dict)
    empty: list[Path_] = field(default_factory=list)
    damaged: list[Path_] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, place: Place | None, message: str, hint: str = "") -> Problem:
        if place is None:
            return Problem(message, file=self.file, hint=hint)
        lines = _LINE_END.split(self.text)
        source = lines[place.line - 1] if place.line <= len(lines) else ""
        return Problem(
            message,
            file=self.file,
            line=place.line,
            column=min(place.column, len(source) + 1),
            source=_clipped(source, place.column),
            hint=hint,
        )

    def at(self, path: Path_, *, key: bool = False) -> Place:
        """Where ``path`` stands; where it is not written, the nearest place around it."""
        while path:
            place = self.keys.get(path) if key else self.values.get(path)
            place = place or self.values.get(path) or self.keys.get(path)
            if place is not None:
                return place
            path = path[:-1]
            key = True
        return self.values.get((), Place(1, 1))


def _clipped(source: str, column: int) -> str:
    """A line that a terminal can show; nothing where the place lies beyond it."""
    if len(source) > MOST_SHOWN:
        source = f"{source[:MOST_SHOWN]} …" if column <= MOST_SHOWN else ""
    return source.expandtabs(1)


def read_document(path: Path | str) -> Document:
    """Read a YAML file whose top is a mapping.

    Raises ``ProtocolError`` where nothing of it can be used (no file, not text, not YAML); other
    mistakes, such as a key written twice, are in ``Document.problems``.
    """
    name = str(path)
    document = Document(name, _text(Path(path), name))
    node = _composed(document)
    if node is None or (isinstance(node, ScalarNode) and _nothing(node)):
        raise ProtocolError(
            document.problem(Place(1, 1), "the file is empty", "'casewise init' writes a start")
        )
    if not isinstance(node, MappingNode):
        found = "a list" if isinstance(node, SequenceNode) else "text"
        raise ProtocolError(
            document.problem(_place(node), f'expected "key: value" lines; found {found}')
        )
    document.values[()] = _place(node)
    document.data = _Builder(document).build(node, (), ())
    return document


def _text(path: Path, name: str) -> str:
    try:
        if path.is_dir():
            raise ProtocolError(Problem("is a folder, not a YAML file", file=name))
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            size = path.stat().st_size / 1_000_000
            message = f"is {size:.0f} MB, too large for a protocol or site file"
            raise ProtocolError(Problem(message, file=name, hint="is this the records file?"))
        raw = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ProtocolError(Problem(f"cannot be read: {reason}", file=name)) from None
    if b"\0" in raw[:8000] or raw.startswith(b"PK\x03\x04"):
        hint = "is this the records file? study.yaml and site.yaml are plain text"
        raise ProtocolError(Problem("is not a text file", file=name, hint=hint))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig")
        lines = _LINE_END.split(before)
        document = Document(name, before)
        place = Place(len(lines), len(lines[-1]) + 1)
        byte = raw[error.start]
        message = f"is not UTF-8 text: the byte 0x{byte:02x} stands here"
        raise ProtocolError(document.problem(place, message, "save the file as UTF-8")) from None


def _composed(document: Document) -> Node | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a reused anchor is no mistake
            nodes = list(YAML(typ="safe", pure=True).compose_all(document.text))
    except ReaderError as error:
        lines = _LINE_END.split(document.text[: error.position])
        place = Place(len(lines), len(lines[-1]) + 1)
        message = f"a character that text cannot hold (code {error.character})"
        raise ProtocolError(document.problem(place, message, "remove it")) from None
    except MarkedYAMLError as error:
        mistake = in_plain_words(error, document.text)
        place = Place(mistake.line, mistake.column)
        raise ProtocolError(document.problem(place, mistake.message, mistake.hint)) from None
    except RecursionError:
        raise ProtocolError(document.problem(Place(1, 1), "nests too deeply to be read")) from None
    except (YAMLError, ValueError, IndexError, KeyError, AttributeError, AssertionError):
        # What the YAML reader cannot read and cannot place either.
        raise ProtocolError(document.problem(Place(1, 1), "the file is not YAML")) from None
    if len(nodes) > 1:
        message = 'a second document starts here; remove the "---"'
        document.problems.append(document.problem(_place(nodes[1]), message))
    return nodes[0] if nodes else None


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _nothing(node: ScalarNode) -> bool:
    return node.style is None and node.value in ("", "~", "null", "Null", "NULL")


class _Builder:
    """Data out of nodes; what cannot be data becomes a problem of the document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.built = 0

    def build(self, node: Node, path: Path_, above: tuple[int, ...]) -> Any:
        self.built += 1
        if id(node) in above:
            self._mistake(node, 'refers to itself: "*" repeats what it is inside of')
            self.document.damaged += [path, path[:-1]]
            return None
        if self.built > MOST_VALUES:
            raise ProtocolError(self.document.problem(Place(1, 1), "holds too many values"))
        if len(above) > 100:
            raise ProtocolError(self.document.problem(_place(node), "nests too deeply to be read"))
        above = (*above, id(node))
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if node.tag not in (_STANDARD + "map", _STANDARD + "seq"):
            self._refuse_tag(node)
        if isinstance(node, MappingNode):
            return self._mapping(node, path, above)
        for number, item in enumerate(node.value):
            self.document.values[(*path, number)] = _place(item)
        return [self.build(item, (*path, n), above) for n, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, path: Path_, above: tuple[int, ...]) -> Any:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                self.document.damaged.append(path)
                continue
            here = (*path, key)
            if key in made:
                line = self.document.keys[here].line
                self._mistake(key_node, f'"{key}" is written twice; it stands on line {line} too')
                continue
            self.document.keys[here] = _place(key_node)
            self.document.values[here] = _place(value_node)
            made[key] = self.build(value_node, here, above)
        return made

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            self._mistake(node, "a key is a word or words, not a list or a mapping", _BRACES)
            return None
        if node.tag == _STANDARD + "merge":
            self._mistake(node, 'merging with "<<" is not understood', "write the keys out")
            return None
        key = " ".join(str(node.value).split())
        if not key or _nothing(node):
            found = f'"{key}" cannot be a key' if key else "a key without a name"
            self._mistake(node, found, f'put it in quotes: "{key}"' if key else "")
            return None
        return key

    def _scalar(self, node: ScalarNode, path: Path_) -> str | None:
        if node.tag not in _TAGS:
            self._refuse_tag(node)
        if _nothing(node):
            self.document.empty.append(path)
            return None
        # A lone surrogate can be written as an escape, but no file can hold it.
        return str(node.value).encode("utf-8", "replace").decode("utf-8")

    def _refuse_tag(self, node: Node) -> None:
        tag = str(node.tag).removeprefix(_STANDARD)
        self._mistake(node, f'the tag "!{tag}" is not understood', "remove it; text needs none")

    def _mistake(self, node: Node, message: str, hint: str = "") -> None:
        self.document.problems.append(self.document.problem(_place(node), message, hint))


_BRACES = "text that starts with [ or { needs quotes"
