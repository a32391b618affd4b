"""What the code says of the documents is there."""

import re

import pytest

from tests.conftest import ROOT

CODE = [path for folder in ("core", "dashboard", "tests", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_CITED = re.compile(r"(docs/\w+\.md)(?:, ([A-Z][\w ]*))?")
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)")
_PATH = re.compile(r"`((?:core|dashboard|tests|benchmarks|assets|docs)/[\w./-]+)`")


def titles(path):
    """Of all sections of a page."""
    return [line.lstrip("#").strip() for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("#")]


def citations(text):
    """Page and section, None for the page as a whole, of everything that the text cites."""
    for page, section in _CITED.findall(" ".join(text.split())):
        yield page, section.strip() or None


def test_citations_are_found():
    """The other tests would hold if none were."""
    text = "See docs/definitions.md,\n    Likelihood. As docs/intervals.md says, it does."
    assert list(citations(text)) == [
        ("docs/definitions.md", "Likelihood"), ("docs/intervals.md", None)]
    assert sum(1 for path in CODE for _ in citations(path.read_text(encoding="utf-8"))) > 30


@pytest.mark.parametrize("folder", ["core", "dashboard", "tests", "benchmarks"])
def test_every_cited_section_exists(folder):
    wrong = [f"{path}: {page}, {section}" for path in CODE if path.is_relative_to(ROOT / folder)
             for page, section in citations(path.read_text(encoding="utf-8"))
             if path.name != "test_citations.py" and not _exists(page, section)]
    assert not wrong


def _exists(page, section):
    """A citation may name two sections, and a sentence may go on behind it."""
    path = ROOT / page
    if not path.is_file():
        return False
    if section is None:
        return True
    return all(any(f"{part} ".startswith(f"{title} ") for title in titles(path))
               for part in re.split(r" and (?=[A-Z])", section))


def test_nothing_cites_a_paper_that_the_project_does_not_have():
    name = "SPEC" + " "
    assert not [path for path in CODE if re.search(rf"\b{name}\d",
                                                   path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_and_paths_of_a_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    wrong = [target for target, _ in _LINK.findall(text)
             if target and not (page.parent / target).exists()]
    wrong += [anchor for target, anchor in _LINK.findall(text)
              if anchor and anchor[1:] not in map(_anchor, titles(
                  page.parent / target if target else page))]
    wrong += [path for path in _PATH.findall(text) if not (ROOT / path.rstrip("/")).exists()]
    assert not wrong


def _anchor(title):
    """The address of a section, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
