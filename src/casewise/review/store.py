"""A review: accounts, charts, assignments, and answers that are never lost.

Every change is one transaction that appends to the sealed log (:mod:`casewise.review.log`) and
brings the tables up to date; when a call has returned, it is on the disk. The tables ``answer``
and ``decision`` are the log as it stands now. Answers are in :mod:`casewise.review.answers`, who
reads which chart in :mod:`casewise.review.assigning`.

A store may be used from several threads and processes at once: each thread has a connection of its
own, and writers wait for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from casewise.errors import CasewiseError, Problem, RecordsError
from casewise.review import log
from casewise.review.database import NO_REVIEW, Connection, Sqlite
from casewise.review.form import Change, Form, Status, changes
from casewise.review.place import database
from casewise.review.tables import VERSION

Role = Literal["coordinator", "abstractor", "adjudicator", "reader"]
ROLES: tuple[Role, ...] = ("coordinator", "abstractor", "adjudicator", "reader")


class ReviewError(CasewiseError):
    """What was asked of the review cannot be done; the sentence says why. Exit code 12."""

    exit_code = 12


@dataclass(frozen=True)
class Account:
    """``password`` is an argon2id hash. Names are one person's, whatever their case."""

    name: str
    role: Role
    password: str
    active: bool


@dataclass(frozen=True)
class Chart:
    """One patient's chart. ``training`` charts have known answers and never reach the analysis."""

    chart: str
    sex: str
    age: str
    training: bool


@dataclass(frozen=True)
class Item:
    """A structured record of a chart; ``start`` is ISO 8601, ``value`` a number as text."""

    domain: str
    start: str
    end: str
    term: str
    value: str
    unit: str


@dataclass(frozen=True)
class Note:
    """A document of a chart. Offsets of evidence count characters of ``text``."""

    note: str
    chart: str
    time: str
    kind: str
    text: str


@dataclass(frozen=True)
class Evidence:
    """Where in a document an answer stands: ``quote`` is ``text[start:end]``."""

    note: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Answer:
    """One abstractor's answer to one field of one chart, as it stands. ``version`` is the number
    of the log's entry that made it; 0 is no answer yet."""

    chart: str
    field: str
    who: str
    version: int
    status: Status | None
    value: str
    evidence: tuple[Evidence, ...]
    reason: str
    at: str


@dataclass(frozen=True)
class Assignment:
    """``place`` is 1 for the first abstractor of a chart, 2 for the second, 3 and up for a chart
    read again later to see drift. ``done`` is when the abstractor finished it, empty before."""

    chart: str
    who: str
    place: int
    done: str


@dataclass(frozen=True)
class Difference:
    """A field that two abstractors of a chart answered differently, with the decision if any."""

    chart: str
    field: str
    answers: tuple[Answer, ...]
    decision: Answer | None


class ConflictError(Exception):
    """An answer was saved on the basis of one that is no longer the latest. Nothing was written;
    ``newer`` is what stands there now."""

    def __init__(self, newer: Answer) -> None:
        super().__init__("there is a newer answer")
        self.newer = newer


def create(
    where: Path | str,
    form: Form,
    *,
    title: str,
    blinded: bool = False,
    plan: Mapping[str, float] | None = None,
    by: str = "casewise",
) -> Store:
    """Make a review in a file, which may not be there yet, or in the Postgres database of an
    address, which may hold none. Raises ``RecordsError``."""
    made = database(where)
    if made.exists():
        raise RecordsError(Problem("is there already; a review is never written over", made.name))
    made.make()
    store = Store(where)
    with store.writing() as write:
        about = {"title": title, "blinded": blinded, "plan": dict(plan or {})}
        log.append(write, by, "review", about)
        store._keep_form(write, form, by)
    return store


class Store:
    """A review that is there, in a file or at an address. Raises ``RecordsError`` where none is."""

    def __init__(self, where: Path | str) -> None:
        self.database = database(where)
        self.name = self.database.name
        self._local = threading.local()
        self._kept_form: tuple[int, tuple[int, Form]] | None = None
        if not self.database.exists():
            there = "no such file" if isinstance(self.database, Sqlite) else "there is no review"
            raise RecordsError(Problem(f"{there}; casewise review init makes one", self.name))
        version = self.database.version(self._connection)
        if version is None:
            raise RecordsError(Problem(NO_REVIEW, self.name))
        if version != VERSION:
            message = f"is a chart review of version {version}, not {VERSION}"
            raise RecordsError(Problem(message, self.name))

    # -- connections ----------------------------------------------------------------------------

    @property
    def _connection(self) -> Connection:
        made: Connection | None = getattr(self._local, "connection", None)
        if made is None or not self.database.usable(made):
            made = self.database.connect()
            self._local.connection = made
        return made

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; all of it or nothing happens."""
        connection = self._connection
        self.database.begin(connection)
        try:
            yield connection
        except BaseException:
            with suppress(RecordsError):
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """As ``writing``, refused once the study is locked."""
        with self.writing() as write:
            if self.locked() is not None:
                raise ReviewError("the review is locked: nothing can be changed any more")
            yield write

    def close(self) -> None:
        """Close this thread's connection."""
        if (made := getattr(self._local, "connection", None)) is not None:
            made.close()
            self._local.connection = None

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    # -- the study ------------------------------------------------------------------------------

    def _about(self) -> Mapping[str, Any]:
        return next(log.read(self._connection, most=1)).body

    def title(self) -> str:
        return str(self._about()["title"])

    def planned(self, key: str, otherwise: float) -> float:
        """A share that the protocol plans: ``read twice``, ``pass mark`` or ``read again``."""
        return float(self._about().get("plan", {}).get(key, otherwise))

    def blinded(self) -> bool:
        """Whether abstractors may not see the arm and the outcomes."""
        return bool(self._about()["blinded"])

    def form(self) -> Form:
        """The form of today."""
        return self.form_version()[1]

    def form_version(self) -> tuple[int, Form]:
        """The form's version, counted from 1, and the form."""
        entry = next(log.read(self._connection, kind="form", newest_first=True, most=1))
        kept: tuple[int, tuple[int, Form]] | None = self._kept_form
        if kept is None or kept[0] != entry.seq:
            form = Form.model_validate(entry.body["form"])
            kept = self._kept_form = (entry.seq, (int(entry.body["version"]), form))
        return kept[1]

    def change_form(self, form: Form, by: str) -> None:
        """Put a new version of the form in the place of the old; what it changes is in the log.
        Answers stay: those of a field that is taken out are kept, and no longer asked for."""
        with self.changing() as write:
            self._keep_form(write, form, by)

    def touched(self, form: Form) -> list[Change]:
        """What a new version would change, each with the answers that it touches."""
        count = dict(self.rows("SELECT field, COUNT(*) FROM answer GROUP BY field"))
        return [replace(c, answers=count.get(c.field, 0)) for c in changes(self.form(), form)]

    def _keep_form(self, write: Connection, form: Form, by: str) -> None:
        earlier = list(log.read(write, kind="form"))
        said = [asdict(c) for c in self.touched(form)] if earlier else []
        body = {"version": len(earlier) + 1, "form": form.model_dump(mode="json"), "changes": said}
        log.append(write, by, "form", body)

    def lock(self, by: str) -> str:
        """Let nothing be changed any more. The answer is the lock's hash, for the report."""
        with self.changing() as write:
            return log.append(write, by, "lock", {}).hash

    def locked(self) -> log.Entry | None:
        return next(log.read(self._connection, kind="lock"), None)

    def verify(self) -> log.Verified:
        return log.verify(self._connection)

    def entries(
        self, *, since: int = 0, most: int = 100, newest_first: bool = False, **only: str
    ) -> list[log.Entry]:
        """A page of the log; ``only`` names a chart, field, who or kind."""
        return list(
            log.read(self._connection, since=since, most=most, newest_first=newest_first, **only)
        )

    # -- accounts -------------------------------------------------------------------------------

    def accounts(self) -> list[Account]:
        rows = self.rows("SELECT name, role, password, active FROM account ORDER BY name")
        return [
            Account(name, role, password, bool(active)) for name, role, password, active in rows
        ]

    def account(self, name: str) -> Account | None:
        wanted = name.strip()
        rows = self.rows("SELECT name, role, password, active FROM account WHERE name = ?", wanted)
        for found, role, password, active in rows:
            return Account(found, role, password, bool(active))
        # The databases' own rules for case know less than Python's.
        every = [one for one in self.accounts() if one.name.casefold() == wanted.casefold()]
        return every[0] if every else None

    def add_account(self, name: str, role: Role, password: str, *, by: str) -> Account:
        """``password`` is a hash; it is kept beside the log, not in it."""
        name = name.strip()
        if not name or role not in ROLES:
            raise ReviewError("an account has a name and one of the roles " + ", ".join(ROLES))
        with self.writing() as write:
            if self.account(name) is not None:
                raise ReviewError(f'there is an account "{name}" already')
            log.append(write, by, "account", {"name": name, "role": role})
            write.execute("INSERT INTO account VALUES (?, ?, ?, 1)", (name, role, password))
        return Account(name, role, password, True)

    def set_password(self, name: str, password: str, *, by: str) -> None:
        self._set_account(name, "password", password, by, shown=False)

    def set_role(self, name: str, role: Role, *, by: str) -> None:
        if role not in ROLES:
            raise ReviewError("a role is one of " + ", ".join(ROLES))
        self._set_account(name, "role", role, by)

    def set_active(self, name: str, active: bool, *, by: str) -> None:
        """Whether the account may sign in. The last active coordinator stays."""
        self._set_account(name, "active", int(active), by)

    def _set_account(self, name: str, key: str, value: Any, by: str, *, shown: bool = True) -> None:
        with self.writing() as write:
            found = self.account(name)
            if found is None:
                raise ReviewError(f'there is no account "{name}"')
            body = {"name": name, "key": key} | ({"value": value} if shown else {})
            log.append(write, by, "account changed", body)
            write.execute(f"UPDATE account SET {key} = ? WHERE name = ?", (value, found.name))
            left = write.execute(
                "SELECT COUNT(*) FROM account WHERE role = 'coordinator' AND active = 1"
            ).fetchone()[0]
            if not left:
                raise ReviewError("somebody has to stay coordinator")

    # -- charts ---------------------------------------------------------------------------------

    def add_charts(
        self,
        charts: Iterable[Chart],
        items: Iterable[tuple[str, Item]],
        notes: Iterable[Note],
        *,
        by: str,
    ) -> tuple[int, int, int]:
        """Add charts with their structured records and documents; how many of each. Raises
        ``ReviewError``, with nothing added, where a chart is there already or a record is of
        none."""
        with self.changing() as write:
            try:
                text = self.database.text
                made = write.executemany(
                    "INSERT INTO chart VALUES (?, ?, ?, ?)",
                    ((c.chart, c.sex, c.age, int(c.training)) for c in charts),
                ).rowcount
                added = write.executemany(
                    "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)",
                    ((c, i.domain, i.start, i.end, i.term, i.value, i.unit) for c, i in items),
                ).rowcount
                written = write.executemany(
                    "INSERT INTO note (note, chart, time, kind, text) VALUES (?, ?, ?, ?, ?)",
                    ((n.note, n.chart, n.time, n.kind, text(n.text)) for n in notes),
                ).rowcount
            except self.database.twice as error:
                kind = "is there twice" if self.database.is_double(error) else "is of no chart"
                raise ReviewError(
                    f"a chart, a record or a note {kind}; nothing was added"
                ) from None
            counted = (max(made, 0), max(added, 0), max(written, 0))
            body = dict(zip(("charts", "items", "notes"), counted, strict=True))
            log.append(write, by, "charts", body)
        return counted

    def charts(self) -> list[Chart]:
        rows = self.rows("SELECT chart, sex, age, training FROM chart ORDER BY rowid")
        return [Chart(chart, sex, age, bool(training)) for chart, sex, age, training in rows]

    def training(self) -> set[str]:
        """The charts that are for training."""
        return {name for (name,) in self.rows("SELECT chart FROM chart WHERE training = 1")}

    def chart(self, name: str) -> Chart | None:
        rows = self.rows("SELECT chart, sex, age, training FROM chart WHERE chart = ?", name)
        return next((Chart(chart, sex, age, bool(t)) for chart, sex, age, t in rows), None)

    def items(self, chart: str) -> list[Item]:
        """In order of their start."""
        return [
            Item(*row)
            for row in self.rows(
                'SELECT domain, start, "end", term, value, unit FROM item WHERE chart = ? '
                "ORDER BY start, rowid",
                chart,
            )
        ]

    def notes(self, chart: str) -> list[Note]:
        """In order of their time."""
        return [
            Note(*row)
            for row in self.rows(
                "SELECT note, chart, time, kind, text FROM note WHERE chart = ? "
                "ORDER BY time, note",
                chart,
            )
        ]

    def note(self, chart: str, name: str) -> Note | None:
        """One document of a chart."""
        rows = self.rows(
            "SELECT note, chart, time, kind, text FROM note WHERE note = ? AND chart = ?",
            name,
            chart,
        )
        return next((Note(*row) for row in rows), None)

    def search(self, words: str, *, chart: str = "", who: str = "", most: int = 50) -> list[Note]:
        """Notes with all of these words, or with "a phrase" in quotes: of one chart in order of
        time, else of the charts given to somebody, or of all. Then the best are first, but where
        more than 2,000 notes have the words they are in the order that they came in."""
        phrases = _phrases(words)
        if not phrases:
            return []
        found = self.database.search(self._connection, phrases, chart, who, most)
        return [Note(*row) for row in found]


def _phrases(words: str) -> list[str]:
    """The words of a search and its phrases in quotes, without what a query language would read."""
    parts = words.replace("\0", " ").split('"')
    found = [part.strip() for part in parts[1::2]]
    found += [word for part in parts[0::2] for word in part.split()]
    return [one for one in found if any(letter.isalnum() for letter in one)][:20]
