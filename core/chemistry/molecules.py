"""Molecules as graphs, and back: RDKit and SMILES on one side, `Graph` on the other.

Atoms are nodes and bonds are edges under a `Chemistry` (docs/definitions.md, Graphs and
chemistries). Bonds are kekulized in an order of the atoms that does not depend on the spelling, so
that a molecule has one graph up to the numbering of its nodes. Formal charge, isotopes, radicals
and stereo have no place in the graph; reading one gives a note, not an error.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from rdkit import Chem, rdBase

from core.chemistry.chemistry import BONDS, QM9, Chemistry
from core.chemistry.notation import (
    SCORED,
    MoleculeError,
    Purpose,
    check_characters,
    refusing,
    shorten,
)
from core.graph.graph import Graph

_BOND_TYPES = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE,
               Chem.BondType.TRIPLE, Chem.BondType.AROMATIC)
_BOND_LABELS = {bond_type: label for label, bond_type in enumerate(_BOND_TYPES)}
_DATIVE_BONDS = (Chem.BondType.DATIVE, Chem.BondType.DATIVEL, Chem.BondType.DATIVER,
                 Chem.BondType.DATIVEONE)
_AROMATIC = BONDS.index("aromatic")
_BOND_ORDERS = np.array([1.0, 2.0, 3.0, 1.5])
_CAN_CARRY_CHARGE = ("N", "O", "S")
_LONGEST_EXTENSION = 10_000  # coordinates of hundreds of atoms
_EXTENSION = re.compile(r"(\S+)\s+(\|[^|]*\|)")


@dataclass(frozen=True, eq=False)
class Molecule:
    """A molecule read from the outside.

    Attributes:
        graph: atoms numbered as RDKit does, after `AddHs` where hydrogens are explicit.
        smiles: the input, as given.
        notes: one sentence for each property of the input that the graph does not encode.
    """

    graph: Graph
    smiles: str
    notes: tuple[str, ...] = ()


def from_smiles(
    smiles: str,
    chemistry: Chemistry = QM9,
    *,
    max_atoms: int | None = None,
    name: str | None = None,
    purpose: Purpose = SCORED,
) -> Molecule:
    """Read a SMILES string.

    Args:
        smiles: any SMILES of the chemistry's elements; fragments, charges, isotopes and stereo are
            legal, and a CXSMILES extension between `|` behind it.
        chemistry: what the graph may hold.
        max_atoms: largest number of nodes, by default the chemistry's.
        name: kept on the graph.
        purpose: how notes call what becomes of it.

    Raises:
        MoleculeError: one sentence on what is wrong and what would be right.
    """
    text = smiles.strip()
    plain, extension = split_extension(text)
    _check_text(plain, chemistry.max_nodes if max_atoms is None else max_atoms)
    _check_extension(extension)
    with refusing(f"{shorten(text)!r} is not a possible molecule; check it."):
        mol = Chem.MolFromSmiles(text)
        if mol is None:
            raise MoleculeError(_why_no_molecule(plain, extension))
        read = from_rdkit(mol, chemistry, smiles=text, max_atoms=max_atoms, name=name,
                          purpose=purpose)
    if not extension:
        return read
    return replace(read, notes=(*read.notes, "Of the extension between | | only unpaired "
                                "electrons are read."))


def elements_of(smiles: str) -> list[str]:
    """Symbols of the elements of any molecule, sorted; none for what is no molecule.

    >>> elements_of("C[Si](C)(C)O"), elements_of("C1CC")
    (['C', 'O', 'Si'], [])
    """
    try:
        with refusing("It is no molecule."):
            check_characters(smiles.strip(), "SMILES")
            mol = Chem.MolFromSmiles(smiles)
    except MoleculeError:
        return []
    return [] if mol is None else sorted({atom.GetSymbol() for atom in mol.GetAtoms()})


def split_extension(text: str) -> tuple[str, str]:
    """A SMILES and its CXSMILES extension, which is empty if there is none.

    >>> split_extension("CC |^1:0|")
    ('CC', '|^1:0|')
    """
    found = _EXTENSION.fullmatch(text)
    return (text, "") if found is None else (found[1], found[2])


def from_rdkit(
    mol: Chem.Mol,
    chemistry: Chemistry = QM9,
    *,
    smiles: str | None = None,
    max_atoms: int | None = None,
    name: str | None = None,
    purpose: Purpose = SCORED,
) -> Molecule:
    """Read a sanitized RDKit molecule, which stays as it is.

    Raises:
        MoleculeError: for no atoms, an element or bond outside the chemistry, or too many atoms.
    """
    if mol.GetNumAtoms() == 0:
        raise MoleculeError("The molecule has no atoms; at least one is needed.")
    smiles = Chem.MolToSmiles(mol) if smiles is None else smiles
    _check_elements(mol if chemistry.has_hydrogen_nodes else without_hydrogen_atoms(mol), chemistry)
    graph = to_graph(mol, chemistry, max_atoms=max_atoms, name=name)
    return Molecule(graph, smiles, _notes(mol, graph, chemistry, purpose))


def to_graph(
    mol: Chem.Mol,
    chemistry: Chemistry,
    *,
    max_atoms: int | None = None,
    name: str | None = None,
) -> Graph:
    """The graph of a sanitized RDKit molecule, without a word on what it loses.

    Kekulé structures are chosen by RDKit in the canonical order of the atoms, not in the order in
    which they were given: `Cc1ccccc1C` and `c1cccc(C)c1C` get the same double bonds.

    Raises:
        MoleculeError: for an element or bond outside the chemistry, or too many atoms.
    """
    mol = Chem.AddHs(mol) if chemistry.has_hydrogen_nodes else without_hydrogen_atoms(mol)
    check_size(mol, chemistry, max_atoms)
    if chemistry.is_kekulized and any(bond.GetIsAromatic() for bond in mol.GetBonds()):
        mol = kekulize(mol)
    return read_off(mol, chemistry, name)


def kekulize(mol: Chem.Mol) -> Chem.Mol:
    """The same sanitized molecule with alternating bonds, atoms numbered as before."""
    ranks = list(Chem.CanonicalRankAtoms(mol, includeChirality=False, includeIsotopes=False))
    by_rank = sorted(range(len(ranks)), key=ranks.__getitem__)
    mol = Chem.RenumberAtoms(mol, by_rank)
    try:
        Chem.Kekulize(mol, clearAromaticFlags=True)
    except Chem.KekulizeException:
        raise MoleculeError("The aromatic bonds cannot be written as single and double bonds; "
                            "check for a missing [nH].") from None
    return Chem.RenumberAtoms(mol, ranks)


def without_hydrogen_atoms(mol: Chem.Mol) -> Chem.Mol:
    """Hydrogens counted on their atoms, isotopes included, for they are not encoded."""
    if not any(atom.GetAtomicNum() == 1 for atom in mol.GetAtoms()):
        return mol
    mol = Chem.Mol(mol)
    for atom in mol.GetAtoms():
        atom.SetIsotope(0)
    with rdBase.BlockLogs():
        return Chem.RemoveHs(mol)


def _check_text(text: str, max_atoms: int) -> None:
    """Refuse what RDKit would misread: it stops at the first character that is not ASCII."""
    if not text:
        raise MoleculeError("The SMILES is empty; try CCO for ethanol.")
    longest = max(400, 12 * max_atoms)  # no molecule of so many atoms needs more
    if len(text) > longest:
        raise MoleculeError(
            f"The SMILES has {len(text):,} characters; a molecule of at most {max_atoms} atoms "
            f"needs fewer than {longest}."
        )
    if len(text.split()) > 1:
        raise MoleculeError(
            f"{shorten(text)!r} has a space inside; give one SMILES without a name behind it."
        )
    check_characters(text, "SMILES")


def _check_extension(extension: str) -> None:
    if len(extension) > _LONGEST_EXTENSION:
        raise MoleculeError(f"The extension behind the SMILES has {len(extension):,} characters; "
                            "leave it out.")
    check_characters("".join(extension.split(" ")), "SMILES")


def _check_elements(mol: Chem.Mol, chemistry: Chemistry) -> None:
    foreign = Counter(atom.GetSymbol() for atom in mol.GetAtoms()
                      if atom.GetSymbol() not in chemistry.elements)
    if foreign:
        found = ", ".join(sorted(foreign))
        subject = f"Element {found} is" if len(foreign) == 1 else f"Elements {found} are"
        raise MoleculeError(f"{subject} outside the vocabulary, which has "
                            f"{', '.join(chemistry.elements)}.")


def check_size(mol: Chem.Mol, chemistry: Chemistry, max_atoms: int | None) -> None:
    """Refuse more atoms than `max_atoms`, by default than the chemistry holds.

    Raises:
        MoleculeError: naming both numbers.
    """
    most = chemistry.max_nodes if max_atoms is None else max_atoms
    if mol.GetNumAtoms() > most:
        raise MoleculeError(f"The molecule has {mol.GetNumAtoms()} {chemistry.counted}; at most "
                            f"{most} are possible.")


def read_off(mol: Chem.Mol, chemistry: Chemistry, name: str | None) -> Graph:
    """Atoms and bonds as they stand, numbered as in RDKit's molecule.

    No aromatic bond gets past here where bonds are kekulized.

    Raises:
        MoleculeError: for an element or bond outside the chemistry.
    """
    label_of = {symbol: label for label, symbol in enumerate(chemistry.elements)}
    symbols = [atom.GetSymbol() for atom in mol.GetAtoms()]
    if not label_of.keys() >= set(symbols):
        _check_elements(mol, chemistry)
    ends, labels = [], []
    for bond in mol.GetBonds():
        ends.append((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
        labels.append(_bond_label(bond.GetBondType(), chemistry))
    return Graph(
        num_nodes=len(symbols),
        edges=np.array(ends, dtype=np.int64).reshape(-1, 2),
        node_labels=np.array([label_of[symbol] for symbol in symbols]),
        edge_labels=np.array(labels, dtype=np.int64),
        name=name,
    )


def _bond_label(bond_type: Chem.BondType, chemistry: Chemistry) -> int:
    label = 0 if bond_type in _DATIVE_BONDS else _BOND_LABELS.get(bond_type)
    if label is None:
        raise MoleculeError(f"Bonds of kind {str(bond_type).lower()!r} are outside the vocabulary; "
                            "use single, double, triple or aromatic bonds.")
    if label == _AROMATIC and chemistry.is_kekulized:
        raise MoleculeError("An aromatic bond outside of an aromatic ring has no place among "
                            "single, double and triple bonds; write it as one of these.")
    return label


def to_rdkit(graph: Graph, chemistry: Chemistry = QM9) -> Chem.Mol:
    """Build the molecule without sanitizing it; N, O or S with one bond too many gets charge +1.

    Where every hydrogen is a node, RDKit is not to add any: an under-valent atom has unpaired
    electrons.

    Raises:
        MoleculeError: for an unlabelled graph.
    """
    if graph.node_labels is None or graph.edge_labels is None:
        raise MoleculeError("An unlabelled graph is not a molecule.")
    mol = Chem.RWMol()
    for label in graph.node_labels.tolist():
        atom = Chem.Atom(chemistry.elements[label])
        atom.SetNoImplicit(chemistry.has_hydrogen_nodes)
        mol.AddAtom(atom)
    for (u, v), label in zip(graph.edges.tolist(), graph.edge_labels.tolist(), strict=True):
        mol.AddBond(u, v, _BOND_TYPES[label])
        if label == _AROMATIC:
            for part in (mol.GetBondBetweenAtoms(u, v), mol.GetAtomWithIdx(u),
                         mol.GetAtomWithIdx(v)):
                part.SetIsAromatic(True)
    excesses = bond_order_sums(graph) - chemistry.highest_valences[graph.node_labels]
    for atom, excess in zip(mol.GetAtoms(), excesses.tolist(), strict=True):
        # What an aromatic atom lacks or has too much depends on how its ring is kekulized.
        if excess == 1 and atom.GetSymbol() in _CAN_CARRY_CHARGE and not atom.GetIsAromatic():
            atom.SetFormalCharge(1)
    return mol.GetMol()


def to_valid_rdkit(graph: Graph, chemistry: Chemistry = QM9) -> Chem.Mol | None:
    """The sanitized molecule, or None if RDKit refuses it (docs/definitions.md: *valid*)."""
    mol = to_rdkit(graph, chemistry)
    with rdBase.BlockLogs():
        problem = Chem.SanitizeMol(mol, catchErrors=True)
    return mol if problem == Chem.SanitizeFlags.SANITIZE_NONE else None


def to_smiles(
    graph: Graph, chemistry: Chemistry = QM9, *, hydrogens: bool = True
) -> str | None:
    """Canonical SMILES that `from_smiles` reads back as this graph; None if it is not valid.

    The one writer of SMILES, for generated and training molecules alike. Where hydrogens are nodes,
    under-valent atoms stand in brackets, so that no reader adds what the graph does not have.
    Reading gives the canonical of two Kekulé structures of a ring, to which `normal_form` brings a
    graph, and RDKit writes a pentavalent N=O as [N+][O-].

    Args:
        graph: a molecule.
        chemistry: what its labels mean.
        hydrogens: write every hydrogen node as an atom, as novelty and uniqueness compare;
            without, the short form for people.
    """
    mol = to_valid_rdkit(graph, chemistry)
    if mol is None:
        return None
    with rdBase.BlockLogs():  # lone hydrogen atoms are worth no warning
        return Chem.MolToSmiles(mol if hydrogens else Chem.RemoveHs(mol))


def with_hydrogens(smiles: str) -> str:
    """A SMILES with every hydrogen as an atom, canonical; what cannot be read stays as it is.

    >>> with_hydrogens("CO")
    '[H]OC([H])([H])[H]'
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        return smiles if mol is None else Chem.MolToSmiles(Chem.AddHs(mol))


def without_hydrogens(smiles: str) -> str:
    """The short form for people of a SMILES that `to_smiles` wrote, as that writes it itself.

    >>> without_hydrogens("[H]OC([H])([H])[H]")
    'CO'
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        return smiles if mol is None else Chem.MolToSmiles(mol)


def is_valid(graph: Graph, chemistry: Chemistry = QM9) -> bool:
    """Whether RDKit sanitizes the molecule; fragments count as valid."""
    return to_valid_rdkit(graph, chemistry) is not None


def stable_atoms(graph: Graph, chemistry: Chemistry = QM9) -> np.ndarray:
    """Whether each atom's bond orders sum to one of its valences, [n] bool.

    Raises:
        MoleculeError: where hydrogens are implicit: they fill every valence, so it means nothing.
    """
    if graph.node_labels is None:
        raise MoleculeError("An unlabelled graph is not a molecule.")
    if not chemistry.has_hydrogen_nodes:
        raise MoleculeError("Where hydrogens are implicit no atom is unstable; ask whether the "
                            "molecule is valid.")
    allowed = np.zeros((len(chemistry.elements), 32), dtype=bool)
    for label, valences in enumerate(chemistry.valences):
        allowed[label, list(valences)] = True
    sums = bond_order_sums(graph)
    whole = np.minimum(sums, allowed.shape[1] - 1).astype(np.int64)
    return (sums == whole) & allowed[graph.node_labels, whole]


def is_stable(graph: Graph, chemistry: Chemistry = QM9) -> bool:
    """Whether all atoms are stable."""
    return bool(stable_atoms(graph, chemistry).all())


def implicit_hydrogens(graph: Graph, chemistry: Chemistry = QM9) -> np.ndarray:
    """Hydrogens of each atom that are no nodes, as RDKit fills valences, [n] int64."""
    if chemistry.has_hydrogen_nodes:
        return np.zeros(graph.num_nodes, dtype=np.int64)
    mol = to_rdkit(graph, chemistry)
    with rdBase.BlockLogs():
        mol.UpdatePropertyCache(strict=False)
    return np.array([atom.GetTotalNumHs() for atom in mol.GetAtoms()], dtype=np.int64)


def sum_formula(graph: Graph, chemistry: Chemistry = QM9) -> str:
    """Sum formula in Hill order, implicit hydrogens included, such as C3H7NO2.

    Hill order: carbon, hydrogen, then the others by letter; all by letter where there is no carbon.
    """
    labels = [] if graph.node_labels is None else graph.node_labels.tolist()
    counts = Counter(chemistry.elements[label] for label in labels)
    counts["H"] += int(implicit_hydrogens(graph, chemistry).sum())
    first = ("C", "H") if counts["C"] else ()
    order = [*first, *sorted(counts.keys() - set(first))]
    return "".join(symbol + (str(counts[symbol]) if counts[symbol] > 1 else "")
                   for symbol in order if counts[symbol])


def num_heavy_atoms(graph: Graph, chemistry: Chemistry = QM9) -> int:
    """Number of atoms other than hydrogen."""
    labels = [] if graph.node_labels is None else graph.node_labels.tolist()
    return sum(chemistry.elements[label] != "H" for label in labels)


def num_fragments(graph: Graph) -> int:
    """Number of connected components."""
    return graph.num_components


def bond_order_sums(graph: Graph) -> np.ndarray:
    """Sum of the bond orders at every atom, an aromatic bond counting 1.5, [n] float64."""
    assert graph.edge_labels is not None
    orders = np.repeat(_BOND_ORDERS[graph.edge_labels], 2)
    return np.bincount(graph.edges.ravel(), weights=orders, minlength=graph.num_nodes)


def _notes(
    mol: Chem.Mol, graph: Graph, chemistry: Chemistry, purpose: Purpose
) -> tuple[str, ...]:
    """What the input has and the graph has not, a sentence each."""
    atoms = list(mol.GetAtoms())
    bonds = list(mol.GetBonds())
    stereo = any(atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for atom in atoms) or any(
        bond.GetStereo() != Chem.BondStereo.STEREONONE for bond in bonds
    )
    charged = any(atom.GetFormalCharge() for atom in atoms)
    radical = any(atom.GetNumRadicalElectrons() for atom in atoms)
    dative = any(bond.GetBondType() in _DATIVE_BONDS for bond in bonds)
    pieces = graph.num_components
    uncharged = (purpose.uncharged if chemistry.has_hydrogen_nodes
                 else "hydrogens fill what the charge left open")
    unpaired = ("the atom counts as under-valent" if chemistry.has_hydrogen_nodes
                else "hydrogens take their place")
    found = [
        (charged, f"Formal charges are not encoded: {uncharged}."),
        (any(atom.GetIsotope() for atom in atoms), "Isotopes are not encoded and are ignored."),
        (stereo, "Stereochemistry is not encoded and is ignored."),
        (radical, f"Unpaired electrons are not encoded: {unpaired}."),
        (dative, "Dative bonds are not encoded and are read as single ones."),
        (pieces > 1, f"The input has {pieces} fragments; {purpose.pieces}."),
    ]
    notes = [note for holds, note in found if holds]
    if not chemistry.has_hydrogen_nodes:
        notes += _read_as(mol, graph, chemistry, purpose)
    return tuple(notes)


def _read_as(
    mol: Chem.Mol, graph: Graph, chemistry: Chemistry, purpose: Purpose
) -> list[str]:
    """A sentence on which molecule it is read as, if its SMILES is not the input's own."""
    plain = Chem.Mol(mol)
    for atom in plain.GetAtoms():
        atom.SetIsotope(0)
    Chem.RemoveStereochemistry(plain)
    written = to_smiles(graph, chemistry)
    with rdBase.BlockLogs():
        if written == Chem.MolToSmiles(Chem.RemoveHs(plain)):
            return []
    if written is None:
        return ["Without what the graph does not encode, its atoms and bonds are no possible "
                f"molecule; {purpose.impossible}."]
    return [f"{purpose.read_as} {written}."]


def _why_no_molecule(text: str, extension: str) -> str:
    mol = Chem.MolFromSmiles(text, sanitize=False)
    if mol is None:
        return (f"{shorten(text)!r} is not a valid SMILES; check brackets, ring numbers and "
                "element symbols.")
    problem = problem_of(mol)
    if problem is None and extension:
        return (f"The extension {shorten(extension)!r} behind the SMILES is not valid CXSMILES; "
                "leave it out.")
    problem = problem or "RDKit cannot make sense of it."
    return f"{shorten(text)!r} is not a possible molecule: {problem}"


def problem_of(mol: Chem.Mol) -> str | None:
    """What RDKit finds wrong with a molecule, as the rest of a sentence; None if nothing.

    An atom drawn as aromatic outside a ring has a bond order too many only once its bonds are
    kekulized, so it is not enough to ask `DetectChemistryProblems`.
    """
    try:
        problems = Chem.DetectChemistryProblems(mol)
        if problems:
            return _describe(problems[0].Message())
        Chem.SanitizeMol(Chem.Mol(mol))
    except Chem.MolSanitizeException as error:
        return _describe(str(error))
    except RuntimeError:  # a violation, such as hundreds of hydrogens on an atom
        return "an atom has an impossible element, charge or number of hydrogens."
    return None


def _describe(problem: str) -> str:
    """RDKit's reason as the rest of a sentence."""
    problem = " ".join(problem.split()).removesuffix(".")
    if "kekulize" in problem:
        return ("its aromatic bonds cannot be written as single and double bonds; check for a "
                "missing [nH].")
    return problem[:1].lower() + problem[1:] + "."
