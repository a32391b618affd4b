"""What a valence count does not see: ring strain that few molecules survive.

Each rule is about a motif in small rings. A molecule with one may exist (cubane does), so it gets a
caution, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

from rdkit import Chem, rdBase
from rdkit.Chem.rdMolDescriptors import CalcNumBridgeheadAtoms

_SMALL = {3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}
_LARGEST_LINEAR = 8
"""Atoms of the largest ring in which a triple bond or an allene is strained; from nine on both are
stable at room temperature (1,2-cyclononadiene, cyclononyne)."""
_LEAST_BRIDGES = 9
"""Atoms in the three bridges from which on a bicycle bears a double bond at a bridgehead (Fawcett,
*Chemical Reviews* 47, 219, 1950); paclitaxel has as many."""


def cautions(molecule: Chem.Mol) -> tuple[str, ...]:
    """Strained motifs of a sanitized molecule, in a few words each, without repeats.

    >>> cautions(Chem.MolFromSmiles("C1=C=CCCC1")), cautions(Chem.MolFromSmiles("c1ccccc1"))
    (('an allene in a ring of six',), ())
    """
    return tuple(dict.fromkeys(_found(molecule)))


def cautions_of(smiles: str | None) -> tuple[str, ...]:
    """The same by SMILES; none for what is no molecule."""
    if smiles is None:
        return ()
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    return () if molecule is None else cautions(molecule)


def strain_notes(smiles: str | None) -> tuple[str, ...]:
    """The note that a row of a strained molecule carries; none for others and for no molecule.

    >>> strain_notes("C1=C=CCCC1")
    ('It may be too strained to exist: an allene in a ring of six.',)
    >>> strain_notes("CCO"), strain_notes(None)
    ((), ())
    """
    found = cautions_of(smiles)
    return (f"It may be too strained to exist: {', '.join(found)}.",) if found else ()


def _found(molecule: Chem.Mol) -> Iterator[str]:
    info = molecule.GetRingInfo()
    if molecule.HasSubstructMatch(_may_be_strained()):
        yield from _strained_bonds(molecule)
    if _breaks_bredts_rule(molecule):
        yield "a double bond at a bridgehead"
    small = [(set(atoms), set(bonds)) for atoms, bonds in zip(
        info.AtomRings(), info.BondRings(), strict=True) if len(atoms) <= 4]
    for (atoms, bonds), (other_atoms, other_bonds) in combinations(small, 2):
        sizes = sorted((len(atoms), len(other_atoms)))
        rings = f"rings of {_SMALL[sizes[0]]} and {_SMALL[sizes[1]]}"
        if bonds & other_bonds:
            yield f"{rings} that share a bond"
        elif atoms & other_atoms and sizes == [3, 3]:
            yield f"{rings} that share an atom"


@cache
def _may_be_strained() -> Chem.Mol:
    """A triple bond or an allene in a ring, a double bond at a ring of three or in one of four.

    Most molecules have none, and need not be looked through.
    """
    return Chem.MolFromSmarts("[$([R]#[R]),$([R]=[R]=[R]),$([r3]=*),$([r4]=[r4])]")


def _strained_bonds(molecule: Chem.Mol) -> Iterator[str]:
    info = molecule.GetRingInfo()
    for bond in molecule.GetBonds():
        smallest = info.MinBondRingSize(bond.GetIdx())
        if bond.GetBondType() == Chem.BondType.TRIPLE and 0 < smallest <= _LARGEST_LINEAR:
            yield f"a triple bond in a ring of {_SMALL[smallest]}"
        if bond.GetBondType() != Chem.BondType.DOUBLE:
            continue
        if smallest == 3:
            yield "a double bond in a ring of three"
        elif any(info.IsAtomInRingOfSize(atom.GetIdx(), 3)
                 for atom in (bond.GetBeginAtom(), bond.GetEndAtom())):
            yield "a double bond at a ring of three"
    for ring in info.BondRings():
        double_bonds = sum(molecule.GetBondWithIdx(bond).GetBondType() == Chem.BondType.DOUBLE
                           for bond in ring)
        if len(ring) == 4 and double_bonds == 2:
            yield "two double bonds in a ring of four"
    for atom in molecule.GetAtoms():
        double = [bond.GetIdx() for bond in atom.GetBonds()
                  if bond.GetBondType() == Chem.BondType.DOUBLE]
        if len(double) == 2:
            shared = [len(ring) for ring in info.BondRings() if set(double) <= set(ring)]
            if shared and min(shared) <= _LARGEST_LINEAR:
                yield f"an allene in a ring of {_SMALL[min(shared)]}"


def _breaks_bredts_rule(molecule: Chem.Mol) -> bool:
    bridgeheads: list[int] = []
    # RDKit fills the list; its stub takes the argument for one of pairs of atoms.
    CalcNumBridgeheadAtoms(molecule, bridgeheads)  # type: ignore[arg-type]
    if not bridgeheads:
        return False
    rings = [set(ring) for ring in molecule.GetRingInfo().AtomRings()]
    for place in bridgeheads:
        ends = {place} | {bond.GetOtherAtomIdx(place)
                          for bond in molecule.GetAtomWithIdx(place).GetBonds()
                          if bond.GetBondType() == Chem.BondType.DOUBLE}
        for one, other in combinations([ring for ring in rings if place in ring], 2):
            is_bridged = len(one & other) > 2
            bears = len(ends) > 1 and (ends <= one or ends <= other)
            if is_bridged and bears and len(one | other) - 2 < _LEAST_BRIDGES:
                return True
    return False
