"""Public names that are imported on first use are there when they are used."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import core
from core.lazy import lazy_exports

PACKAGES = [f"core.{found.name}" for found in iter_modules(core.__path__) if found.ispkg]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package):
    module = import_module(package)
    for name in getattr(module, "__all__", ()):
        assert getattr(module, name) is not None


def test_most_packages_have_public_names():
    assert sum(hasattr(import_module(package), "__all__") for package in PACKAGES) > 10


def test_other_names_are_no_attributes():
    names, load = lazy_exports("core.data", {"Dataset": "dataset"})
    assert names == ["Dataset"]
    assert load("Dataset").__name__ == "Dataset"
    with pytest.raises(AttributeError, match=r"module 'core\.data' has no attribute 'Datasets'"):
        load("Datasets")
