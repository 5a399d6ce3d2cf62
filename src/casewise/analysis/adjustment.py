"""Each arm made comparable with the comparator, by every method that the protocol asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from casewise import results, stats
from casewise.analysis.adjusted_effects import (
    CONDITIONAL,
    ENOUGH,
    FEW,
    POPULATIONS,
    Answer,
    Curve,
    Patients,
    binary_effect,
    duration_effect,
    timed_effect,
)
from casewise.analysis.arms import as_estimate, as_test, masks
from casewise.analysis.balance_tables import method_balance, overlap, used_weights
from casewise.analysis.covariates import Columns, chosen, columns
from casewise.analysis.declined import offers
from casewise.analysis.durations import values_of
from casewise.analysis.every_code import balance_of_codes, too_few
from casewise.analysis.imputation import completed, pooled
from casewise.analysis.labels import labels
from casewise.analysis.survival import times_of
from casewise.cohort.dataset import Bools, Dataset, Floats
from casewise.protocol.adjustment import KINDS_OF, Adjust
from casewise.protocol.check_adjustment import adjusted_as
from casewise.protocol.model import Study


def adjust_arms(
    study: Study, dataset: Dataset, outcomes: dict[str, results.Outcome]
) -> tuple[tuple[results.Adjustment, ...], dict[str, results.Outcome]]:
    """The adjustments, and the outcomes with what each method says beside the crude effects."""
    adjust = study.analysis.adjust
    if adjust is None or not len(dataset):
        return (), outcomes
    how = study.analysis.missing.covariates
    covariates = [chosen(study, dataset)]
    if how == "multiple imputation":
        covariates = completed(study, dataset, covariates[0])
    tables = [columns(one, how == "indicators") for one in covariates]
    made: list[results.Adjustment] = []
    found: dict[str, list[results.Adjusted]] = {name: [] for name in outcomes}
    arms = dict(masks(dataset))
    comparator = dataset.arms[-1]
    for arm in dataset.arms[:-1]:
        pairs = [Pair(study, dataset, adjust, one, (arm, comparator), arms) for one in tables]
        made.append(pairs[0].adjustment())
        for name in outcomes:
            answers = zip(*(pair.outcome(name) for pair in pairs), strict=True)
            found[name] += [pooled(same) if len(same) > 1 else same[0] for same in answers]
    told = {
        name: outcome.model_copy(update={"adjusted": tuple(found[name])})
        for name, outcome in outcomes.items()
    }
    return tuple(made), told


class Pair:
    """Two arms: who is used, the covariates' table of these, and every method on it."""

    def __init__(
        self,
        study: Study,
        dataset: Dataset,
        adjust: Adjust,
        whole: Columns,
        names: tuple[str, str],
        arms: dict[str, Bools],
    ) -> None:
        self.study, self.dataset, self.adjust, self.names = study, dataset, adjust, names
        self.level = study.analysis.level
        self.treated = arms[names[0]]
        both = self.treated | arms[names[1]]
        self.used = both & whole.known
        self.left_out = self._by_arm(both & ~whole.known)
        self.columns = whole.of(self.used)
        self._most_missing = _most_missing(whole, both)
        self.exact = _strata_labels(dataset, adjust.exact)
        self.declined = self._why_declined()
        self.trimmed = (0, 0)
        self.patients: Patients | None = None
        if not self.declined:
            self._trim(whole)

    def _by_arm(self, mask: Bools) -> tuple[int, int]:
        return int((mask & self.treated).sum()), int((mask & ~self.treated).sum())

    def _why_declined(self) -> str:
        n, k = self._by_arm(self.used), self.columns.table.shape[1]
        if min(n) and self.dataset.codes is not None:
            return too_few(n)
        if not min(n):
            return f"an arm has no patient with every covariate documented ({self._most_missing})"
        if not k:
            return "no covariate differs between any two patients: there is nothing to adjust for"
        if min(n) >= FEW * k:
            return ""
        lost = f" ({sum(self.left_out)} patients lack a value)" if any(self.left_out) else ""
        return (
            f"{sum(n)} patients{lost}, {min(n)} in the smaller arm, are too few for {k} "
            f"covariate column{'s' if k > 1 else ''}: a model needs about {ENOUGH} patients of "
            f"the smaller arm for each, and with fewer than {FEW} its answer would be made of "
            "chance"
        )

    def _trim(self, whole: Columns) -> None:
        """The patients, without those whose propensity is too near 0 or 1 where that is asked."""
        patients = self._patients(self.used, self.columns)
        if self.adjust.trim is not None and patients.score.values is not None:
            inside = np.zeros(len(self.dataset), dtype=np.bool_)
            inside[self.used] = stats.within_overlap(patients.score.values, self.adjust.trim)
            self.trimmed = self._by_arm(self.used & ~inside)
            self.used = self.used & inside
            self.columns = whole.of(self.used)
            self.declined = self._why_declined()
            patients = self._patients(self.used, self.columns)
        self.patients = None if self.declined else patients

    def _patients(self, used: Bools, covariates: Columns) -> Patients:
        exact = None if self.exact is None else self.exact[used]
        arm, table = self.treated[used], covariates.table
        codes = None if self.dataset.codes is None else self.dataset.codes.matrix[used]
        return Patients(arm, table, covariates.labels, exact, self.adjust, self.level, codes)

    def adjustment(self) -> results.Adjustment:
        chosen_labels = tuple(c.label for c in chosen(self.study, self.dataset))
        shared = {
            "arm": self.names[0],
            "comparator": self.names[1],
            "covariates": chosen_labels,
            "missing": self.study.analysis.missing.covariates,
            "n": self._by_arm(self.used),
            "left_out": self.left_out,
            "trimmed": self.trimmed,
            "notes": (*self.columns.notes, *self._cautions()),
        }
        if self.patients is None:
            return results.Adjustment.model_validate(
                {
                    **shared,
                    "declined": self.declined,
                    "offered": offers(self.study, self.dataset, self.names),
                }
            )
        patients = self.patients
        return results.Adjustment.model_validate(
            {
                **shared,
                "columns": self._before(patients),
                "overlap": overlap(patients),
                "methods": tuple(method_balance(patients, m) for m in self.adjust.method),
                "codes": self._codes(patients),
            }
        )

    def _codes(self, patients: Patients) -> results.EveryCode | None:
        if self.adjust.codes is None or self.dataset.codes is None:
            return None
        made = [used_weights(patients, method) for method in self.adjust.method]
        weights = [None if isinstance(one, str) else one for one in made]
        return balance_of_codes(self.adjust.codes, self.dataset.codes, patients, weights)

    def _cautions(self) -> tuple[str, ...]:
        n, k = self._by_arm(self.used), self.columns.table.shape[1]
        told = []
        if any(self.left_out):
            told.append(self._most_missing)
        if sum(n) < 100 and not self.declined:
            told.append(
                "with fewer than 100 patients the intervals of weights and doubly robust effects "
                "hold the truth in some 93 of 100 simulations, not in 95"
            )
        if self.dataset.codes is not None and not self.declined:
            told.append("intervals take the propensity of every code as known")
        elif k and FEW * k <= min(n) < ENOUGH * k:
            told.append(
                f"{min(n)} patients of the smaller arm for {k} covariate columns are fewer than "
                f"{ENOUGH} for each: the intervals may be too narrow"
            )
        return tuple(told)

    def _before(self, patients: Patients) -> tuple[results.BalanceColumn, ...]:
        even = np.ones(patients.arm.size)
        before = stats.weighted_balance(patients.arm, patients.table, even).before
        return tuple(
            results.BalanceColumn(covariate=name, label=label, before=float(value))
            for name, label, value in zip(
                self.columns.covariates, self.columns.labels, before, strict=True
            )
        )

    def outcome(self, name: str, only: tuple[str, ...] | None = None) -> list[results.Adjusted]:
        """What each method, or those of ``only``, says of one outcome."""
        kind = adjusted_as(self.study.outcomes[name])
        methods = [m for m in only or self.adjust.method if kind in KINDS_OF[m]]
        if not methods:
            return []
        if self.patients is None:
            return [self._told(m, Answer(reason=self.declined), (0, 0)) for m in methods]
        known, data = self._outcome_data(name, kind)
        mine = known & self.used
        patients = self.patients
        if not np.array_equal(mine, self.used):
            kept = mine[self.used]
            patients = Patients(
                patients.arm[kept],
                patients.table[kept],
                patients.labels,
                None if patients.exact is None else patients.exact[kept],
                self.adjust,
                self.level,
                None if patients.codes is None else patients.codes[kept],
            )
        n = int(patients.arm.sum()), int((~patients.arm).sum())
        if not min(n):
            return [self._told(m, Answer(reason="an arm has no patients"), n) for m in methods]
        return [self._told(m, self._answer(patients, m, kind, data, mine), n) for m in methods]

    def _outcome_data(
        self, name: str, kind: str
    ) -> tuple[Bools, tuple[NDArray[np.float64], NDArray[np.bool_], float | None]]:
        """For whom the outcome is known; days, whether it happened, and the horizon in days."""
        none = np.zeros(len(self.dataset))
        if kind == "binary":
            found = next(one for one in labels(self.study, self.dataset) if one.name == name)
            return found.known, (none, found.happened, None)
        if kind == "duration":
            days, _ = values_of(self.dataset.outcomes[name])
            return np.asarray(~np.isnan(days)), (days, none > 0, None)
        times = times_of(self.study, self.dataset, name, self.study.outcomes[name])
        return times.known, (times.time, times.event, self._horizon(name))

    def _horizon(self, name: str) -> float | None:
        """Days to the horizon, the shortest where months and years go by the calendar."""
        window = self.dataset.outcomes[name]
        if self.study.outcomes[name].within is None:
            return None
        return float(np.nanmin(window.closes - window.opens))

    @staticmethod
    def _answer(
        patients: Patients,
        method: str,
        kind: str,
        data: tuple[Floats, Bools, float | None],
        mine: Bools,
    ) -> Answer:
        days, happened, horizon = data
        if kind == "binary":
            return binary_effect(patients, method, happened[mine])
        if kind == "duration":
            return duration_effect(patients, method, days[mine])
        return timed_effect(patients, method, days[mine], happened[mine], horizon)

    def _told(self, method: str, answer: Answer, n: tuple[int, int]) -> results.Adjusted:
        test = answer.test
        return results.Adjusted(
            method=method,
            arm=self.names[0],
            comparator=self.names[1],
            population=POPULATIONS[method],
            conditional=method in CONDITIONAL,
            n=n,
            effective=answer.effective,
            risks=answer.risks,
            curves=None if answer.curves is None else (*map(_curve, answer.curves),),
            estimates=tuple(as_estimate(e) for e in answer.estimates),
            test=results.Test(method="", p_value=None, reason=answer.reason)
            if test is None
            else as_test(test),
            reason=answer.reason,
        )


def _curve(curve: Curve) -> results.AdjustedCurve:
    days, survival, last = curve
    return results.AdjustedCurve(
        time=tuple(days.tolist()), survival=tuple(survival.tolist()), last=last
    )


def _most_missing(whole: Columns, both: Bools) -> str:
    """The covariates that are not documented most often, and for how many patients."""
    lacking: dict[str, int] = {}
    for j, label in enumerate(whole.labels):
        count = int(np.isnan(whole.table[both, j]).sum())
        if count:
            lacking[label.partition(": ")[0]] = count
    top = sorted(lacking.items(), key=lambda item: -item[1])[:3]
    return "not documented most often: " + ", ".join(f"{name} ({count})" for name, count in top)


def _strata_labels(dataset: Dataset, names: tuple[str, ...]) -> NDArray[np.str_] | None:
    """One label a patient for the covariates on which matched patients are to be equal."""
    if not names:
        return None
    by_name = {c.name: c for c in dataset.baseline}
    told = [
        np.where(by_name[n].status == 0, by_name[n].values.astype(str), "not documented")
        for n in names
    ]
    return np.array([" / ".join(row) for row in zip(*told, strict=True)])
