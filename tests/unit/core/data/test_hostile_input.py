"""Seeded mutations of right input for every reader: one sentence or a right answer, quickly.

Each input is changed in up to four places. What a reader says of it is `InputError` or the error of
a row, in one line; a molecule that it reads must come back from its own SMILES.
"""

import gzip
import io
import random
import resource
import time

import pandas as pd
import pytest
from rdkit import Chem

from core.chemistry import AUTOGRAPH_MOSES, MOSES, QM9, from_smiles, to_smiles
from core.chemistry.substructures import Pattern
from core.cli.decode import _decode_line
from core.data.files import read_input, read_molecules
from core.data.records import FILE_SUFFIXES
from core.data.token_lines import read_token_lines
from core.errors import LONGEST_MESSAGE, InputError
from core.salience.examples import read_token_file
from core.sent.vocabulary import QM9_VOCABULARY

ROUNDS = 60
ODD = "CNOFHcno[]()=#:.-+@/\\123%0*~$ |^,;\"'{}\n\t\r\0\ud800\u041eé\u2028\ufeff"
SMILES = ("CCO", "c1ccccc1", "C[NH3+]", "O=C([O-])C[NH3+]", "[13CH3]O", "C/C=C/C", "C[C@H](O)N",
          "c1cc[nH]c1", "C1CC1.O", "[CH2]C |^1:0|", "N#CC=O", "[O-][N+](=O)C", "C:C", "[CH999]O",
          "[#999]", "Co1CC1", "[H].[H]", "planar:0:3")
BLOCK = Chem.MolToMolBlock(Chem.AddHs(Chem.MolFromSmiles("CC=O")))
METHANE = '"node_labels": [1,0,0,0,0], "edges": [[0,1,0],[0,2,0],[0,3,0],[0,4,0]]'
FILES = {
    ".csv": 'id,smiles\na,CCO\n"b","C(C)O"\n',
    ".tsv": "id\tsmiles\na\tCCO\n",
    ".smi": "CCO a\nC |^1:0| b\n# c\nCC d e\n",
    ".sdf": f"{BLOCK}> <x>\n1\n\n$$$$\n{BLOCK}$$$$\n",
    ".json": f'[{{"id": "a", "smiles": "CCO"}}, {{{METHANE}, "smiles": "C"}}]',
    ".jsonl": f'{{"id": "a", "smiles": "CCO"}}\n{{{METHANE}}}\n{{"num_nodes": 3, "edges": []}}\n',
}
FILES |= {".smiles": FILES[".smi"], ".txt": FILES[".csv"]}
TOKENS = '{"id": "a", "tokens": [0, 6, 36, 40, 7, 35, 4]}'


def mutated(text, generator):
    characters = list(text)
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(characters) + 1)
        match generator.randrange(4):
            case 0:
                characters.insert(at, generator.choice(ODD))
            case 1:
                del characters[at : at + 1]
            case 2:
                characters[at : at + 1] = generator.choice(ODD)
            case 3:  # a part twice
                other = generator.randrange(len(characters) + 1)
                characters[at:at] = characters[min(at, other) : max(at, other)]
    return "".join(characters)


def packed_rows(compression="snappy"):
    """A Parquet file of forty rows in two groups."""
    content = io.BytesIO()
    table = pd.DataFrame({"id": range(40), "smiles": ["CCO", "CN"] * 20, "x": [0.5, None] * 20})
    table.to_parquet(content, index=False, row_group_size=25, compression=compression)
    return content.getvalue()


def mutated_bytes(content, generator):
    found = bytearray(content)
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(found) + 1)
        match generator.randrange(3):
            case 0:
                found[at : at + 1] = [generator.randrange(256)]
            case 1:
                del found[at : at + generator.randint(1, 4)]
            case 2:
                del found[at:]
    return bytes(found)


def messages(function):
    """What a reader says; anything but `InputError` is a bug and gets through."""
    begin = time.process_time()
    try:
        found = list(function())
    except InputError as error:
        found = [str(error)]
    assert time.process_time() - begin < 1
    return [message for message in found if message is not None]


def hold(function):
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for message in messages(function):
        assert message.isprintable()
        assert 0 < len(message) <= LONGEST_MESSAGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 1 << 20  # KiB


def rows_of(rows):
    for row in rows:
        assert (row.graph is None) == (row.error is not None)
        assert row.id.isprintable()
        yield row.error


def read_smiles(text, chemistry):
    read = from_smiles(text, chemistry)
    written = to_smiles(read.graph, chemistry)
    if written is not None:
        again = from_smiles(written, chemistry, max_atoms=1_000).graph
        assert to_smiles(again, chemistry) == written
    return read.notes


@pytest.mark.parametrize("chemistry", [QM9, MOSES, AUTOGRAPH_MOSES], ids=lambda one: one.name)
def test_text_of_every_kind(chemistry):
    generator = random.Random(f"text of {chemistry.name}")
    for number in range(ROUNDS):
        text = SMILES[number % len(SMILES)]
        text = mutated(text, generator) if number >= len(SMILES) else text
        hold(lambda text=text: read_smiles(text, chemistry))
        hold(lambda text=text: rows_of(read_input(text, chemistry)))
        hold(lambda text=text: [Pattern.from_smarts(text).smarts][1:])


@pytest.mark.parametrize("suffix", FILES)
def test_files_of_every_kind(suffix, tmp_path):
    generator = random.Random(f"files of {suffix}")
    path = tmp_path / f"input{suffix}"
    unnamed = tmp_path / "input"
    for number in range(ROUNDS):
        content = mutated(FILES[suffix], generator) if number else FILES[suffix]
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        unnamed.write_bytes(content.encode("utf-8", "surrogatepass"))
        chemistry = generator.choice((QM9, MOSES, AUTOGRAPH_MOSES))
        hold(lambda chemistry=chemistry: rows_of(read_molecules(path, chemistry)))
        hold(lambda chemistry=chemistry: rows_of(read_molecules(unnamed, chemistry)))


def test_every_kind_is_tried():
    assert {*FILES, ".parquet", ".pq"} == set(FILE_SUFFIXES)


@pytest.mark.parametrize("content", [
    packed_rows(), packed_rows("zstd"), gzip.compress(packed_rows("none")),
    *(gzip.compress(FILES[suffix].encode() * 9) for suffix in (".csv", ".sdf", ".jsonl"))
], ids=["parquet", "zstd", "parquet.gz", "csv.gz", "sdf.gz", "jsonl.gz"])
def test_damaged_bytes(content, tmp_path):
    generator = random.Random("bytes")
    path = tmp_path / "input"
    for _ in range(ROUNDS):
        path.write_bytes(mutated_bytes(content, generator))
        hold(lambda: rows_of(read_molecules(path)))


def test_sequences(tmp_path, tiny_llama):
    generator = random.Random("sequences")
    path = tmp_path / "tokens.jsonl"
    for _ in range(ROUNDS):
        path.write_bytes(mutated(TOKENS, generator).encode("utf-8", "surrogatepass"))
        for lenient in (False, True):
            hold(lambda lenient=lenient: [
                row["error"] for line in read_token_lines(path) if "error" in (
                    row := _decode_line(line, QM9_VOCABULARY, QM9, lenient=lenient))])
        path.write_bytes(mutated("[0, 6, 4]\n[0, 6, 7, 4]\n", generator).encode(
            "utf-8", "surrogatepass"))
        hold(lambda: [None for _ in read_token_file(path, tiny_llama).tokens])
