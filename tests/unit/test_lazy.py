"""Public names of packages are there."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = sorted(
    str(path.parent.relative_to(ROOT)).replace("/", ".")
    for path in Path(ROOT, "core").rglob("__init__.py") if "lazy_exports" in path.read_text())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package):
    found = import_module(package)
    for name in found.__all__:
        assert getattr(found, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        found.nonsense  # noqa: B018
