"""Links that people have copied: what they open, number by number.

Each was valid once, so each has to open the same for good; what a page refuses is part of that.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from tests.snapshots.pages import address, open_page
from tests.snapshots.store import check

LINKS = {
    "": (
        "smiles=CCO&k=4",
        "smiles=%5BH%5DOC%28%5BH%5D%29%28%5BH%5D%29C%28%5BH%5D%29%28%5BH%5D%29%5BH%5D&k=4",
        "smiles=c1c%5BnH%5Dcn1&model=qm9-max_degree_first&strategy=random_order&k=8&seed=3",
        "smiles=CO&model=qm9-anchor_expansion&strategy=own&k=2&hydrogens=false&view=Code",
        "smiles=CO&k=4&hydrogens=False&exact=True&view=Convergence",
        "smiles=CO&k=04&seed=+7&trail=highest",
        "smiles=CO&k=4&trail=2&view=Compare&a=lowest&b=3",
        "smiles=C1%3DCC%3DCC%3DC1&k=4&model=qm9-min_degree_first",
        "model=planar-max_degree_first&k=4&graph=1&number=7&strategy=min_degree_first",
        "model=planar-random_order&k=2&smiles=CO",
        "smiles=CCCl&k=2",
        "smiles=&k=2",
        "smiles=CO&k=4&trail=5",
        "smiles=CO&k=4&view=where",
    ),
    "models": (
        "metric=NLL+per+token&row=qm9-min_degree_first&column=anchor_expansion",
        "metric=smooth+ECE&tokens=edge+label&row=qm9-random_order&column=random_order",
        "dataset=planar&metric=LU&row=planar-random_order&column=min_degree_first",
    ),
    "calibration": (
        "evaluated=qm9-max_degree_first&under=random_order&type=all&section=Numbers",
        "evaluated=qm9-min_degree_first&under=anchor_expansion&type=new+node&at=1.52&section=Numbers",
        "evaluated=qm9-anchor_expansion&fitted=true&section=Temperature",
        "evaluated=qm9-random_order&shown=random_order&bin=0.40+to+0.47&answers=wrong",
        "evaluated=qm9-random_order&section=Numbers&at=1",
        "evaluated=planar-max_degree_first&type=node+label&section=Numbers",
    ),
    "triage": (
        "generator=qm9-anchor_expansion&part=Ranking",
        "generator=qm9-min_degree_first&part=Keep-list&fdr=10&split=1&score=mean+NLL&keptpage=3",
        "generator=qm9-min_degree_first&part=Risk+and+coverage&score=order-marginal+NLL",
        "generator=qm9-random_order&sort=order-marginal+NLL&direction=highest+first&page=2",
        "generator=qm9-random_order&show=stable&unique=true&smarts=%5BOX2H%5D",
        "generator=planar-random_order&show=valid",
        "source=live&generator=planar-max_degree_first&n=12&topk=0&temperature=1&precision=bf16",
    ),
    "salience": (
        "lm=qm9-random_order&criterion=magnitude&density=0.1%25&scope=local&lab=Code&draw=3",
        "lm=planar-random_order&criterion=lamp&density=5%25&matrix=layer+0+q&lab=Code",
        "criterion=id3&option_power=3&examples=2&calibration=own&lab=Code",
    ),
    "training": (
        "divset=Planar&divmeasure=3-gram+entropy&divmix=30%25",
        "divset=Your+molecules&divas=moses&divsamples=1000&divseed=7",
    ),
    "finetune": (
        "arm=lora-rank-13&measure=ECE&tokentype=edge+label",
        "arm=sparse-snip-local-52992&criteria=snip&criteria=gradient&scopes=local",
        "repaired=qm9-min_degree_first&selection=dynamic&measure=NLL+per+token",
        "tuning=Your+run&base=qm9-random_order&learn=own&method=PiSSA&rank=4&rate=0.003",
        "tuning=Code&data=my+molecules&own=CCO%0ACN&steps=5&amount=as+LoRA+of+a+rank&rank=3",
        "arm=sparse-snip-local-52992&scopes=global",
    ),
}
"""Query strings by page."""

pytestmark = pytest.mark.usefixtures("shipped")


@pytest.mark.parametrize("page", LINKS)
def test_old_links_open_what_they_opened(page):
    lines = [line for query in LINKS[page] for line in _opened(page, query)]
    check(f"links/{page or 'explore'}.txt", "\n".join(lines))


def _opened(page: str, query: str) -> Iterator[str]:
    opened = open_page(page, query)
    assert not opened.exception
    yield f"/{page}?{query}"
    yield from (f"    {metric.label}: {metric.value} ({metric.delta})" for metric in opened.metric)
    known = address(opened)
    for name in parse_qs(query, keep_blank_values=True):
        yield f"    {name} = {_value(opened, name) if name in known else 'nothing'}"
    for element in (*opened.warning, *opened.error, *opened.info):
        yield f"    {element.type}: {element.value}"
    yield from (f"    chart: {chart.proto.alt}" for chart in opened.get("plotly_chart"))


def _value(page: AppTest, name: str) -> str:
    """What the widget shows that a parameter sets."""
    [value] = {repr(element.value) for element in page
               if getattr(getattr(element, "proto", None), "query_param_key", "") == name}
    return value
