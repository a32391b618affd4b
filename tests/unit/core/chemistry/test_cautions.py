"""Strained motifs are named, and molecules from the shelf have none."""

import json

import pytest
from rdkit import Chem

from core.assets import assets_folder
from core.chemistry.cautions import cautions


@pytest.mark.parametrize(("smiles", "expected"), [
    ("C1=C=CCCC1", ("an allene in a ring of six",)),
    ("C=C=CC1CCCC1", ()),  # beside the ring
    ("C1=C=CCCCCCC1", ()),  # of nine: stable
    ("C1CCC#CC1", ("a triple bond in a ring of six",)),
    ("C1CCCCCCC#C1", ()),
    ("C1=CC1", ("a double bond in a ring of three",)),
    ("C1CC1", ()),
    ("C1CC2CCC1=C2", ("a double bond at a bridgehead",)),
    ("C1CC2CC1C=C2", ()),  # norbornene
    ("C1C2C1C2", ("rings of three and three that share a bond",)),
    ("C1CC2CC12", ("rings of three and four that share a bond",)),
    ("C12C3C4C1C5C2C3C45", ("rings of four and four that share a bond",)),  # cubane
    ("C1CC12CC2", ("rings of three and three that share an atom",)),
    ("O=CC1CC12OC2C=O", ("rings of three and three that share an atom",)),
    ("C1CC12CCC2", ()),  # spirohexane
    ("C1=CC=C1", ("two double bonds in a ring of four",)), ("C1=CCC1", ()),
    ("C=C1CC=C1", ()), ("c1ccc2c(c1)CC2", ()),
    ("O=C1CC1", ("a double bond at a ring of three",)),
    ("C1CC1=C", ("a double bond at a ring of three",)),
    ("O=C1C=C1", ("a double bond at a ring of three",)),
    ("C=CC1CC1", ()),
    ("O=C1C=CC(=O)C=C1", ()), ("c1ccc2ccccc2c1", ()), ("N#Cc1ccccc1", ()),
])
def test_motifs(smiles, expected):
    assert cautions(Chem.MolFromSmiles(smiles)) == expected


def test_drugs_need_no_caution():
    groups = json.loads((assets_folder() / "gallery.json").read_text(encoding="utf-8"))
    strained = {row["name"] for rows in groups for row in rows
                if cautions(Chem.MolFromSmiles(row["smiles"]))}
    assert strained == {"Cubane"}
