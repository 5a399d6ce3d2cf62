"""The published criteria for record reviews, each held against the protocol and the log.

From Gilbert and others [gilbert1996], Worster and others [worster2005], and Vassar and Holzmann
[vassar2013], in our own words. A criterion is met, not met, or needs the author: what no log can
know (where the records come from, how charts were found, who approved) is never claimed.
"""

from __future__ import annotations

from collections.abc import Iterator

from casewise.protocol.model import Study
from casewise.results_review import ReviewCriterion
from casewise.review import training
from casewise.review.again import drift
from casewise.review.store import Store

GILBERT, WORSTER, VASSAR = "gilbert1996", "worster2005", "vassar2013"
ALL = (GILBERT, WORSTER, VASSAR)
AUTHOR = "needs author"


def quality(
    store: Store, study: Study | None, *, twice: int, differences: int, decided: int
) -> tuple[ReviewCriterion, ...]:
    """Every criterion with its verdict and the evidence, in the order in which a study is made.
    Without a study the two that its protocol answers are left out.

    ``twice`` is how many charts two abstractors have done, ``differences`` how many of their
    answers differed, of which ``decided`` were settled.
    """
    return (
        *((_question(study), _cases(study)) if study is not None else ()),
        ReviewCriterion(
            criterion="The records that were searched are identified",
            verdict=AUTHOR,
            evidence="Name the hospital's record system and the years that were searched.",
            sources=(WORSTER,),
        ),
        _sampling(store),
        *_form(store),
        *_people(store),
        _monitoring(store, twice),
        _blinding(store),
        *_agreement(store, twice, differences, decided),
        _missing(store),
        ReviewCriterion(
            criterion="A review board approved the study or waived approval",
            verdict=AUTHOR,
            evidence="Name the board, its decision and its number.",
            sources=(WORSTER, VASSAR),
        ),
    )


def _verdict(
    criterion: str, met: bool, evidence: str, sources: tuple[str, ...] = ALL
) -> ReviewCriterion:
    verdict = "met" if met else "not met"
    return ReviewCriterion(
        criterion=criterion,
        verdict=verdict,
        evidence=evidence,
        sources=sources,
    )


def _question(study: Study) -> ReviewCriterion:
    asked = bool(study.question.strip())
    return _verdict(
        "The question is stated",
        asked,
        "The protocol asks it." if asked else "The protocol has no question.",
        (VASSAR,),
    )


def _cases(study: Study) -> ReviewCriterion:
    rules = len(study.cohort.include) + len(study.cohort.exclude)
    return _verdict(
        "Criteria of selection are explicit",
        rules > 0,
        f"The protocol has an index date and {_many(rules, 'criterion', 'criteria')}.",
    )


def _sampling(store: Store) -> ReviewCriterion:
    charts = [one.chart for one in store.charts() if not one.training]
    given = {row[0] for row in store.rows("SELECT DISTINCT chart FROM assignment")}
    left = sum(chart not in given for chart in charts)
    read = "every one was given to an abstractor" if not left else f"{left} were given to nobody"
    return ReviewCriterion(
        criterion="How charts were sampled is described",
        verdict=AUTHOR,
        evidence=(
            f"{_many(len(charts), 'chart was', 'charts were')} brought in and {read}; say how they "
            "were found, and why so many."
        ),
        sources=(WORSTER, VASSAR),
    )


def _form(store: Store) -> Iterator[ReviewCriterion]:
    form = store.form()
    asked = [one for one in form.fields if one.show_when is None]
    bare = [one.name for one in asked if not one.definition.strip()]
    evidence = (
        f"{len(asked) - len(bare)} of {_many(len(asked), 'field', 'fields')} have a definition"
    )
    missing = f"; not {', '.join(bare[:3])}{' and others' if len(bare) > 3 else ''}" if bare else ""
    yield _verdict("Variables are defined", not bare, f"{evidence}{missing}.")
    versions = store.entries(kind="form", most=-1)
    first = next(iter(store.entries(kind="answer", most=1)), None)
    later = sum(first is not None and one.seq > first.seq for one in versions)
    changed = (
        f"it was changed {_many(later, 'time', 'times')} after reading began, as the log says"
        if later
        else "it was not changed after reading began"
    )
    yield _verdict(
        "A standard form was used",
        True,
        f"Every chart was read into one form of {_many(len(form.fields), 'field', 'fields')}; "
        f"{changed}.",
    )
    yield ReviewCriterion(
        criterion="A manual of procedures was written",
        verdict=AUTHOR,
        evidence="The form's definitions are kept; say what else abstractors were told.",
        sources=(VASSAR,),
    )


def _people(store: Store) -> Iterator[ReviewCriterion]:
    keyed = [one.chart for one in store.charts() if one.training and training.key(store, one.chart)]
    people = _abstractors(store)
    done = sum(training.passed(store, who) for who in people) if keyed else 0
    mark = f"{100 * training.pass_mark(store):g}%"
    told = (
        f"{done} of {_many(len(people), 'abstractor', 'abstractors')} reached the pass mark of "
        f"{mark} on {_many(len(keyed), 'training chart', 'training charts')}."
        if keyed
        else "The review had no training charts."
    )
    yield _verdict("Abstractors were trained", bool(keyed and people) and done == len(people), told)
    tried = [
        row[0]
        for row in store.rows(
            "SELECT MIN(l.seq) FROM log AS l JOIN chart AS c ON c.chart = l.chart "
            "WHERE l.kind = 'answer' GROUP BY c.training ORDER BY c.training DESC"
        )
    ]
    pilot = bool(keyed) and len(tried) == 2 and tried[0] < tried[1]
    yield ReviewCriterion(
        criterion="The form was tried out before the study",
        verdict="met" if pilot else AUTHOR,
        evidence=(
            "Training charts were read with it before any other chart."
            if pilot
            else "Say whether and on which charts."
        ),
        sources=(VASSAR,),
    )


def _monitoring(store: Store, twice: int) -> ReviewCriterion:
    points = drift(store)
    again = sum(one.read for one in points)
    same, every = sum(one.same for one in points), sum(one.answers for one in points)
    as_before = f", with {same} of {every} answers as in the first reading" if again else ""
    parts = [f"{_many(again, 'chart was', 'charts were')} read again later to see drift{as_before}"]
    parts += [f"{_many(twice, 'chart was', 'charts were')} read twice, with agreement live"]
    return _verdict(
        "Abstractors' work was watched",
        bool(again or twice),
        f"{parts[0]}; {parts[1]}.",
    )


def _blinding(store: Store) -> ReviewCriterion:
    hidden = sum(one.blinded for one in store.form().fields)
    blind = store.blinded() and hidden > 0
    return _verdict(
        "Abstractors were blinded",
        blind,
        (
            f"{_many(hidden, 'field', 'fields')} that say the arm or an outcome were withheld from "
            "abstractors. Whether they knew the hypothesis, the log cannot say."
            if blind
            else "Abstractors saw the arm and the outcomes."
        ),
        (GILBERT, WORSTER),
    )


def _agreement(
    store: Store, twice: int, differences: int, decided: int
) -> Iterator[ReviewCriterion]:
    charts = sum(not one.training for one in store.charts())
    yield _verdict(
        "Agreement of abstractors is reported",
        twice > 0,
        f"Two abstractors read {twice} of {_many(charts, 'chart', 'charts')}.",
    )
    yield _verdict(
        "Agreement was tested statistically",
        twice > 1,
        (
            "Chance-corrected agreement is given for each field, with its interval; "
            f"{_many(differences, 'answer', 'answers')} differed, of which {decided} were decided "
            "by an adjudicator."
            if twice > 1
            else "Fewer than two charts were read twice."
        ),
    )


def _missing(store: Store) -> ReviewCriterion:
    none, every = store.rows(
        "SELECT SUM(CASE WHEN status = 'not documented' THEN 1 ELSE 0 END), COUNT(*) FROM answer "
        "WHERE status <> ''"
    )[0]
    return _verdict(
        "Missing data have a plan",
        True,
        f"“Not documented” is an answer of every field, never “no”; it was {none or 0} of "
        f"{every} answers. The report counts it in each table.",
        (WORSTER,),
    )


def _abstractors(store: Store) -> list[str]:
    """Who has done a chart that is not for training."""
    return [
        row[0]
        for row in store.rows(
            "SELECT DISTINCT a.who FROM assignment AS a JOIN chart AS c ON c.chart = a.chart "
            "WHERE a.done <> '' AND c.training = 0 ORDER BY a.who"
        )
    ]


def _many(n: int, one: str, more: str) -> str:
    return f"{n} {one if n == 1 else more}"
