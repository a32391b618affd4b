"""Texts of others are no markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.shared.format import plain

JOINER = "\u2060"


@pytest.mark.parametrize(("text", "written"), [
    ("![x](//a.b)", r"!\[x](//a.b)"), ("<img src=x>", r"\<img src=x>"), ("a\n\n# b", "a # b"),
    ("# b", r"\# b"), ("12. b", r"12\. b"), ("- b", r"\- b"), ("random_order", "random_order"),
    ("_b_ **c**", r"\_b\_ \*\*c\*\*"), ("$x$ `y` ~z~ &lt;", r"\$x\$ \`y\` \~z\~ \&lt;"),
    (":red[b]", f":{JOINER}red\\[b]"), (":material/home:", f":{JOINER}material/home:"),
    ("http://a.b", f"http{JOINER}://a.b"), ("WWW.a.b", f"WWW{JOINER}.a.b"),
    ("a@b.c", f"a@{JOINER}b.c"), ("C[C@H](N)O", r"C\[C@H](N)O"), ("K: 7, 1:2", "K: 7, 1:2"),
    (r"F/C=C\F", r"F/C=C\\F"),
])
def test_markup_is_escaped(text, written):
    assert plain(text) == written


@given(st.text(alphabet="ab1 \n\\`*_[]()<>&$~#-+=:./@!|"))
def test_what_is_read_is_what_was_written(text):
    """Markdown takes a backslash before a sign away; the joiner is not seen."""
    read = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain(text)).replace(JOINER, "")
    assert read == " ".join(text.split())
