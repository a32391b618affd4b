"""`trailscope report` on tiny models: one file, safe, whole, the same again, its numbers right."""

import shlex

import pytest

from core.model.card import read_card
from tests.generated_molecules import made_up_samples
from tests.made_up_library import made_up_table, save_library
from tests.unit.dashboard.report.pages import Page, check_is_safe

ATTACKS = ("<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>",
           "' onmouseover='alert(3)", "<!-- <script>", "{{ 7 * 7 }}")
SHORT = ("--permutations", 16)


@pytest.fixture
def report(trailscope, tmp_path, monkeypatch):
    """Make a report in the working folder; returns its text."""
    monkeypatch.chdir(tmp_path)

    def make(*words, status=0):
        result = trailscope("report", *words, "--output", "report.html")
        assert (result.status, result.out) == (status, "")
        assert "Wrote report.html." in result.err
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return make


@pytest.fixture
def samples(assets, tmp_path):
    """A folder of made-up samples of a model that is there."""
    weights = read_card(assets / "checkpoints" / "qm9-random_order").weights_sha256
    folder = tmp_path / "my samples"
    made_up_samples(number=120, separation=4, weights_sha256=weights).save(
        folder, device="cpu", versions={"torch": "9.8"})
    return folder


def check_made_again(text, trailscope, tmp_path, *, status=0):
    """The last command that the report names writes the same bytes."""
    before = (tmp_path / "report.html").read_bytes()
    (tmp_path / "report.html").unlink()
    words = shlex.split(Page(text).commands[-1])
    assert trailscope(*words[1:]).status == status
    assert (tmp_path / "report.html").read_bytes() == before


def test_a_molecule_has_the_numbers_that_score_prints(report, trailscope, tmp_path):
    options = (*SHORT, "--seed", 3, "--strategy", "anchor_expansion")
    text = report("CC(=O)N", *options)
    page = check_is_safe(text, has_player=True)
    [row] = trailscope("score", "CC(=O)N", *options).rows
    shown = [value for value, _ in page.numbers]
    assert shown[:4] == pytest.approx(
        [row["lu"], row["nll_mean_nats"], row["nll_per_token_nats"], row["nll_marginal_nats"]],
        rel=1e-6)
    assert f"95%: {row['lu_low']:.3f} – {row['lu_high']:.3f}" in page.text
    [payload] = page.payloads
    tokens = payload["trail"]["tokens"]
    assert payload["trail"]["total"] == pytest.approx(sum(t["nats"] or 0 for t in tokens), rel=1e-4)
    assert len(tokens[1]["alternatives"]) == 5
    check_made_again(text, trailscope, tmp_path)


def test_another_permutation_and_hidden_hydrogens_are_in_the_command(report, trailscope, tmp_path):
    text = report("CO", *SHORT, "--trail", "highest", "--no-hydrogens")
    page = check_is_safe(text, has_player=True)
    nll = [value for value, shown in page.numbers[4:] if shown.count(".") == 1][::3]
    [payload] = page.payloads
    assert payload["trail"]["total"] == pytest.approx(max(nll), rel=1e-4)
    assert not payload["layout"]["showHydrogens"]
    assert page.commands[-1].endswith(
        "--trail highest --no-hydrogens --output report.html")
    check_made_again(text, trailscope, tmp_path)


def test_a_file_keeps_all_rows_escapes_them_and_says_what_is_wrong(
    report, trailscope, write, tmp_path,
):
    names = [f'"{name}"' for name in ATTACKS]
    path = write("mine & <b>.csv", "LU,molecule,called <i>", *(f"<u>{at}</u>,CCO,{name}"
                                                  for at, name in enumerate(names)),
                 "0.5,<script>alert(4)</script>,bad", ",CN,good")
    columns = ("--smiles-column", "molecule", "--id-column", "called <i>")
    text = report(path, *SHORT, *columns, status=1)
    page = check_is_safe(text, has_player=False)
    for attack in (*ATTACKS, "<script>alert(4)</script>", path.name, "<u>4</u>"):
        assert attack in page.text
        assert attack not in text or "<" not in attack
    rows = trailscope("score", path, *SHORT, *columns).rows
    assert [words for tag, words in page.tags if tag == "td" and "colspan" in words] == [
        {"colspan": "8"}]
    assert "LU_input" in page.text
    by_value = dict(page.numbers)
    for row in rows:
        if row["error"] is None:
            assert by_value[row["lu"]] == f"{row['lu']:.3f}"
            assert by_value[row["nll_marginal_nats"]] == f"{row['nll_marginal_nats']:.2f}"
        else:
            assert row["error"] in page.text
    assert "of 7; 1 could not be" in page.text
    check_made_again(text, trailscope, tmp_path, status=1)


def test_a_long_file_shows_its_first_rows_and_counts_all(report, write):
    path = write("long.smi", *["C", "N"] * 104, "[13CH4]", "O")
    page = check_is_safe(report(path, "--permutations", 2), has_player=False)
    assert "Isotopes are not encoded and are ignored." in page.text
    assert "The first 200 of 210 rows" in page.text
    assert sum(tag == "tr" for tag, _ in page.tags) == 201
    assert dict(page.numbers)[210.0] == "210"


def test_a_file_without_a_good_row_is_a_table_of_reasons(report, write):
    page = check_is_safe(report(write("bad.smi", "C#C#C", "?"), status=1), has_player=False)
    assert "of 2; 2 could not be" in page.text
    assert sum(tag == "td" for tag, _ in page.tags) == 2 * 4
    assert "Linearization Uncertainty" not in page.text


def test_samples_have_quality_ranking_coverage_and_keep_list(
    report, samples, trailscope, tmp_path,
):
    text = report(samples, "--fdr", 30, "--seed", 1)
    page = check_is_safe(text, has_player=False)
    for words in ("Valid: 117 of 120", "AUC with 95% intervals", "Area under the risk–coverage",
                  "95% interval of the share among the kept", "torch9.8",
                  "false-discovery rate30%"):
        assert words in page.text
    assert page.commands[-1] == (f"trailscope report '{samples}' --fdr 30 --seed 1 "
                                 "--output report.html")
    check_made_again(text, trailscope, tmp_path)


def test_samples_that_cannot_be_ranked_say_why(report, tmp_path):
    made_up_samples(bad_share=0).save(tmp_path / "good", device="cpu")
    page = check_is_safe(report("good"), has_player=False)
    assert "other weights" in page.text
    assert page.text.count("unstable") > 0


@pytest.mark.parametrize(("words", "message"), [
    (("CC(",), "is not a valid SMILES"),
    (("missing.csv",), "missing.csv"), (("",), "INPUT is empty; give a SMILES"),
    (("C" * 400,), "The molecule has 1202 atoms with hydrogens; at most 29 are possible."),
    (("CCO", "--trail", "17", *SHORT), "There is no permutation '17'; use lowest, median, "
                                       "highest or a number from 1 to 16."),
    (("CCO", "--trail", "worst"), "There is no permutation 'worst'"),
    (("CCO", "--id-column", "x"), "CCO is no file; leave out --id-column."),
    (("CCO", "--fdr", 5), "CCO is no folder; leave out --fdr."),
    ((".", "--device", "cpu"), "holds samples, which are scored already; leave out --device."),
    ((".",), "does not hold samples: it has no record.json"),
])
def test_what_cannot_be_read_is_one_sentence(words, message, trailscope, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = trailscope("report", *words, "--output", "report.html")
    assert result.status == 1
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("output", "message"), [
    (".", "is a folder; give a file in it, such as report.html."),
    ("a" * 300 + ".html", "cannot be written: File name too long; give another name."),
    ("report.txt", "is to be an HTML file; give a name that ends in .html."),
    ("file/report.html", "is a file, so file/report.html cannot lie in it; give another name."),
])
def test_where_nothing_can_be_written_nothing_is_scored(
    output, message, trailscope, tmp_path, monkeypatch,
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    result = trailscope("report", "not even read", "--output", output)
    assert result.status == 1
    assert message in result.err


def test_samples_of_an_unknown_model_ask_for_its_folder(report, trailscope, tmp_path, assets):
    made_up_samples("elsewhere").save(tmp_path / "theirs", device="cpu")
    result = trailscope("report", tmp_path / "theirs", "--output", tmp_path / "report.html")
    assert "The samples are of elsewhere, which is not among the models here" in result.err
    text = report("theirs", "--model", assets / "checkpoints" / "qm9-anchor_expansion")
    assert "--model" in Page(text).commands[-1]


def test_a_scored_set_has_its_rows_filtered_sorted_and_escaped(report, trailscope, write, tmp_path):
    smiles = ("CO", "CCO", "C#N", "NC=O", "CC=O")
    path = write("mine.csv", "smiles,id,note", *(
        f'{one},m{row},"{attack}"' for row, (one, attack) in enumerate(
            zip(smiles, ATTACKS, strict=True))))
    assert trailscope("score", path, "--output", "my set", *SHORT).status == 0
    text = report("my set", "--filter", "num_nodes >= 4; scored", "--sort", "lu", "--descending")
    check_is_safe(text, has_player=False)
    rows = [row for row in trailscope("score", path, *SHORT).rows if row["num_nodes"] >= 4]
    rows.sort(key=lambda row: -row["lu"])
    assert all(f"{row['lu']:.3f}" in text for row in rows)
    places = [text.index(f">{row['id']}<") for row in rows]
    assert places == sorted(places)
    check_made_again(text, trailscope, tmp_path)


@pytest.mark.parametrize(("words", "message"), [
    (("set", "--fdr", 5), "is a scored set; leave out --fdr"),
    (("set", "--filter", "lu"), "The filter cannot be read from 'lu' on"),
    (("set", "--sort", "nothing"), "This library has no column 'nothing'"),
    (("CO", "--sort", "lu"), "CO is no folder; leave out --sort"),
])
def test_what_does_not_fit_a_scored_set_is_one_sentence(
        words, message, trailscope, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_library(tmp_path / "set", made_up_table(20))
    result = trailscope("report", *words, "--output", "report.html")
    assert (result.status, result.out) == (1, "")
    assert message in " ".join(result.err.split())
