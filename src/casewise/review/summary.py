"""What a report says of a chart review: counts, agreement, criteria and the seals of its log."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from casewise.protocol.model import Study
from casewise.results_review import Review, ReviewCriterion, ReviewEstimate, ReviewField
from casewise.review import agreement, answers
from casewise.review.form import NOT_DOCUMENTED
from casewise.review.quality import quality
from casewise.review.store import Store

KEPT = ("measure", "value", "lower", "upper", "level", "method", "reason", "sources")


def criteria(store: Store, study: Study | None) -> tuple[ReviewCriterion, ...]:
    """The criteria for record reviews as the review stands."""
    real = {one.chart for one in store.charts() if not one.training}
    differences = [one for one in answers.differences(store) if one.chart in real]
    return quality(
        store,
        study,
        twice=len(agreement.pairs(store)),
        differences=len(differences),
        decided=sum(one.decision is not None for one in differences),
    )


def summary(store: Store, study: Study) -> Review:
    """The review as the report has it, at the study's level of confidence. Nobody is named."""
    charts = [one.chart for one in store.charts() if not one.training]
    found = agreement.pairs(store)
    agreed = agreement.by_field(store, level=study.analysis.level)
    real = set(charts)
    differences = [one for one in answers.differences(store) if one.chart in real]
    decided = sum(one.decision is not None for one in differences)
    people = {row[0] for row in store.rows("SELECT DISTINCT who FROM assignment WHERE done <> ''")}
    silent = _not_documented(store, charts)
    form_versions, form = store.form_version()
    checked, lock = store.verify(), store.locked()
    return Review(
        charts=len(charts),
        read_twice=len(found),
        abstractors=len(people),
        differences=len(differences),
        adjudicated=decided,
        form_versions=form_versions,
        blinded=store.blinded(),
        entries=checked.entries,
        log_hash=checked.head,
        locked_at=lock.at if lock is not None else "",
        lock_hash=lock.hash if lock is not None else "",
        fields=tuple(
            ReviewField(
                field=one.field,
                label=asked.question,
                charts=one.charts,
                agreed=one.agreed,
                both=one.both,
                not_documented=silent[one.field],
                estimates=tuple(
                    ReviewEstimate(**{k: v for k, v in asdict(e).items() if k in KEPT})
                    for e in one.estimates
                ),
            )
            for asked, one in zip(form.fields, agreed, strict=True)
        ),
        quality=quality(
            store, study, twice=len(found), differences=len(differences), decided=decided
        ),
    )


def _not_documented(store: Store, charts: list[str]) -> Counter[str]:
    """Of each field, how many charts end up saying that it is not documented."""
    silent: Counter[str] = Counter()
    for chart in charts:
        final, _ = answers.settled(store, chart)
        silent.update(name for name, one in final.items() if one.status == NOT_DOCUMENTED)
    return silent
