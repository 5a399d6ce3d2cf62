"""A review that is killed while it saves: what was acknowledged is there, and the log is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

import pytest

from casewise.review import answers, assigning
from casewise.review.form import Field, Form
from casewise.review.store import Chart, Store, create
from small_review import Place

FIELDS = 6
# One abstractor who saves as fast as can be, and says so once a save has returned.
SAVING = """
import sys
from casewise.review import answers
from casewise.review.store import Store

store = Store(sys.argv[1])
who, start = sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
number = start
while True:
    number += 1
    field = f"field {number % 6}"
    now = answers.of_chart(store, "p1", who).get(field)
    base = now.version if now is not None else 0
    made = answers.save(
        store, "p1", field, who, status="answered", value=str(number), base=base
    )
    print(who, field, number, made.version, flush=True)
"""


def a_review(path: Place) -> Store:
    fields = tuple(Field(name=f"field {i}", type="number") for i in range(FIELDS))
    store = create(path, Form(fields=fields), title="Made up")
    store.add_charts([Chart("p1", "", "", False)], [], [], by="Cora")
    for place, who in enumerate(("Ann", "Bo"), start=1):
        store.add_account(who, "abstractor", "hash", by="Cora")
        assigning.give(store, "p1", who, place, by="Cora")
    return store


def killed_while_saving(path: Place, start: int, saves: int) -> list[tuple[str, str, int, int]]:
    """Two processes save at once; both are killed in the middle. What they had acknowledged."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", SAVING, str(path), who, str(start)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in ("Ann", "Bo")
    ]
    heard: list[str] = []
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    assert workers[0].stdout is not None
    heard += [workers[0].stdout.readline() for _ in range(saves)]
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    for worker in workers:
        assert worker.stdout is not None
        heard += worker.stdout.readlines()
        worker.wait()
        worker.stdout.close()
    whole = [line.rsplit(maxsplit=2) for line in heard if line.endswith("\n")]
    return [
        (about.split(maxsplit=1)[0], about.split(maxsplit=1)[1], int(number), int(version))
        for about, number, version in whole
    ]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_every_acknowledged_answer_is_there_and_the_log_verifies(place: Place) -> None:
    kills = int(os.environ.get("CASEWISE_KILLS", "5"))  # benchmarks/README.md: 200
    a_review(place).close()
    draw = random.Random(kills)
    told: dict[int, tuple[str, str, int]] = {}
    for kill in range(kills):
        start = 1000 * kill
        for who, field, number, version in killed_while_saving(place, start, draw.randint(1, 12)):
            told[version] = (who, field, number)
        store = Store(place)
        checked = store.verify()
        assert checked.broken is None
        kept = {one.seq: one for one in store.entries(kind="answer", most=-1)}
        for version, (who, field, number) in told.items():
            entry = kept[version]
            assert (entry.who, entry.field, entry.body["value"]) == (who, field, str(number))
        last = {(one.who, one.field): seq for seq, one in kept.items()}
        standing = [a for who in ("Ann", "Bo") for a in answers.of_chart(store, "p1", who).values()]
        assert {(a.who, a.field): a.version for a in standing} == last
        store.close()
    assert len(told) >= kills
