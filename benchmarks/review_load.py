"""A chart review under load: 50 abstractors at once on 10,000 charts of 30 notes each.

    python benchmarks/review_load.py                     # two minutes
    python benchmarks/review_load.py --seconds 20 --charts 1000

The review is made up. Its server and a bare Starlette page's are processes of their own; this one
holds the abstractors. Each does something every second on the average, which is several times as
fast as a person reads: opens a chart, its notes and records, saves answers with evidence, takes
some back, searches in the chart and in all notes, looks at the worklist. Printed is, by page, the
median and the 95th percentile beside the bare page's, asked just as often in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx2 as httpx

from casewise.review import assigning
from casewise.review.form import Form
from casewise.review.store import Chart, Item, Note, Store, create

PASSWORD = "made up, and of everybody here"
FORM = Form.model_validate(
    {
        "title": "A made-up form",
        "fields": [
            {"name": f"{what} {n}", "type": kind, **more}
            for n in range(1, 9)
            for what, kind, more in (
                ("event", "yes or no", {"words": ["fever", "rituximab"]}),
                ("day of event", "date", {}),
                ("value", "number", {"low": "0", "high": "1000"}),
            )
        ],
    }
)
COMMON = (
    *("seen", "today", "no", "complaints", "fever", "cough", "dyspnea", "stable", "afebrile"),
    *("continue", "follow", "up", "in"),
)
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnrt" for vowel in "ae"]
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def page(request): return PlainTextResponse("bare")
uvicorn.run(Starlette(routes=[Route("/", page)]), port=int(sys.argv[1]), log_level="error",
            access_log=False)
"""


def a_word(draw: random.Random) -> str:
    """A common one, or one of 8,000, from frequent to rare."""
    if draw.random() < 0.6:
        return draw.choice(COMMON)
    at = min(int(draw.paretovariate(0.6)), 7999)
    return SYLLABLES[at % 20] + SYLLABLES[at // 20 % 20] + SYLLABLES[at // 400]


def made_up_review(path: Path, charts: int, notes: int, people: list[str]) -> Store:
    from casewise.review.web.doors import hash_password

    draw = random.Random(20261127)
    store = create(path, FORM, title="Made up")
    hashed = hash_password(PASSWORD)
    store.add_account("Cora", "coordinator", hashed, by="benchmark")
    for name in people:
        store.add_account(name, "abstractor", hashed, by="benchmark")
    names = [f"p{number:05}" for number in range(charts)]

    def day() -> str:
        return f"2021-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"

    store.add_charts(
        (Chart(name, "F", "50", False) for name in names),
        (
            (name, Item("measurement", day(), "", "ferritin", str(draw.randrange(900)), "ng/mL"))
            for name in names
            for _ in range(20)
        ),
        (
            Note(
                f"{name}-{number}",
                name,
                f"{day()}T10:00",
                "Ward note",
                " ".join(a_word(draw) for _ in range(120)),
            )
            for name in names
            for number in range(notes)
        ),
        by="benchmark",
    )
    assigning.assign(store, people, 0.2, by="benchmark", seed=1)
    return store


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class Abstractor:
    """One person at a browser, who does something every ``pause`` seconds on the average."""

    def __init__(self, name: str, addresses: tuple[str, str], pause: float, until: float) -> None:
        self.name, (self.address, self.bare), self.until = name, addresses, until
        self.pause = pause
        self.draw = random.Random(name)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []

    async def ask(self, what: str, method: str, path: str, **more: object) -> httpx.Response:
        await asyncio.sleep(self.draw.expovariate(1 / self.pause))
        began = time.perf_counter()
        answer = await self.client.request(method, path, **more)
        self.took[what].append(time.perf_counter() - began)
        if answer.status_code >= 400:
            self.wrong.append(f"{what}: {answer.status_code}")
        return answer

    async def work(self) -> None:
        async with httpx.AsyncClient(base_url=self.address, timeout=60) as self.client:
            await asyncio.sleep(self.draw.uniform(0, 20 * self.pause))  # not all at one moment
            await self.sign_in()
            page = await self.ask("worklist", "GET", "/worklist")
            self.token = re.search(r'data-csrf="([^"]+)"', page.text)[1]
            charts = re.findall(r'href="/chart/([^"]+)"', page.text)
            self.draw.shuffle(charts)
            for chart in charts * 100:
                if time.monotonic() > self.until:
                    return
                await self.read(chart)

    async def sign_in(self) -> None:
        await self.client.get("/login")
        form = {
            "csrf": self.client.cookies["casewise-csrf"],
            **{"name": self.name, "password": PASSWORD},
        }
        began = time.perf_counter()
        answer = await self.client.post("/login", data=form)
        self.took["sign in (argon2)"].append(time.perf_counter() - began)
        assert answer.status_code == 303, answer.status_code

    async def read(self, chart: str) -> None:
        at = f"/chart/{chart}"
        await self.ask("worklist", "GET", "/worklist")
        await self.ask("chart", "GET", at)
        state = (await self.ask("answers and list of notes", "GET", f"{at}/state")).json()
        await self.ask("records", "GET", f"{at}/records")
        names = [one["id"] for one in state["notes"]]
        versions = {name: said["version"] for name, said in state["answers"].items()}
        for number, field in enumerate(self.draw.sample(FORM.fields, 10)):
            if time.monotonic() > self.until:
                return
            await self.bare_page()
            note = self.draw.choice(names)
            text = (await self.ask("note", "GET", f"{at}/note/{note}")).json()["text"]
            if field.words:
                await self.ask("marked words", "GET", f"{at}/marks", params={"field": field.name})
            evidence = [{"note": note, "start": 0, "end": 20, "quote": text[:20]}]
            value = {"yes or no": "yes", "date": "2021-05-05", "number": "7"}[field.type]
            await self.save(at, field.name, value, evidence, versions)
            if number % 2:
                await self.save(at, field.name, None, evidence, versions)
        word = self.draw.choice(text.split())
        await self.ask("search in the chart", "GET", f"{at}/search", params={"q": word})
        words = f"{word} {self.draw.choice(text.split())}"
        await self.ask("search in all notes", "GET", "/worklist", params={"q": words})

    async def save(
        self, at: str, field: str, value: str | None, evidence: list, versions: dict[str, int]
    ) -> None:
        body = {
            **{"field": field, "value": value, "evidence": evidence},
            "status": "answered" if value else "not documented",
            "base": versions.get(field, 0),
        }
        headers = {"x-csrf-token": self.token}
        saved = await self.ask("save an answer", "POST", f"{at}/answer", json=body, headers=headers)
        versions[field] = saved.json().get("version", 0)

    async def bare_page(self) -> None:
        await asyncio.sleep(self.draw.expovariate(1 / self.pause))
        began = time.perf_counter()
        await self.client.get(self.bare)
        self.took["bare page"].append(time.perf_counter() - began)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


async def everybody(people: list[Abstractor]) -> None:
    await asyncio.gather(*(one.work() for one in people))


def searches(store: Store) -> None:
    """The index alone, without the pages: words of every rarity, over all notes."""
    draw = random.Random(7)
    asked = [" ".join(a_word(draw) for _ in range(1 + n % 3)) for n in range(60)]
    asked += ["fever", "seen today", '"no complaints"']
    times = []
    for words in asked:
        began = time.perf_counter()
        store.search(words)
        times.append(1000 * (time.perf_counter() - began))
    count = store.rows("SELECT COUNT(*) FROM note")[0][0]
    print(
        f"search over {count:,} notes, {len(asked)} queries, ms: median "
        f"{percentile(times, 0.5):.1f}, 95% {percentile(times, 0.95):.1f}, most {max(times):.1f}"
        "   (goal: under 200)"
    )


def main() -> None:
    parse = argparse.ArgumentParser()
    for name, value in (("people", 50), ("charts", 10_000), ("notes", 30), ("seconds", 120)):
        parse.add_argument(f"--{name}", type=int, default=value)
    parse.add_argument("--pause", type=float, default=1.0, help="seconds between two requests")
    told = parse.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "load.db"
        names = [f"Ann{number}" for number in range(told.people)]
        began = time.perf_counter()
        store = made_up_review(path, told.charts, told.notes, names)
        size = path.stat().st_size / 1e6
        print(f"made in {time.perf_counter() - began:.0f} s, {size:,.0f} MB")
        searches(store)
        ports = free_port(), free_port()
        run = [sys.executable, "-m", "casewise", "review", "serve", "--db", str(path)]
        servers = [
            subprocess.Popen([*run, "--port", str(ports[0])], stderr=subprocess.DEVNULL),
            subprocess.Popen([sys.executable, "-c", BARE, str(ports[1])]),
        ]
        try:
            addresses = tuple(f"http://127.0.0.1:{port}" for port in ports)
            for address in addresses:
                wait_for(address)
            until = time.monotonic() + told.seconds
            people = [Abstractor(name, addresses, told.pause, until) for name in names]
            asyncio.run(everybody(people))
        finally:
            for server in servers:
                server.terminate()
                server.wait()
        report(people, told.seconds)
        checked = store.verify()
        print(
            f"the log: {checked.entries:,} entries, "
            + ("whole" if not checked.broken else "broken")
        )


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            httpx.get(address, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit(f"no answer from {address}")


def report(people: list[Abstractor], seconds: int) -> None:
    took: dict[str, list[float]] = defaultdict(list)
    for one in people:
        for what, times in one.took.items():
            took[what] += times
    bare = percentile(took["bare page"], 0.95)
    total = sum(len(times) for times in took.values())
    print(f"{len(people)} abstractors, {total:,} requests, {total / seconds:.0f} a second")
    print(f"{'milliseconds':<28}{'requests':>9}{'median':>9}{'95%':>9}{'95% over bare':>15}")
    for what in sorted(took, key=lambda name: (name != "bare page", name)):
        times = took[what]
        middle, high = percentile(times, 0.5), percentile(times, 0.95)
        over = "" if what == "bare page" else f"{1000 * (high - bare):.1f}"
        goal = ("   goal 50: " + ("met" if high - bare < 0.05 else "missed")) * (
            what == "save an answer"
        )
        print(f"{what:<28}{len(times):>9,}{1000 * middle:>9.1f}{1000 * high:>9.1f}{over:>15}{goal}")
    wrong = [what for one in people for what in one.wrong]
    print(f"refused or failed: {len(wrong)}", *sorted(set(wrong)))


if __name__ == "__main__":
    main()
