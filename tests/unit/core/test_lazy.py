"""Public names that are imported on first use are there when they are used."""

import sys
from importlib import import_module
from pkgutil import iter_modules
from rlcompleter import Completer
from subprocess import run

import pytest

import core
from core.lazy import lazy_exports
from tests.conftest import ROOT

PACKAGES = [f"core.{found.name}" for found in iter_modules(core.__path__) if found.ispkg]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package):
    module = import_module(package)
    for name in getattr(module, "__all__", ()):
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", PACKAGES)
def test_dir_and_completion_show_every_public_name(package):
    """Before anything is used, in an interpreter of its own."""
    module = import_module(package)
    public = list(getattr(module, "__all__", ()))
    if public:
        assert {name for name in dir(module) if not name.startswith("__")} == set(public)
    found = [Completer({"module": module}).complete(f"module.{name}", 0) for name in public]
    assert [one is not None and one.startswith(f"module.{name}")
            for one, name in zip(found, public, strict=True)] == [True] * len(public)


def test_dir_shows_names_before_they_are_used():
    shown = run([sys.executable, "-c", "import core.likelihood; print(dir(core.likelihood))"],
                check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert "'analyse'" in shown
    assert "'__name__'" in shown


def test_most_packages_have_public_names():
    assert sum(hasattr(import_module(package), "__all__") for package in PACKAGES) > 10


def test_other_names_are_no_attributes():
    names, load, _ = lazy_exports("core.data", {"Dataset": "dataset"})
    assert names == ["Dataset"]
    assert load("Dataset").__name__ == "Dataset"
    with pytest.raises(AttributeError, match=r"module 'core\.data' has no attribute 'Datasets'"):
        load("Datasets")
