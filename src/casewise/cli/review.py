"""``casewise review``: charts read into a form, twice, and settled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casewise.cli import options
from casewise.cli.tables import Table, show
from casewise.errors import EXIT_RECORDS, Problem, ProtocolError, RecordsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from casewise.review.agreement import FieldAgreement
    from casewise.review.store import Store
    from casewise.stats import Estimate

PORT = 8600


@click.group(
    short_help="Read charts into a form, and settle what differs.",
    epilog="""\b
Examples:
  casewise review init study.yaml --site site.yaml
  casewise review import charts --db review.db
  casewise review serve --db review.db
""",
)
def review() -> None:
    """A chart review: the form from the protocol, the charts, the answers, and their log."""


def _db(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--db",
        type=options.PathOrAddress(),
        metavar="FILE",
        default="review.db",
        show_default=True,
        help="The review's file, or a database: postgresql://user@host/database.",
    )(command)


def _by(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--by", metavar="NAME", default="command line", show_default=True, help="Who the log names."
    )(command)


def _open(db: Path | str) -> Store:
    from casewise.review.store import Store

    return Store(db)


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  casewise review {line}" for line in lines) + "\n"


@review.command(
    "init",
    short_help="Make a review from a protocol.",
    epilog=_examples("init study.yaml", "init study.yaml --site ward.yaml --db ward.db"),
)
@options.study
@options.site
@click.option(
    "--db",
    type=options.PathOrAddress(),
    metavar="FILE",
    help="The review's file, or a database's address.  [default: what the site file names]",
)
@_by
def init(study: Path, site: Path | None, db: Path | str | None, by: str) -> None:
    """Make the review of STUDY: its form asks for all that the site marks "from: review".

    The file is never written over. Accounts are made in the browser: casewise review serve.
    """
    from casewise import protocol
    from casewise.engine.address import is_address
    from casewise.protocol.site import Site
    from casewise.review.asking import form_of
    from casewise.review.store import create

    where = options.beside(study, site)
    read_study, read_site = protocol.read(study, where)
    if not isinstance(read_site, Site) or read_site.records.review is None:
        hint = "write, for example: records: {review: review.db}"
        message = "the site's records are no chart review"
        raise ProtocolError(Problem(message, where.name, hint=hint))
    named = read_site.records.path
    path = db or (named if is_address(named) else where.parent / named)
    plan = read_study.review
    shares = {
        "read twice": plan.read_twice,
        "pass mark": plan.pass_mark,
        "read again": plan.read_again,
    }
    form = form_of(read_study, read_site)
    create(path, form, title=read_study.title, blinded=plan.blinded, plan=shares, by=by)
    hidden = sum(one.blinded for one in form.fields) if plan.blinded else 0
    click.echo(
        f"{_named(path)}: a form of {len(form.fields)} fields"
        + (f", {hidden} of them withheld from abstractors" if hidden else "")
    )
    click.echo(f"Next: casewise review import FOLDER --db {path}")


@review.command(
    "import",
    short_help="Add charts from CSV files.",
    epilog=_examples("import charts", "import training --training"),
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_db
@click.option("--training", is_flag=True, help="Charts to train on; they never reach a study.")
@_by
def import_(folder: Path, db: Path | str, training: bool, by: str) -> None:
    """Add the charts in FOLDER: persons.csv, and items.csv and notes.csv where they are.

    All of them are added, or, when a line cannot be read, none; each such line is named. Training
    charts come with key.csv, their right answers: patient, field, answer; ND is not documented, NA
    not applicable.
    """
    from casewise.review.files import read_charts, read_key
    from casewise.review.training import check_key, set_key

    store = _open(db)
    charts = read_charts(folder, training=training)
    keys = read_key(folder) if training else {}
    strange = set(keys) - {one.chart for one in charts[0]}
    if strange:
        raise RecordsError(Problem("a patient who is not in persons.csv", "key.csv"))
    for right in keys.values():
        check_key(store, right)
    counted = store.add_charts(*charts, by=by)
    for chart, right in keys.items():
        set_key(store, chart, right, by=by)
    click.echo("{:,} charts, {:,} records, {:,} notes".format(*counted))
    if training:
        click.echo(f"{len(keys):,} charts with their right answers")


@review.command(
    "assign",
    short_help="Give the charts out.",
    epilog=_examples("assign Ann Bo", "assign Ann Bo Cy --share 20% --seed 1"),
)
@click.argument("abstractors", nargs=-1, required=True)
@_db
@click.option("--share", metavar="PERCENT", help="Read twice.  [default: what the protocol says]")
@click.option("--seed", type=int, metavar="N", help="Of the draw; drawn and logged where left out.")
@_by
def assign(
    abstractors: tuple[str, ...], db: Path | str, share: str | None, seed: int | None, by: str
) -> None:
    """Give each chart that nobody reads yet to one of ABSTRACTORS, and a share of them to two."""
    from casewise.review.assigning import assign as give_out

    store = _open(db)
    wanted = store.planned("read twice", 1.0)
    if share is not None:
        try:
            wanted = float(share.strip().removesuffix("%")) / 100
        except ValueError:
            raise click.BadParameter("a percentage: 20%", param_hint="--share") from None
    given = give_out(store, abstractors, wanted, by=by, seed=seed)
    click.echo(f"{given:,} charts given out, {wanted:.0%} of them twice")


@review.command(
    "serve",
    short_help="Open the review in the browser.",
    epilog=_examples("serve", "serve --port 9000 --idle 30"),
)
@_db
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="The port."
)
@click.option(
    "--idle",
    type=click.IntRange(1, 240),
    default=15,
    show_default=True,
    metavar="MINUTES",
    help="Lock a page that nobody touched for so long.",
)
@click.option(
    "--study",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The protocol, for the page of quality criteria.  [default: study.yaml beside the review]",
)
def serve(db: Path | str, host: str, port: int, idle: int, study: Path | None) -> None:
    """Serve the review to browsers until Ctrl-C.

    While there is no account, the address of the set-up page and a token are printed: whoever has
    the token makes the coordinator's account. Put a server with https before it where others than
    you alone can reach the address.
    """
    import secrets

    try:
        import uvicorn

        from casewise.review.web.app import create_app
    except ImportError:
        message = "the review's pages need more packages"
        raise RecordsError(Problem(message, hint="pip install 'casewise[review]'")) from None
    store = _open(db)
    token = secrets.token_urlsafe(16)
    protocol_file = study or (db.parent if isinstance(db, Path) else Path()) / "study.yaml"
    read_study = None
    if study is not None or protocol_file.is_file():
        from casewise import protocol

        read_study = protocol.read_study(protocol_file)
    app = create_app(store, setup_token=token, idle=idle * 60, study=read_study)
    click.echo(f"http://{host}:{port}/", err=True)
    if not store.accounts():
        click.echo(
            f"The first account: http://{host}:{port}/setup\nSet-up token: {token}", err=True
        )
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


@review.command(
    "status",
    short_help="Who has read what, and how well they agree.",
    epilog=_examples("status", "status --json"),
)
@_db
@options.as_json
def status(db: Path | str, as_json: bool) -> None:
    """Say how far each abstractor is, what is still to be decided, and the agreement by field."""
    from casewise.review import agreement, answers
    from casewise.review.assigning import assignments

    store = _open(db)
    given = assignments(store)
    people = sorted({one.who for one in given})
    done = {who: sum(bool(one.done) for one in given if one.who == who) for who in people}
    total = {who: sum(one.who == who for one in given) for who in people}
    undecided = answers.differences(store, open_only=True)
    agreed = agreement.by_field(store)
    locked = store.locked()
    if as_json:
        said = {
            "charts": len(store.charts()),
            "abstractors": {who: {"done": done[who], "charts": total[who]} for who in people},
            "undecided": [{"chart": one.chart, "field": one.field} for one in undecided],
            "agreement": [_agreement_json(one) for one in agreed],
            "locked": locked.hash if locked else None,
        }
        click.echo(json.dumps(said, indent=2))
        return
    rows = tuple((who, f"{done[who]:,}", f"{total[who]:,}") for who in people)
    readers = Table(f"{len(store.charts()):,} charts", ("abstractor", "done", "of"), rows)
    shown = tuple(_agreement_row(one) for one in agreed if one.charts)
    header = ("field", "charts", "same", "agreement (95% CI)")
    state = "Locked." if locked else f"{len(undecided):,} differences are not decided."
    show([readers, Table("Agreement", header, shown, (state,))], markdown=False)


def _agreement_json(one: FieldAgreement) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "field": one.field,
        "charts": one.charts,
        "agreed": one.agreed,
        "estimates": [asdict(estimate) for estimate in one.estimates],
    }


def _agreement_row(one: FieldAgreement) -> tuple[str, str, str, str]:
    shown = "; ".join(
        f"{e.measure} {'undefined' if e.value is None else _with_interval(e)}"
        for e in one.estimates[:2]
    )
    return one.field, f"{one.charts:,}", f"{one.agreed:,}", shown


def _with_interval(estimate: Estimate) -> str:
    if estimate.lower is None or estimate.upper is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} ({estimate.lower:.2f} to {estimate.upper:.2f})"


@review.command("verify", short_help="Prove the log whole.", epilog=_examples("verify"))
@_db
@options.as_json
@click.pass_context
def verify(ctx: click.Context, db: Path | str, as_json: bool) -> None:
    """Compute every hash of the log again.

    Note the last hash outside the review: with it, a log that was cut short is seen too. Exits 11
    when an entry does not fit.
    """
    found = _open(db).verify()
    if as_json:
        said = {"entries": found.entries, "head": found.head, "broken": found.broken}
        click.echo(json.dumps(said | {"why": found.why}, indent=2))
    elif found.broken is None:
        click.echo(f"The log is whole: {found.entries:,} entries, the last {found.head}")
    else:
        click.echo(f"The log is broken at entry {found.broken:,}: {found.why}", err=True)
    if found.broken is not None:
        ctx.exit(EXIT_RECORDS)


@review.command("backup", short_help="Copy the review.", epilog=_examples("backup review-1.db"))
@click.argument("to", type=click.Path(path_type=Path))
@_db
def backup(to: Path, db: Path | str) -> None:
    """Copy the review to the file TO, also while it is being used. Nothing is written over.

    A review in Postgres becomes a file, which restore brings back to either.
    """
    from casewise.review.copying import copy

    click.echo(f"{to}: {copy(db, to).entries:,} entries")


@review.command(
    "restore", short_help="Bring a copy back.", epilog=_examples("restore review-1.db --db new.db")
)
@click.argument("backup", type=click.Path(path_type=Path))
@_db
def restore(backup: Path, db: Path | str) -> None:
    """Make the file or the database of --db from the copy BACKUP, if its log is whole.

    A review that is there is never written over: move it away first.
    """
    from casewise.review.copying import copy

    click.echo(f"{_named(db)}: {copy(backup, db).entries:,} entries")


def _named(db: Path | str) -> str:
    """What may be printed of a place: the path, or the database without a user's name."""
    from casewise.review.place import database

    return str(db) if isinstance(db, Path) else database(db).name


@review.command(
    "export",
    short_help="Write the answers as files.",
    epilog=_examples("export --out answers", "export --out redcap --redcap"),
)
@_db
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default="review-export",
    show_default=True,
    help="The folder to write; new or empty.",
)
@click.option("--redcap", is_flag=True, help="As a REDCap import with its data dictionary.")
def export(db: Path | str, out: Path, redcap: bool) -> None:
    """Write the answers as CSV: settled, each abstractor's, and the decisions; or for REDCap.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    from casewise.output import staged
    from casewise.review import files
    from casewise.review import redcap as red

    store = _open(db)
    with staged(out) as stage:
        assert stage is not None
        if redcap:
            red.write_dictionary(store.form(), stage / "dictionary.csv")
            made = [("dictionary.csv", len(store.form().fields))]
            made.append(("records.csv", red.write_records(store, stage / "records.csv")))
        else:
            made = files.write_answers(store, stage)
    for name, rows in made:
        click.echo(f"{out / name}: {rows:,} rows")


@review.command(
    "form",
    short_help="Show the form, or put another in its place.",
    epilog=_examples("form > form.yaml", "form --set form.yaml", "form --set dictionary.csv --yes"),
)
@_db
@click.option(
    "--set",
    "new",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A form in YAML, or a REDCap data dictionary (.csv).",
)
@click.option("--yes", is_flag=True, help="Do not ask before a change.")
@_by
def form(db: Path | str, new: Path | None, yes: bool, by: str) -> None:
    """Print the form as YAML. With --set, say what another form would change, and change it.

    No answer is lost: those of a field that is taken out are kept in the log.
    """
    from casewise.review.form import keeping
    from casewise.review.form_files import dumped, loaded

    store = _open(db)
    if new is None:
        click.echo(dumped(store.form()), nl=False)
        return
    wanted, left_out = loaded(new, store.title())
    if new.suffix.lower() == ".csv":
        wanted = keeping(store.form(), wanted)
    for line in left_out:
        click.echo(f"{new.name}: {line}", err=True)
    touched = store.touched(wanted)
    for one in touched:
        keys = f" ({', '.join(one.keys)})" if one.keys else ""
        click.echo(f"{one.what}: {one.field}{keys}; {one.answers:,} answers")
    if not touched:
        click.echo("The form is the same.")
        return
    if not yes:
        click.confirm("Change the form?", abort=True)
    store.change_form(wanted, by)
    click.echo(f"Version {store.form_version()[0]} of the form.")


@review.command("lock", short_help="Let nothing change any more.", epilog=_examples("lock --yes"))
@_db
@click.option("--yes", is_flag=True, help="Do not ask before.")
@_by
def lock(db: Path | str, yes: bool, by: str) -> None:
    """Lock the review: no answer, decision or form can be changed after. The report has its hash.

    Exits 14, and locks nothing, where a chart is not settled yet.
    """
    from casewise.records.review import IncompleteReviewError
    from casewise.review import answers

    store = _open(db)
    unsettled = [
        Problem(f"not settled: {', '.join(names[:5])}", store.name, cell=f"chart {number}")
        for number, chart in enumerate((c for c in store.charts() if not c.training), start=1)
        if (names := answers.settled(store, chart.chart)[1])
    ]
    if unsettled:
        raise IncompleteReviewError(unsettled)
    if not yes:
        click.confirm("Nothing can be changed after. Lock the review?", abort=True)
    click.echo(f"Locked: {store.lock(by)}")
