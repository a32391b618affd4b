"""Molecules as graphs, and back: RDKit and SMILES on one side, `Graph` on the other.

Atoms are nodes with explicit hydrogens, bonds are kekulized edges (SPEC 1). Formal charge,
isotopes, radicals and stereo have no place in the graph; reading one gives a note, not an error.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from rdkit import Chem, rdBase

from core.errors import InputError
from core.graph.graph import Graph

ELEMENTS = ("H", "C", "N", "O", "F")
"""Node labels in order: the elements of QM9."""

BONDS = ("single", "double", "triple", "aromatic")
"""Edge labels in order; `aromatic` is kept in the vocabulary, unused after kekulization."""

MAX_ATOMS = 29
"""Largest molecule of QM9, hydrogens included."""

MAX_SMILES_LENGTH = 400
"""No molecule of 29 atoms needs a longer SMILES; longer input is refused before parsing."""

_BOND_TYPES = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE,
               Chem.BondType.TRIPLE, Chem.BondType.AROMATIC)
_BOND_ORDERS = np.array([1.0, 2.0, 3.0, 1.5])
_VALENCES = np.array([1, 4, 3, 2, 1])  # H C N O F, SPEC 5
_CAN_CARRY_CHARGE = ("N", "O", "S")


class MoleculeError(InputError):
    """Input that is no molecule of the vocabulary; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class Molecule:
    """A molecule read from the outside.

    Attributes:
        graph: explicit hydrogens, kekulized bonds, atoms numbered as RDKit does after `AddHs`.
        smiles: the input, as given.
        notes: one sentence for each property of the input that the graph does not encode.
    """

    graph: Graph
    smiles: str
    notes: tuple[str, ...] = ()


def from_smiles(smiles: str, *, max_atoms: int = MAX_ATOMS, name: str | None = None) -> Molecule:
    """Read a SMILES string.

    Args:
        smiles: any SMILES of H, C, N, O, F; fragments, charges, isotopes and stereo are legal.
        max_atoms: largest number of atoms, hydrogens included.
        name: kept on the graph.

    Raises:
        MoleculeError: one sentence on what is wrong and what would be right.
    """
    text = smiles.strip()
    if not text:
        raise MoleculeError("The SMILES is empty; try CCO for ethanol.")
    if len(text) > MAX_SMILES_LENGTH:
        raise MoleculeError(
            f"The SMILES has {len(text):,} characters; a molecule of at most {max_atoms} atoms "
            f"needs fewer than {MAX_SMILES_LENGTH}."
        )
    if len(text.split()) > 1:
        raise MoleculeError(
            f"{_shorten(text)!r} has a space inside; give one SMILES without a name behind it."
        )
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(text, sanitize=False)
        if mol is None:
            raise MoleculeError(f"{_shorten(text)!r} is not a valid SMILES; check brackets, ring "
                                "numbers and element symbols.")
        problems = Chem.DetectChemistryProblems(mol)
        if problems:
            raise MoleculeError(f"{_shorten(text)!r} is not a possible molecule: "
                                f"{_describe(problems[0].Message())}")
        reason = _why_not_sanitized(mol)
        if reason is not None:
            raise MoleculeError(f"{_shorten(text)!r} is not a possible molecule: {reason}")
        mol = Chem.MolFromSmiles(text)
    return from_rdkit(mol, smiles=text, max_atoms=max_atoms, name=name)


def from_rdkit(
    mol: Chem.Mol, *, smiles: str | None = None, max_atoms: int = MAX_ATOMS, name: str | None = None
) -> Molecule:
    """Read an RDKit molecule; hydrogens are added and bonds kekulized on a copy.

    Raises:
        MoleculeError: for no atoms, an element or bond outside the vocabulary, or too many atoms.
    """
    if mol.GetNumAtoms() == 0:
        raise MoleculeError("The molecule has no atoms; at least one is needed.")
    smiles = Chem.MolToSmiles(mol) if smiles is None else smiles
    notes = _notes(mol)
    foreign = Counter(atom.GetSymbol() for atom in mol.GetAtoms()
                      if atom.GetSymbol() not in ELEMENTS)
    if foreign:
        found = ", ".join(sorted(foreign))
        subject = f"Element {found} is" if len(foreign) == 1 else f"Elements {found} are"
        raise MoleculeError(f"{subject} outside the vocabulary; the models know "
                            f"{', '.join(ELEMENTS)}.")
    mol = Chem.AddHs(mol)
    _check_size(mol, max_atoms)
    try:
        Chem.Kekulize(mol, clearAromaticFlags=True)
    except Chem.KekulizeException:
        raise MoleculeError("The aromatic bonds cannot be written as single and double bonds; "
                            "check for a missing [nH].") from None
    return Molecule(_to_graph(mol, name), smiles, notes)


def from_mol_block(
    block: str, *, max_atoms: int = MAX_ATOMS, name: str | None = None
) -> Molecule:
    """Read one record of an SDF file; coordinates are ignored.

    Records that show all hydrogens and leave out formal charges, as QM9's own zwitterions do, are
    read as drawn, with a note, where N, O or S with one bond too many makes sense of them.

    Raises:
        MoleculeError: one sentence on what is wrong and what would be right.
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromMolBlock(block, sanitize=False, removeHs=False)
        if mol is None:
            raise MoleculeError("The record is not a valid MOL block; check its counts line.")
        problems = Chem.DetectChemistryProblems(mol)
        reason = None if problems else _why_not_sanitized(mol)
        if reason is not None:
            raise MoleculeError(f"The record is not a possible molecule: {reason}")
        if not problems:
            Chem.SanitizeMol(mol)
            short = Chem.MolToSmiles(Chem.RemoveHs(mol))
            return from_rdkit(mol, smiles=short, max_atoms=max_atoms, name=name)
        reason = f"The record is not a possible molecule: {_describe(problems[0].Message())}"
    if not all(atom.GetSymbol() in ELEMENTS for atom in mol.GetAtoms()):
        raise MoleculeError(reason)
    _check_size(mol, max_atoms)
    graph = _to_graph(mol, name)
    smiles = to_smiles(graph, hydrogens=False)
    if smiles is None or "H" not in {atom.GetSymbol() for atom in mol.GetAtoms()}:
        raise MoleculeError(reason)
    return Molecule(graph, smiles, ("Formal charges are missing in the record; its atoms and "
                                    "bonds are read as drawn, without adding hydrogens.",))


def _check_size(mol: Chem.Mol, max_atoms: int) -> None:
    if mol.GetNumAtoms() > max_atoms:
        raise MoleculeError(
            f"The molecule has {mol.GetNumAtoms()} atoms with hydrogens; at most {max_atoms} are "
            "possible."
        )


def _to_graph(mol: Chem.Mol, name: str | None) -> Graph:
    """Atoms and bonds as they stand."""
    labels = [ELEMENTS.index(atom.GetSymbol()) for atom in mol.GetAtoms()]
    bonds = list(mol.GetBonds())
    for bond in bonds:
        if bond.GetBondType() not in _BOND_TYPES:
            kind = str(bond.GetBondType()).lower()
            raise MoleculeError(f"Bonds of kind {kind!r} are outside the vocabulary; use single, "
                                "double, triple or aromatic bonds.")
    return Graph(
        num_nodes=len(labels),
        edges=np.array([[b.GetBeginAtomIdx(), b.GetEndAtomIdx()] for b in bonds],
                       dtype=np.int64).reshape(-1, 2),
        node_labels=np.array(labels),
        edge_labels=np.array([_BOND_TYPES.index(b.GetBondType()) for b in bonds], dtype=np.int64),
        name=name,
    )


def to_rdkit(graph: Graph) -> Chem.Mol:
    """Build the molecule without sanitizing it; N, O or S with one bond too many gets charge +1."""
    if graph.node_labels is None or graph.edge_labels is None:
        raise MoleculeError("An unlabelled graph is not a molecule.")
    mol = Chem.RWMol()
    for label in graph.node_labels.tolist():
        atom = Chem.Atom(ELEMENTS[label])
        atom.SetNoImplicit(False)
        mol.AddAtom(atom)
    for (u, v), label in zip(graph.edges.tolist(), graph.edge_labels.tolist(), strict=True):
        mol.AddBond(u, v, _BOND_TYPES[label])
    for atom, excess in zip(mol.GetAtoms(), _bond_order_sums(graph) - _VALENCES[graph.node_labels],
                            strict=True):
        if excess == 1 and atom.GetSymbol() in _CAN_CARRY_CHARGE:
            atom.SetFormalCharge(1)
    return mol.GetMol()


def to_valid_rdkit(graph: Graph) -> Chem.Mol | None:
    """The sanitized molecule, or None if RDKit refuses it (SPEC 5: *valid*)."""
    mol = to_rdkit(graph)
    with rdBase.BlockLogs():
        problem = Chem.SanitizeMol(mol, catchErrors=True)
    return mol if problem == Chem.SanitizeFlags.SANITIZE_NONE else None


def to_smiles(graph: Graph, *, hydrogens: bool = True) -> str | None:
    """Canonical SMILES of the graph's molecule, or None if it is not valid.

    Args:
        graph: a molecule.
        hydrogens: write every hydrogen as an atom, as novelty and uniqueness compare (SPEC 5);
            without, the short form for people.
    """
    mol = to_valid_rdkit(graph)
    if mol is None:
        return None
    with rdBase.BlockLogs():  # lone hydrogen atoms are worth no warning
        return Chem.MolToSmiles(mol if hydrogens else Chem.RemoveHs(mol))


def to_exact_smiles(graph: Graph) -> str | None:
    """A SMILES that `from_smiles` reads back as this graph, under-valent atoms included.

    None if the molecule is not valid. `to_smiles` writes an under-valent atom without brackets,
    and whoever reads that adds the hydrogens that the graph does not have. Where a ring has two
    Kekulé structures, reading may give the other one.
    """
    if to_valid_rdkit(graph) is None:
        return None
    mol = to_rdkit(graph)
    for atom in mol.GetAtoms():
        atom.SetNoImplicit(True)
    with rdBase.BlockLogs():
        Chem.SanitizeMol(mol)
        return Chem.MolToSmiles(mol)


def is_valid(graph: Graph) -> bool:
    """Whether RDKit sanitizes the molecule; fragments count as valid."""
    return to_valid_rdkit(graph) is not None


def stable_atoms(graph: Graph) -> np.ndarray:
    """Whether each atom's bond orders sum to its valence, [n] bool (SPEC 5)."""
    if graph.node_labels is None:
        raise MoleculeError("An unlabelled graph is not a molecule.")
    return _bond_order_sums(graph) == _VALENCES[graph.node_labels]


def is_stable(graph: Graph) -> bool:
    """Whether all atoms are stable."""
    return bool(stable_atoms(graph).all())


def num_fragments(graph: Graph) -> int:
    """Number of connected components."""
    return len(Chem.GetMolFrags(to_rdkit(graph)))


def _bond_order_sums(graph: Graph) -> np.ndarray:
    assert graph.edge_labels is not None
    orders = np.repeat(_BOND_ORDERS[graph.edge_labels], 2)
    return np.bincount(graph.edges.ravel(), weights=orders, minlength=graph.num_nodes)


def _notes(mol: Chem.Mol) -> tuple[str, ...]:
    atoms = list(mol.GetAtoms())
    stereo = any(atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for atom in atoms) or any(
        bond.GetStereo() != Chem.BondStereo.STEREONONE for bond in mol.GetBonds()
    )
    found = (
        (any(atom.GetFormalCharge() for atom in atoms),
         "Formal charges are not encoded: the model scores the same atoms and bonds uncharged."),
        (any(atom.GetIsotope() for atom in atoms), "Isotopes are not encoded and are ignored."),
        (stereo, "Stereochemistry is not encoded and is ignored."),
        (any(atom.GetNumRadicalElectrons() for atom in atoms),
         "Unpaired electrons are not encoded: the atom counts as under-valent."),
        (len(Chem.GetMolFrags(mol)) > 1,
         f"The input has {len(Chem.GetMolFrags(mol))} fragments; they are scored as one graph."),
    )
    return tuple(note for holds, note in found if holds)


def _why_not_sanitized(mol: Chem.Mol) -> str | None:
    """What RDKit finds wrong only while it sanitizes, as the rest of a sentence.

    An atom drawn as aromatic outside a ring has a bond order too many once its bonds are
    kekulized, which `DetectChemistryProblems` does not do.
    """
    try:
        Chem.SanitizeMol(Chem.Mol(mol))
    except Chem.MolSanitizeException as error:
        return _describe(str(error))
    return None


def _describe(problem: str) -> str:
    """RDKit's reason as the rest of a sentence."""
    problem = problem.strip().removesuffix(".")
    if "kekulize" in problem:
        return ("its aromatic bonds cannot be written as single and double bonds; check for a "
                "missing [nH].")
    return problem[:1].lower() + problem[1:] + "."


def _shorten(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
