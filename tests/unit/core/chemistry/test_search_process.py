"""A search in a process of its own finds what a search here finds, and ends in time."""

import subprocess
import time

import numpy as np
import pytest
from rdkit import Chem

from core.chemistry import search_process
from core.chemistry.search_process import SearchProcess, packed
from core.chemistry.substructures import Pattern, PatternError

BOMB = "[H].[H].[H].[H].[H].[H].[H].[H].[F]"
SMILES = ("CCO", "C#N", "C1=CC=CC=C1", "C[NH3+]", "C[CH2]")


@pytest.fixture(scope="module")
def process():
    search = SearchProcess(limit_s=0.3)
    yield search
    search.close()


@pytest.fixture(scope="module")
def molecules():
    return [*(Chem.AddHs(Chem.MolFromSmiles(smiles)) for smiles in SMILES), None]


@pytest.mark.parametrize("smarts", [
    "[CH3]", "[#6][H]", "[v3]", "[X2]", "[r6]", "c1ccccc1", "[D1;!$(C#N)]", "[OX2H]", "C.C", "[+]",
    "[^2]", "[D1]", "[x2]", "[C;$(CO)]"])
def test_it_finds_what_a_search_here_finds(process, molecules, smarts):
    pattern = Pattern.from_smarts(smarts)
    found = process.find(pattern, "all", packed(molecules))
    np.testing.assert_array_equal(found, pattern.find(molecules))
    assert found.any()
    assert not found[-1]


def test_a_pattern_in_many_pieces_ends_and_the_next_search_works(process, molecules, monkeypatch):
    large = packed([Chem.AddHs(Chem.MolFromSmiles("CCCCCCCC"))])
    started = time.monotonic()
    with pytest.raises(PatternError, match="takes too long"):
        process.find(Pattern.from_smarts(BOMB), "large", large)
    assert time.monotonic() - started < 15  # 0.3 s of processor time, beside other processes
    found = process.find(Pattern.from_smarts("[OX2]"), "all", packed(molecules))
    assert found.tolist() == [True, False, False, False, False, False]
    monkeypatch.setattr(subprocess, "Popen", None)  # what took too long is not tried again
    with pytest.raises(PatternError, match="takes too long"):
        process.find(Pattern.from_smarts(BOMB), "large", large)


def test_the_last_sets_of_molecules_are_not_sent_again(process, molecules):
    one, two = packed(molecules[:1]), packed(molecules[:2])
    pattern = Pattern.from_smarts("[OX2]")
    for number in range(search_process._SETS_HELD):
        assert len(process.find(pattern, number, one)) == 1
    assert len(process.find(pattern, 0, two)) == 1  # as it was sent
    assert len(process.find(pattern, "another", two)) == 2
    assert len(process.find(pattern, 1, two)) == 2  # forgotten, sent anew
