"""Files of molecules into a folder: every row once, each graph once, whatever happens meanwhile."""

import hashlib
import json
import os
import random
import signal
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.data.files import read_molecules
from core.data.records import InputFileError
from core.errors import InputError
from core.library.duplicates import INDEX
from core.library.engine import LocalEngine
from core.library.manifest import MANIFEST, LibraryError, Manifest
from core.library.run import Reading, score_files
from core.library.settings import ScoringSettings
from core.likelihood.analysis import summarize
from core.runs import RunFolderError, hold
from core.units import with_unit

SMILES = ["CO", "CCl", "OC", "CCO", "C#N", "bad(", "NC=O", "C(O)C", "CC", "C=O", "OCC", "N", "O=C"]
NUMBERS = ["nll_mean", "nll_std", "nll_per_token", "lu", "nll_marginal", "effective_sample_size"]
STORED = [*map(with_unit, NUMBERS)]


@pytest.fixture(scope="module")
def model(make_checkpoint):
    return make_checkpoint("scorer")


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("smiles,id,logP,LU,lot,ok\n" + "".join(
        f"{smiles},m{row},{row / 4},{row},00{row},{row % 2 == 0}\n"
        for row, smiles in enumerate(SMILES)))
    return path


def run(paths, folder, model, *, part_rows=3, engine=None, progress=None, **changes):
    settings = ScoringSettings.of(model.card, model.card.strategy,
                                  **{"permutations": 4, "seed": 5, **changes})
    return score_files(paths, folder, model.card, settings,
                       engine or (lambda: LocalEngine(model, settings)),
                       reading=Reading(part_rows=part_rows), progress=progress)


def content(folder):
    """Name and hash of every file of a set but the manifest, and what that says of them."""
    manifest = Manifest.read(folder)
    return manifest.parts, {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                            for path in folder.glob("*.parquet")}


def test_every_row_appears_once_in_order_with_what_its_file_says(source, tmp_path, model):
    folder = tmp_path / "set"
    found = run([source], folder, model)
    assert (found.rows, found.rows_done, found.failed, found.is_finished) == (13, 13, 2, True)
    table = pd.read_parquet(folder)
    assert table["row"].tolist() == list(range(1, 14))
    assert table["smiles"].tolist() == SMILES
    assert table["id"].tolist() == [f"m{row}" for row in range(13)]
    assert set(table["file"]) == {"mine.csv"}
    assert table["logP"].tolist() == [row / 4 for row in range(13)]
    assert table["LU_input"].tolist() == list(range(13))
    assert table["lot"].tolist() == [f"00{row}" for row in range(13)]
    assert table["ok"].tolist() == [row % 2 == 0 for row in range(13)]
    errors = table["error"].dropna()
    assert errors.index.tolist() == [1, 5]
    assert errors[1].startswith("Element Cl is outside the vocabulary")
    assert table.loc[[1, 5], STORED].isna().all(axis=None)
    assert table["valid"].tolist() == [row not in (1, 5) for row in range(13)]
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock", MANIFEST, *(f"part-{part:06d}.parquet" for part in range(5))]


def test_numbers_are_those_of_the_command(source, tmp_path, model):
    run([source], tmp_path / "set", model)
    table = pd.read_parquet(tmp_path / "set")
    rows = list(read_molecules(source))
    for number, expected in enumerate(summarize(model, rows, model.card.strategy, permutations=4,
                                                seed=5)):
        for name in NUMBERS:
            found = table.loc[number, with_unit(name)]
            assert found == pytest.approx(expected[name], abs=1e-4) or pd.isna(found)
            assert pd.isna(found) == (expected[name] is None)


def test_equal_molecules_are_computed_once_and_share_their_numbers(source, tmp_path, model):
    asked = []

    class Counting(LocalEngine):
        def score(self, parts, heard, *, number):
            def counted():
                for part in parts:
                    asked.extend(graph.key for graph in part)
                    yield part
            yield from super().score(counted(), heard, number=number)

    settings = ScoringSettings.of(model.card, model.card.strategy, permutations=4, seed=5)
    run([source], tmp_path / "set", model, engine=lambda: Counting(model, settings))
    assert len(asked) == len(set(asked)) == 7  # CO, CCO, HCN, formamide, ethane, CH2O, ammonia
    table = pd.read_parquet(tmp_path / "set").set_index("smiles")
    for same in (["CO", "OC"], ["CCO", "C(O)C", "OCC"], ["C=O", "O=C"]):
        assert len(table.loc[same, [*STORED, "key", "graph_key"]].drop_duplicates()) == 1
    assert table["key"].nunique() == 7


def test_a_set_does_not_depend_on_where_a_run_was_stopped(source, tmp_path, model):
    whole = tmp_path / "whole"
    run([source], whole, model)

    class StoppedError(Exception):
        pass

    for stop_at in range(1, 40, 4):
        folder, heard = tmp_path / f"stopped-{stop_at}", []

        def count(state, heard=heard, stop_at=stop_at):
            heard.append(state)
            if len(heard) == stop_at:
                raise StoppedError

        try:
            run([source], folder, model, progress=count)
        except StoppedError:
            assert len(heard) == stop_at
        if (folder / MANIFEST).exists():
            Manifest.read(folder)
        run([source], folder, model)
        assert content(folder) == content(whole)


def test_a_set_survives_twenty_kills_at_random_moments(source, tmp_path, model):
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    run([source], whole, model, part_rows=1)
    moments = random.Random(0)
    for _ in range(20):
        child = os.fork()
        if not child:
            try:
                run([source], folder, model, part_rows=1,
                    progress=lambda state: time.sleep(0.002))
            finally:
                os._exit(0)
        time.sleep(moments.uniform(0.0, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if (folder / MANIFEST).exists():
            parts = Manifest.read(folder).parts
            rows = [row for part in parts for row in
                    pq.read_table(folder / part.name)["row"].to_pylist()]
            assert rows == list(range(1, len(rows) + 1))
    run([source], folder, model, part_rows=1)
    assert content(folder) == content(whole)
    assert not [path for path in folder.iterdir() if "partial" in path.name]


def test_a_part_that_no_manifest_lists_does_not_exist(source, tmp_path, model):
    folder = tmp_path / "set"
    run([source], folder, model)
    expected = content(folder)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["parts"] = manifest["parts"][:2]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    (folder / "part-000002.parquet").write_bytes(b"half of a part")
    run([source], folder, model)
    assert content(folder) == expected


@pytest.mark.parametrize("damage", ["missing", "garbage", "ahead"])
def test_the_index_of_duplicates_is_no_source_of_truth(damage, source, tmp_path, model):
    folder = tmp_path / "set"
    run([source], tmp_path / "whole", model)

    def stop(state):
        if state.done >= 6:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run([source], folder, model, progress=stop)
    if damage == "missing":
        (folder / INDEX).unlink()
    elif damage == "garbage":
        (folder / INDEX).write_bytes(b"no database" * 100)
    else:
        manifest = json.loads((folder / MANIFEST).read_text())
        manifest["parts"] = manifest["parts"][:1]
        (folder / MANIFEST).write_text(json.dumps(manifest))
    run([source], folder, model)
    assert content(folder) == content(tmp_path / "whole")
    assert not (folder / INDEX).exists()


def test_several_files_follow_each_other(source, tmp_path, model):
    other = tmp_path / "more.smi"
    other.write_text("CO first\nCCN second\n")
    run([source, other], tmp_path / "set", model, part_rows=4)
    table = pd.read_parquet(tmp_path / "set")
    assert table["file"].tolist() == ["mine.csv"] * 13 + ["more.smi"] * 2
    assert table["row"].tolist() == list(range(1, 16))
    assert table["id"].tolist()[-2:] == ["first", "second"]
    assert table["logP"].isna().tolist() == [False] * 13 + [True] * 2
    assert table["lu"][13] == table["lu"][0]


@pytest.mark.parametrize(("change", "told"), [
    ({"seed": 6}, "seed is 5 there, 6 here"),
    ({"permutations": 8}, "permutations is 4 there, 8 here"),
    ({"precision": "bf16"}, "precision is fp32 there, bf16 here"),
])
def test_other_settings_are_refused_with_what_differs(change, told, source, tmp_path, model):
    folder = tmp_path / "set"
    run([source], folder, model)
    before = content(folder)
    with pytest.raises(LibraryError, match=told):
        run([source], folder, model, **change)
    assert content(folder) == before


def test_a_changed_input_is_refused_and_a_renamed_one_is_not(source, tmp_path, model):
    folder = tmp_path / "set"
    run([source], folder, model)
    renamed = source.rename(tmp_path / "other-name.csv")
    assert run([renamed], folder, model).is_finished
    renamed.write_text(renamed.read_text() + "CO,m13,1,1,1,True\n")
    with pytest.raises(LibraryError, match=r"input mine\.csv is .* there"):
        run([renamed], folder, model)
    renamed.write_text("".join(renamed.read_text().splitlines(keepends=True)[:-1]))
    more = tmp_path / "more.csv"
    more.write_text("smiles\nCO\n")
    with pytest.raises(LibraryError, match=r"input more\.csv is not set there"):
        run([renamed, more], folder, model)


def test_a_file_that_changes_while_it_is_scored_is_refused(source, tmp_path, model):
    whole, folder, text = tmp_path / "whole", tmp_path / "set", source.read_text()
    run([source], whole, model)

    def change(state):
        if state.done == 6 and source.read_text() == text:
            source.write_text(text.replace(",3,003,", ",three,003,").replace("m7", "M7"))

    with pytest.raises(LibraryError, match=r"mine\.csv has changed while it was scored"):
        run([source], folder, model, progress=change)
    assert Manifest.read(folder).parts == Manifest.read(whole).parts[:2]
    with pytest.raises(LibraryError, match="other settings"):
        run([source], folder, model)
    source.write_text(text)
    run([source], folder, model)
    assert content(folder) == content(whole)
    source.unlink()
    with pytest.raises(InputFileError, match="There is no file"):
        run([source], folder, model)


@pytest.mark.parametrize("name", ["file:set", "s3:set", "lu=0.5"])
def test_a_folder_may_be_called_as_an_address(name, source, tmp_path, model, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run([source], Path(name), model).is_finished
    assert content(tmp_path / name)[0] == run([source], tmp_path / "set", model).parts


@pytest.mark.parametrize(("name", "told"), [
    ("s3://bucket/set", "is an address in a network"), ("\udcff", "bytes that are no characters"),
    ("a" * 300, "File name too long")])
def test_a_folder_that_no_system_or_database_opens_is_refused(
        name, told, source, tmp_path, model, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=told):
        run([source], Path(name), model)


def test_names_of_files_are_kept_as_text(source, tmp_path, model):
    odd = source.rename(tmp_path / "mine\udcff\n.csv")
    run([odd], tmp_path / "set", model)
    assert set(pd.read_parquet(tmp_path / "set")["file"]) == {"mine\\udcff\\n.csv"}


def test_files_of_one_name_are_told_apart(source, tmp_path, model):
    other = tmp_path / "folder" / source.name
    other.parent.mkdir()
    other.write_text("smiles\nC\n")
    folder = tmp_path / "set"
    assert run([source, other], folder, model).rows == 14
    assert run([source, other], folder, model).is_finished
    with pytest.raises(LibraryError, match=r"other settings: input .*mine\.csv"):
        run([source], folder, model)
    with pytest.raises(LibraryError, match=r"input 2, mine\.csv, is"):
        run([source, source], folder, model)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(),
                                    lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_a_part_that_is_gone_or_changed_is_scored_anew(damage, source, tmp_path, model):
    folder = tmp_path / "set"
    run([source], folder, model)
    expected = content(folder)
    damage(folder / "part-000001.parquet")
    run([source], folder, model)
    assert content(folder) == expected


def test_what_is_wrong_is_said_before_anything_is_scored(source, tmp_path, model):
    def never():
        raise AssertionError("the model was asked for")

    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "holiday.jpg").touch()
    with pytest.raises(LibraryError, match=r"no scored set and holds holiday.jpg; give a new"):
        run([source], theirs, model, engine=never)
    with pytest.raises(LibraryError, match="is a file; give a folder"):
        run([source], source, model, engine=never)
    empty = tmp_path / "empty.csv"
    empty.write_text("smiles\n")
    with pytest.raises(InputFileError, match=r"empty\.csv has no rows"):
        run([source, empty], tmp_path / "set", model, engine=never)
    old = tmp_path / "old"
    run([source], old, model)
    old.joinpath(MANIFEST).write_text(
        old.joinpath(MANIFEST).read_text().replace('"format_version": 1', '"format_version": 9'))
    with pytest.raises(LibraryError, match="of format version 9, this TrailScope reads version 1"):
        run([source], old, model, engine=never)
    old.joinpath(MANIFEST).write_text("{")
    with pytest.raises(LibraryError, match="is damaged"):
        run([source], old, model, engine=never)


def test_a_second_process_is_told(source, tmp_path, model):
    folder = tmp_path / "set"
    with hold(folder), pytest.raises(RunFolderError, match=f"in use by process {os.getpid()}"):
        run([source], folder, model)


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(
        source, tmp_path, model, monkeypatch):
    folder = tmp_path / "set"
    run([source], tmp_path / "whole", model)
    write, written = pq.write_table, []

    def full(table, path, **options):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(path)
        write(table, path, **options)

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(RunFolderError, match=r"No space left on device\. Make room"):
        run([source], folder, model)
    assert Manifest.read(folder).rows_done == 6
    monkeypatch.undo()
    run([source], folder, model)
    assert content(folder) == content(tmp_path / "whole")


def test_progress_counts_rows(source, tmp_path, model):
    states = []
    run([source], tmp_path / "set", model, progress=states.append)
    done = [state.done for state in states]
    assert done == sorted(done)
    assert (states[-1].done, states[-1].total, states[-1].left_s) == (13, 13, 0)
    again = []
    run([source], tmp_path / "set", model, progress=again.append)
    assert again == []
