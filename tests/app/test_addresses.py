"""No address takes a page down: hostile values in every key, all at once and in pairs."""

import random
import resource
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from core.salience.criteria import CRITERIA
from tests.app.caches import forget_other_assets
from tests.snapshots.pages import PAGES, open_page
from tests.snapshots.store import DATA
from tests.unit.dashboard.shared.bound_widgets import bound_calls

AT_ONCE = ("1000000000", "9" * 23, "inf", "../../../../etc/passwd",
           "![x](http://elsewhere.example/x.png) <img src=http://elsewhere.example/y.png>")
MIXED = ("nan", "1e400", "-5", "text", "x" * 20_000, "\0\x1b[31m\u202e", "", "-inf", "true")
GIBIBYTE = 2**30
MAX_GROWTH = 1.5 * GIBIBYTE
NUM_PAIRS = 2


def keys(page: str) -> list[str]:
    """All that an address can say of a page: read from its source, and as it was seen to have."""
    names = {key for key, _ in bound_calls(page or "explore")}
    seen = (DATA / "addresses.txt").read_text().splitlines()
    names |= {line.split()[1].rstrip(":") for line in seen if line.startswith(f"/{page} ")}
    if page == "salience":
        names |= {f"option_{name}" for of in CRITERIA.values() for name in of.options}
    return sorted(names)


@pytest.fixture(autouse=True)
def bounded_memory(full_assets, monkeypatch) -> Iterator[None]:
    """Refuse memory that no page needs before the machine runs out of it."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(full_assets))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(full_assets / "models"))
    forget_other_assets()
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (int(size + MAX_GROWTH), hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def check(page: str, query: dict[str, str]) -> None:
    found = open_page(page, urlencode(query))
    assert not found.exception, f"/{page}: {query}"
    said = [fault.value for kind in (found.warning, found.error) for fault in kind]
    for fault in said:
        assert len(fault) < 400
        assert fault.isprintable() or set(fault) <= {"\u2060", *filter(str.isprintable, fault)}
        assert "![" not in fault
        assert "<img" not in fault.replace(r"\<", "")


def test_there_are_as_many_keys_as_the_pages_have_widgets():
    assert sum(len(keys(page)) for page in PAGES) >= 104


@pytest.mark.parametrize("page", filter(keys, PAGES), ids=lambda page: page or "explore")
def test_every_key_at_once(page):
    for value in AT_ONCE:
        check(page, dict.fromkeys(keys(page), value))
    check(page, {key: MIXED[place % len(MIXED)] for place, key in enumerate(keys(page))})


@pytest.mark.parametrize("page", filter(keys, PAGES), ids=lambda page: page or "explore")
def test_pairs_of_keys(page):
    """Beside good values of the others, so that what they lead to is drawn."""
    draw = random.Random(page)
    names = sorted(set(keys(page)) - {"models"})  # of other code: each names a folder
    for _ in range(NUM_PAIRS):
        check(page, {key: draw.choice(AT_ONCE + MIXED) for key in draw.sample(names, 2)})


def test_a_huge_number_of_permutations_is_nothing_to_choose_from():
    """`/?k=1000000000&trail=1` once made as many options, and the server was killed."""
    found = open_page("", "k=1000000000&trail=1")
    assert not found.exception
    assert [warning.value for warning in found.warning] == [
        "The address asks for the number of permutations '1000000000'; it must be a whole number "
        "from 2 to 1,024."]
    assert found.number_input(key="k").value == 32
    assert found.query_params.get("k") is None
