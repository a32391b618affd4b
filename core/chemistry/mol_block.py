"""A MOL record, as SDF files hold them: what molecule it is, or what is wrong in which line."""

from __future__ import annotations

from rdkit import Chem, rdBase

from core.chemistry.chemistry import QM9, Chemistry
from core.chemistry.molecules import (
    Molecule,
    bond_order_sums,
    check_size,
    from_rdkit,
    problem_of,
    read_off,
    to_smiles,
)
from core.chemistry.notation import MoleculeError, refusing, shorten
from core.graph.graph import Graph

_COUNTS_LINE = 4
_COORDINATES = ((0, 10, "x"), (10, 20, "y"), (20, 30, "z"))
_BOND_FIELDS = ((0, 3, "the number of its first atom"), (3, 6, "the number of its second atom"),
                (6, 9, "its type"))


def from_mol_block(
    block: str,
    chemistry: Chemistry = QM9,
    *,
    max_atoms: int | None = None,
    name: str | None = None,
) -> Molecule:
    """Read one record of an SDF file; coordinates are ignored.

    Hydrogens that are not drawn are added. Records that draw all of them and leave out formal
    charges, as QM9's own zwitterions do, are read as drawn, with a note, where N, O or S with one
    bond too many makes sense of them.

    Raises:
        MoleculeError: one sentence on what is wrong, in which line and column of the record.
    """
    with refusing("The record is not a possible molecule; check its atoms and bonds."):
        mol = Chem.MolFromMolBlock(block, sanitize=False, removeHs=False)
        if mol is None:
            raise MoleculeError(what_is_wrong(block))
        problem = problem_of(mol)
        if problem is None:
            Chem.SanitizeMol(mol)
            short = Chem.MolToSmiles(Chem.RemoveHs(mol))
            return from_rdkit(mol, chemistry, smiles=short, max_atoms=max_atoms, name=name)
    reason = f"The record is not a possible molecule: {problem}"
    symbols = {atom.GetSymbol() for atom in mol.GetAtoms()}
    if not (symbols <= set(chemistry.elements) and "H" in symbols
            and chemistry.has_hydrogen_nodes):
        raise MoleculeError(reason)
    check_size(mol, chemistry, max_atoms)
    graph = read_off(mol, chemistry, name)
    written = to_smiles(graph, chemistry, hydrogens=False)
    if written is None:
        raise MoleculeError(reason)
    if not _draws_all_hydrogens(graph, chemistry):
        raise MoleculeError(f"{reason.removesuffix('.')}; draw its charges, or all of its "
                            "hydrogens.")
    return Molecule(graph, written, ("Formal charges are missing in the record; its atoms and "
                                     "bonds are read as drawn, without adding hydrogens.",))


def _draws_all_hydrogens(graph: Graph, chemistry: Chemistry) -> bool:
    """Whether no more bonds are missing than charges explain: each [N+] allows for one [O-].

    So it is in all 1,845 charged rows of QM9, where 150 have their negative charge on a carbon.
    """
    assert graph.node_labels is not None
    missing = excess = 0.0
    for label, bonds in zip(graph.node_labels.tolist(), bond_order_sums(graph), strict=True):
        valences = chemistry.valences[label]
        missing += min((valence - bonds for valence in valences if valence >= bonds), default=0)
        excess += max(bonds - max(valences), 0)
    return missing <= excess


def what_is_wrong(block: str) -> str:
    """A sentence on the first line of a record that breaks the format, V2000 (CTfile Formats)."""
    lines = block.splitlines()
    if len(lines) < _COUNTS_LINE:
        return (f"The record ends in line {len(lines)}; its line {_COUNTS_LINE} says how many "
                "atoms and bonds follow, such as '  3  2  0  0  0  0  0  0  0  0999 V2000'.")
    counts = lines[_COUNTS_LINE - 1]
    if "V3000" in counts:
        return "The record is not a valid V3000 MOL block; save it as V2000."
    for start, end, what in ((0, 3, "the number of atoms"), (3, 6, "the number of bonds")):
        if not _is_whole(counts[start:end]):
            return _fault(_COUNTS_LINE, start, what, counts[start:end])
    atoms, bonds = int(counts[:3]), int(counts[3:6])
    wanted = _COUNTS_LINE + atoms + bonds
    if len(lines) < wanted:
        return (f"The record ends in line {len(lines)}; its counts line announces {atoms} atoms "
                f"and {bonds} bonds, which end in line {wanted}.")
    for number in range(_COUNTS_LINE + 1, wanted + 1):
        line = lines[number - 1]
        is_atom = number <= _COUNTS_LINE + atoms
        if fault := _atom_fault(number, line) if is_atom else _bond_fault(number, line, atoms):
            return fault
    if not any(line.startswith("M  END") for line in lines[wanted:]):
        return "The record has no line 'M  END'; it may be cut off."
    return "The record is not a valid MOL block, although its counts, atoms and bonds are."


def _atom_fault(number: int, line: str) -> str | None:
    for start, end, axis in _COORDINATES:
        if not _is_number(line[start:end]):
            return _fault(number, start, f"the {axis} coordinate of an atom", line[start:end])
    symbol = line[31:34].strip()
    try:
        with rdBase.BlockLogs():
            Chem.GetPeriodicTable().GetAtomicNumber(symbol)
    except RuntimeError:
        return _fault(number, 31, "the symbol of an element", line[31:34])
    return None


def _bond_fault(number: int, line: str, atoms: int) -> str | None:
    for start, end, what in _BOND_FIELDS:
        if not _is_whole(line[start:end]):
            return _fault(number, start, f"a bond's line with {what}", line[start:end])
    ends = int(line[:3]), int(line[3:6])
    for place, end_atom in enumerate(ends):
        if not 1 <= end_atom <= atoms:
            return _fault(number, 3 * place, f"an atom from 1 to {atoms}", str(end_atom))
    if ends[0] == ends[1]:
        return _fault(number, 3, "another atom than the bond's first", str(ends[1]))
    if not 1 <= int(line[6:9]) <= 8:
        return _fault(number, 6, "a bond type from 1 to 4", line[6:9])
    return None


def _fault(number: int, start: int, expected: str, found: str) -> str:
    return (f"Line {number} of the record, column {start + 1}: expected {expected}, found "
            f"{shorten(found.strip(), 20)!r}.")


def _is_whole(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdecimal()


def _is_number(text: str) -> bool:
    try:
        return float(text) is not None
    except ValueError:
        return False
