"""One inline script and style sheet per component, joined from small files (no build step).

The files are plain ES modules, so editors and linters understand them. A component is sent as a
single script, so here `import` lines go and `export` markers are dropped; top-level names are
unique across the files.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r"^import\b[^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def join_scripts(*names: str) -> str:
    """Join JavaScript files by their path in this folder, each after those it imports from."""
    sources = ((_FOLDER / name).read_text(encoding="utf-8") for name in names)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", source)) for source in sources)


@cache
def join_styles(*names: str) -> str:
    """Join style sheets by their path in this folder, in the order given."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)
