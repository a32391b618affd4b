"""The frame of reports: whatever texts say, they are texts."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.report.blocks import (
    Card,
    Cards,
    Picture,
    Player,
    Provenance,
    Report,
    Row,
    Sentence,
    Value,
    number,
    section,
    table_of,
)
from dashboard.report.frame import json_for_html, to_html
from dashboard.report.provenance import report_command
from tests.unit.dashboard.report.pages import check_is_safe

HOSTILE = '</script></style><!-- "\' <img src=http://x.y onerror=alert(1)> & {{ 1 }} \u2028'


def report_of(text, *, has_player=True):
    """A report that says a text in all 24 places where one can stand."""
    inner = Sentence(text)
    return Report(text, text, (text,), (
        section(text, Cards((Card(text, Value(text), text, text),)), Sentence(text, True),
                Row((inner, Picture((("on-light", "<svg></svg>"),), text, text))),
                table_of(pd.DataFrame({text: [text, None]}), caption=text),
                Player({"name": text}, text) if has_player else None),
    ), Provenance((text,), {text: text}, {text: text}, {text: text}))


@pytest.mark.parametrize("has_player", [True, False])
def test_texts_of_others_stay_texts(has_player):
    page = to_html(report_of(HOSTILE, has_player=has_player))
    found = check_is_safe(page.replace("http://x.y", ""), has_player=has_player)
    assert found.text.count(HOSTILE.replace("http://x.y", "")) == (24 if has_player else 23)
    assert [payload["name"] for payload in found.payloads] == (
        [HOSTILE.replace("http://x.y", "")] if has_player else [])


@settings(max_examples=20)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00:"), min_size=1))
def test_any_text_is_read_as_it_was_written(text):
    found = check_is_safe(to_html(report_of(f"<{text}>")), has_player=True)
    assert f"<{text}>" in found.text


def test_json_cannot_end_its_element():
    assert str(json_for_html({"a": "</script><!--&"})) == (
        r'{"a":"\u003c/script\u003e\u003c!--\u0026"}')
    with pytest.raises(ValueError, match="JSON"):
        json_for_html(float("nan"))


def test_a_report_is_the_same_each_time():
    assert to_html(report_of("x")) == to_html(report_of("x"))


@pytest.mark.parametrize(("value", "text", "exact"), [
    (0.09123456, "0.091", "0.09123456"), (-2.0, "−2.000", "-2.0"), (1234, "1,234", "1234"),
    (None, "–", None), (float("nan"), "–", None), ("CCO", "CCO", None),
])
def test_numbers_are_rounded_and_kept(value, text, exact):
    assert number(value) == Value(text, exact)


@pytest.mark.parametrize(("input", "words"), [
    ("CC#N", "'CC#N'"), ("my file.csv", "'my file.csv'"), ("it's", "'it'\"'\"'s'")])
def test_commands_can_be_pasted(input, words):
    options = {"seed": 0, "precision": None, "no-hydrogens": True}
    assert report_command(input, options, "r.html") == (
        f"trailscope report {words} --seed 0 --no-hydrogens --output r.html")
    assert report_command("-C", {}, "r.html") == "trailscope report --output r.html -- -C"
