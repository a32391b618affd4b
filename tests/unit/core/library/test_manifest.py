"""What a folder says of itself is believed only where it is what a scored set says."""

import json

import pytest

from core.library.manifest import MANIFEST, LibraryError, Manifest
from core.library.store import Library
from tests.made_up_library import made_up_table, save_library


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_library(tmp_path_factory.mktemp("libraries") / "mine", made_up_table(20))


def changed(content, *path, value):
    """A manifest with another value at a place, which `DELETED` takes out."""
    content = json.loads(json.dumps(content))
    inside = content
    for name in path[:-1]:
        inside = inside[name]
    if value is DELETED:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return json.dumps(content)


DELETED = object()


@pytest.mark.parametrize(("path", "value"), [
    (("settings",), []), (("settings",), None), (("settings", "permutations"), DELETED),
    (("settings", "part_rows"), 0), (("settings", "seed"), "0"), (("inputs", 0, "rows"), "20"),
    (("inputs", 0, "rows"), -1), (("inputs", 0, "rows"), 3), (("inputs", 0, "more"), 1),
    (("parts", 0, "rows"), True), (("parts", 0, "name"), "../other/part-000000.parquet"),
    (("parts", 1, "name"), "part-000000.parquet"), (("parts", 0), DELETED), (("parts",), None),
    (("chemistry",), {"name": "x"}), (("columns",), {}), (("columns", "logP"), "other"),
    (("own", "logP"), "date"), (("own",), {}), (("format_version",), "1"), (("device",), DELETED),
])
def test_a_manifest_that_does_not_fit_itself_is_damaged(path, value, folder):
    there = folder / MANIFEST
    good = there.read_text()
    there.write_text(changed(json.loads(good), *path, value=value))
    try:
        for read in (Manifest.read, Library.open):
            with pytest.raises(LibraryError, match=r"_manifest\.json is damaged"):
                read(folder)
    finally:
        there.write_text(good)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\udcff"])
def test_what_is_no_manifest_is_damaged(text, tmp_path):
    (tmp_path / MANIFEST).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(LibraryError, match=r"_manifest\.json is damaged"):
        Manifest.read(tmp_path)


def test_another_version_is_said(folder, tmp_path):
    (tmp_path / MANIFEST).write_text(changed(
        json.loads((folder / MANIFEST).read_text()), "format_version", value=2))
    with pytest.raises(LibraryError, match="format version 2, this TrailScope reads version 1"):
        Manifest.read(tmp_path)


def test_a_manifest_reads_as_it_was_written(folder, tmp_path):
    found = Manifest.read(folder)
    found.write(tmp_path)
    assert Manifest.read(tmp_path) == found
