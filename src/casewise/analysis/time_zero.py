"""Whether eligibility, assignment and the start of follow-up coincide, and what was done if not."""

from __future__ import annotations

from casewise.protocol.late_treatment import late_arms, late_criteria
from casewise.protocol.model import Study
from casewise.results_timing import Choice, TimeZero

NAIVE = "naive comparison, biased: to be treated, patients had to live until treatment started"
BY_EVER = "naive grouping by treatment ever received, biased by the time that patients waited"


def time_zero(study: Study) -> TimeZero:
    late, criteria = late_arms(study), late_criteria(study)
    chosen = study.analysis.treatment_after_day_0
    if not late:
        text = "Arms are known on day 0."
        return TimeZero(late_criteria=criteria, choice="none needed", text=text)
    choice: Choice = "naive"
    days = None
    if chosen is not None and chosen.landmark is not None:
        choice, days = "landmark", int(chosen.landmark.most_days)
    elif chosen is not None and chosen.clone_censor_weight is not None:
        choice, days = "clone-censor-weight", int(chosen.clone_censor_weight.most_days)
    elif chosen is not None and chosen.how is not None:
        choice = chosen.how
    text = {
        "naive": "Arms are formed by treatment that starts after day 0, and compared as if that "
        "had been known on day 0.",
        "landmark": f"Patients still watched after day {days} are compared from then on, by the "
        "treatment begun until then.",
        "time-dependent": "Each patient's days count as untreated until treatment starts, and as "
        "treated from then on.",
        "clone-censor-weight": f"Starting within {days} days is compared with not starting: every "
        "patient is followed under both until the records contradict one.",
        "decided on day 0": "The protocol says that the arms were settled on day 0, whenever "
        "treatment then began.",
        "none needed": "",
    }[choice]
    label = NAIVE if choice == "naive" else ""
    if choice in ("time-dependent", "clone-censor-weight"):
        label = BY_EVER
    return TimeZero(
        late_criteria=criteria,
        late_arms=late,
        choice=choice,
        stated=chosen is not None,
        days=days,
        text=text,
        label=label,
    )
