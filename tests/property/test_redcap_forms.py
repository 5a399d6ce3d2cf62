"""A form that goes to REDCap and comes back is the same form. Every form here is drawn."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from casewise.protocol import read
from casewise.protocol.site import Site
from casewise.review.asking import form_of
from casewise.review.form import Field, Form, ShowWhen
from casewise.review.redcap import read_form, write_dictionary
from review_support import SITE, STUDY

LINE = st.text(st.sampled_from("abcXYZ 019,;:.-=+@'\"()[]{}/<>&%é°µ"), min_size=1, max_size=20).map(
    lambda text: " ".join(text.split())
)
WORDS = LINE.filter(bool)
CHOICE = st.text(st.sampled_from("abcXYZ 019,;.-='\"()[]µ"), min_size=1, max_size=12)
CHOICES = st.lists(
    CHOICE.map(lambda t: " ".join(t.split())).filter(bool), min_size=1, max_size=5, unique=True
)
KINDS = ("yes or no", "date", "dates", "number", "choice", "text")


@st.composite
def fields(draw: st.DrawFn, name: str, before: list[Field]) -> Field:
    kind = draw(st.sampled_from(KINDS))
    said: dict[str, object] = {"name": name, "type": kind}
    said["label"] = draw(st.one_of(st.just(""), WORDS))
    said["section"] = draw(st.sampled_from(("", "Before", "After", "=Sum")))
    said["definition"] = draw(st.one_of(st.just(""), WORDS, st.just("one\ntwo, 'three'")))
    said["blinded"] = draw(st.booleans())
    said["words"] = tuple(draw(st.lists(WORDS, max_size=3)))
    if kind == "choice":
        said |= {"choices": tuple(draw(CHOICES)), "ordered": draw(st.booleans())}
    if kind == "number":
        said |= {"unit": draw(st.sampled_from(("", "mg/dL"))), "low": "-5", "high": "12.5"}
    if kind == "dates":
        said["times"] = draw(st.integers(2, 4))
    if kind in ("date", "dates") and draw(st.booleans()):
        said |= {"low": "2019-01-01", "high": "2020-12-31"}
    above = [one for one in before if one.options]
    if above and draw(st.booleans()):
        one = draw(st.sampled_from(above))
        asked = st.lists(st.sampled_from(one.options), min_size=1, unique=True)
        said["show_when"] = ShowWhen(field=one.name, is_=tuple(draw(asked)))
    return Field.model_validate(said)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    names = draw(st.lists(WORDS, min_size=1, max_size=6, unique=True))
    made: list[Field] = []
    for name in names:
        made.append(draw(fields(name, made)))
    return Form(title="Drawn", fields=tuple(made))


def there_and_back(form: Form) -> Form:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dictionary.csv"
        write_dictionary(form, path)
        back, left_out = read_form(path, form.title)
    assert left_out == []
    return back


@settings(deadline=None)
@given(forms())
def test_a_form_comes_back_from_redcap_as_it_went(form: Form) -> None:
    assert there_and_back(form) == form


def test_the_example_form_comes_back_from_redcap_as_it_went() -> None:
    study, site = read(STUDY, SITE)
    assert isinstance(site, Site)
    form = form_of(study, site)
    assert there_and_back(form) == form
