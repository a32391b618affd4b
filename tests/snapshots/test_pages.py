"""What is to be read on every page, what it offers to save, and what its address can say.

Pages are opened by their addresses, on the models and results that ship.
"""

import re

import pytest
import streamlit as st

from tests.conftest import ROOT
from tests.snapshots.pages import (
    PAGES,
    address,
    csv_columns,
    open_page,
    recorded_downloads,
    tables,
    texts,
)
from tests.snapshots.store import check

FEW = "examples=8"

NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What columns of files are called, the same as in Python; words are for the screen."""

VIEWS: dict[str, dict[str, str]] = {
    "": {
        "default": "",
        "compare": "k=8&seed=1&smiles=CCO&view=Compare&strategy=max_degree_first",
        "convergence": "k=8&view=Convergence&smiles=CO&exact=true",
        "models": "k=8&view=Models&compare=chosen+order",
        "permutations": "k=8&view=Permutations&trail=lowest",
        "code": "k=8&view=Code&hydrogens=false",
        "planar": "k=4&model=planar-random_order&graph=2&number=5",
        "planar-code": "k=4&model=planar-random_order&view=Code",
        "refused": "k=1&model=none&seed=-1&trail=0&view=none&strategy=none&graph=1",
        "unreadable": "smiles=C1CC",
    },
    "models": {
        "default": "",
        "lu": "metric=LU&row=qm9-anchor_expansion&column=anchor_expansion",
        "planar": "dataset=planar&metric=Brier+score&tokens=new+node",
        "refused": "metric=none&row=none",
    },
    "calibration": {
        "default": "",
        "types": "section=All+types&evaluated=qm9-random_order&under=min_degree_first&type=revisit",
        "temperature": "section=Temperature&fitted=true",
        "numbers": "section=Numbers&at=2.00",
        "planar": "evaluated=planar-random_order&bin=0.93+to+1.00&answers=right",
        "refused": "section=none&evaluated=none&at=7",
    },
    "triage": {
        "default": "",
        "filtered": "sort=LU&direction=highest+first&smarts=%5BOX2H%5D&show=unstable&unique=true",
        "ranking": "part=Ranking&generator=qm9-min_degree_first",
        "risk": "part=Risk+and+coverage&score=mean+NLL",
        "keep-list": "part=Keep-list&fdr=20&split=3&generator=qm9-min_degree_first",
        "training": "part=Along+training&generator=qm9-min_degree_first",
        "code": "part=Code",
        "planar": "generator=planar-random_order&page=2",
        "live": "source=live&n=8&permutations=2&runseed=1&temperature=0.9&topk=5",
        "refused": "part=none&generator=none&sort=none&page=0",
    },
    "library": {
        "default": "",
        "distribution": "look=Distribution&filter=stable+%3D+no%3B+lu+%3C%3D+0.1&histof=NLL,+nats",
        "scatter": "look=Scatter&library=qm9-anchor_expansion+samples&filter=lu+%3E%3D+0.1",
        "refused": "library=none&look=none&rowpage=0&keepby=none",
        "unreadable": "filter=lu+%3C+0.1",
    },
    "score": {
        "default": "",
        "refused": "scorer=none&scorek=1",
    },
    "salience": {
        "default": FEW,
        "settings": f"{FEW}&lab=Two+settings&criterion2=magnitude",
        "molecule": f"{FEW}&lab=One+molecule&one=CCO&onek=4",
        "stability": f"{FEW}&lab=Stability&density=10%25&scope=local",
        "matrices": "lab=All+matrices&criterion=magnitude&cells=mean+score",
        "code": "lab=Code&criterion=random&draw=2",
        "options": "lab=Code&criterion=grasp&examples=2",
        "other": "models=other",
        "refused": f"{FEW}&lab=none&criterion=none&draw=-1&lm=none",
    },
    "training": {
        "default": "",
        "mixed": "divset=MOSES&divmeasure=compressed+size&divmix=10%25",
        "own": "divset=Your+molecules&divsamples=300",
        "refused": "divset=none&divseed=-1&trainset=none&trainunder=none",
    },
    "glossary": {"default": ""},
    "finetune": {
        "default": "",
        "filtered": "measure=ECE&scopes=local&criteria=snip&arm=sparse-snip-local-3539",
        "run": "tuning=Your+run&steps=1&batch=2&test=16&base=qm9-random_order&method=LoRA"
               "&rank=2&data=my+molecules&own=CCO%0ACN",
        "numbers": "tuning=All+numbers&method=all+weights&data=my+molecules&own=CCO",
        "code": "tuning=Code&base=planar-random_order&amount=as+LoRA+of+a+rank&rank=2",
        "refused": "tuning=none&arm=none&steps=0&method=none",
    },
}
"""Query strings by page and by the name of the snapshot."""

BUTTONS = {("triage", "live"): "generate", ("finetune", "run"): "start-finetune"}
"""Views that show something only once a button is pressed: its key."""


pytestmark = pytest.mark.usefixtures("shipped")


@pytest.fixture(scope="module")
def addresses() -> dict[str, dict[str, str]]:
    """Parameters of every page that were seen."""
    return {page: {} for page in PAGES}


@pytest.mark.parametrize(("page", "view"), [(page, view) for page, of in VIEWS.items()
                                            for view in of])
def test_a_view_says_what_it_said(page, view, addresses, monkeypatch):
    downloads = recorded_downloads(monkeypatch)
    opened = open_page(page, VIEWS[page][view])
    addresses[page] |= address(opened)
    if (page, view) in BUTTONS:
        downloads.clear()
        opened.button(key=BUTTONS[page, view]).click().run()
        addresses[page] |= address(opened)
    assert not opened.exception
    assert [name for name in csv_columns(opened) if not NAME.fullmatch(name)] == []
    lines = [f"/{page}?{VIEWS[page][view]}", *texts(opened), "=== files",
             *tables(opened, downloads)]
    check(f"pages/{page or 'explore'}/{view}.txt", "\n".join(lines))


def test_addresses_take_the_same_parameters(addresses, request):
    """Has seen what the views above have shown, so it needs them all."""
    views = [item for item in request.session.items if "[" in item.name
             and item.path == request.path]
    if len(views) < sum(map(len, VIEWS.values())):
        pytest.skip("Parameters are collected while all views of this file are opened.")
    lines = [f"/{page} {name}: {widget}" for page, found in addresses.items()
             for name, widget in sorted(found.items())]
    check("addresses.txt", "\n".join(lines))


def test_the_navigation_is_the_same(monkeypatch):
    found = []
    navigation = st.navigation

    def record(pages, **options):
        found.extend(f"/{page.url_path} {page.title} {page.icon}" for page in pages)
        return navigation(pages, **options)

    monkeypatch.setattr(st, "navigation", record)
    open_page("models")
    assert {line.split()[0] for line in found} == {f"/{page}" for page in PAGES}
    check("navigation.txt", "\n".join(found))


def test_repaired_models_can_be_chosen_between():
    shipped = sorted(path.name for path in (ROOT / "assets" / "results" / "repair").iterdir())
    assert len(shipped) > 1
    for model in shipped:
        page = open_page("finetune", f"repaired={model}&tuning=All+numbers")
        assert address(page)["repaired"] == "selectbox 'Repaired model'"
        assert page.selectbox(key="repaired").value == model
        assert not page.warning
