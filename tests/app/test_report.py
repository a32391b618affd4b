"""The button "Report" of pages: what it saves is what the command in it writes."""

import shlex
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core.cli import main
from core.model.card import read_card
from tests.app.caches import forget_other_assets
from tests.app.conftest import ROOT
from tests.generated_molecules import made_up_samples
from tests.snapshots.pages import recorded_downloads
from tests.unit.dashboard.report.pages import check_is_safe

SAMPLED = "qm9-random_order"


@pytest.fixture(scope="module")
def with_samples(assets, tmp_path_factory):
    """An assets folder with tiny models and made-up samples of one."""
    root = tmp_path_factory.mktemp("reported")
    shutil.copytree(assets / "checkpoints", root / "checkpoints")
    weights = read_card(root / "checkpoints" / SAMPLED).weights_sha256
    made_up_samples(number=100, separation=4, weights_sha256=weights).save(
        root / "results" / "samples" / SAMPLED, device="cpu", versions={"torch": "9.8"})
    return root


@pytest.fixture
def saved(monkeypatch):
    """Click on "Report" and then on what it becomes; returns the text of the file."""
    downloads = recorded_downloads(monkeypatch)

    def save(page):
        assert not page.exception
        assert not [name for name, _ in downloads if name.endswith(".html")]
        page.button(key="make_report").click().run()
        assert not page.exception
        assert not page.error
        return dict(downloads)["trailscope-report.html"]

    return save


def check_command_writes_it(text, tmp_path, monkeypatch, *, has_player):
    """The command that stands in a report makes the same file."""
    monkeypatch.chdir(tmp_path)
    command = check_is_safe(text, has_player=has_player).commands[-1]
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(command)[1:])
    assert stop.value.code == 0
    assert (tmp_path / "trailscope-report.html").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("query", [
    {"smiles": "CC(=O)N", "k": "16", "seed": "2", "trail": "5", "hydrogens": "false"},
    {"smiles": "N[C@@H](C)C", "k": "4", "strategy": "anchor_expansion"},
    {"model": "planar-random_order", "graph": "1", "number": "2", "k": "2"},
], ids=("molecule", "notes", "planar"))
def test_explore_saves_what_the_command_writes(query, open_page, saved, tmp_path, monkeypatch):
    text = saved(open_page(**query))
    check_command_writes_it(text, tmp_path, monkeypatch, has_player=True)


def test_another_choice_needs_another_report(open_page, saved):
    page = open_page(smiles="CO", k="4")
    first = saved(page)
    page.selectbox(key="trail").select("highest").run()
    assert page.button(key="make_report")
    page.selectbox(key="trail").select("median").run()
    assert "--trail" not in first.split("<pre>")[1].split("</pre>")[0]


def test_triage_saves_what_the_command_writes(with_samples, saved, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(with_samples))
    forget_other_assets()
    page = AppTest.from_file(str(ROOT / "dashboard" / "views" / "triage" / "page.py"),
                             default_timeout=60)
    for name, value in {"part": "Keep-list", "score": "mean NLL", "fdr": "40"}.items():
        page.query_params[name] = value
    text = saved(page.run())
    assert "--score nll_mean --fdr 40" in text
    check_command_writes_it(text, tmp_path, monkeypatch, has_player=False)
