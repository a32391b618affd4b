"""Examples in the dashboard's docstrings hold.

pytest would import pages as well to look for them, and a page that is imported is drawn.
"""

import doctest
from importlib import import_module

import pytest

from tests.conftest import ROOT

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "dashboard").rglob("*.py")
    if path.name not in ("page.py", "app.py") and ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    found = doctest.testmod(import_module(name))
    assert found.attempted
    assert not found.failed
