"""The command behind the counts of round trips in docs/speed.md."""

import sys

import pytest

from benchmarks.roundtrip import __main__ as roundtrip

SMILES = ("CCO", "c1ccccc1O", "CC#N", "NC=O", "C1CC1", "Cc1ccoc1", "N", "CC(C)=O", "C=C", "OCCO")


def written(folder, column):
    """A CSV of the molecules."""
    path = folder / "molecules.csv"
    path.write_text("\n".join([column, *SMILES]) + "\n")
    return path


@pytest.mark.parametrize("dataset", ["qm9", "moses"])
def test_everything_comes_back_from_tokens_and_from_smiles(dataset, tmp_path, monkeypatch, capsys):
    data = written(tmp_path, "smiles" if dataset == "qm9" else "SMILES")
    monkeypatch.setattr(sys, "argv", ["roundtrip", "--dataset", dataset, "--data", str(data),
                                      "--planar", "3"])
    assert roundtrip.main() == 0
    counts = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2].partition(" (")[0] for line in counts] == [
        "40 of 40 round trips exact, 0 failures", "12 of 12 round trips exact, 0 failures",
        "10 of 10 round trips exact, 0 failures"]


def test_what_does_not_come_back_is_told(tmp_path, monkeypatch, capsys):
    data = written(tmp_path, "smiles")
    monkeypatch.setattr(roundtrip, "why_not", lambda *args, **options: "It is another one.")
    monkeypatch.setattr(sys, "argv", ["roundtrip", "--data", str(data), "--planar", "0",
                                      "--check", "tokens"])
    assert roundtrip.main() == 1
    assert "40 failures" in capsys.readouterr().out
