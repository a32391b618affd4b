"""The glossary agrees with the definitions."""

import pytest

from dashboard.views.glossary.text import CHAPTERS
from tests.conftest import ROOT

TERMS = [term for chapter in CHAPTERS for term in chapter.terms]
DEFINITIONS = (ROOT / "docs" / "definitions.md").read_text().lower()


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_term_is_defined_exactly_elsewhere(term):
    assert term.defined_as.lower() in DEFINITIONS
    assert term.meaning.endswith(".")


def test_every_term_stands_once():
    assert len({term.name for term in TERMS}) == len(TERMS)
