"""A report as one HTML file that needs neither a server nor a network.

The file's policy forbids it every load: it may run the one script and use the one style sheet whose
hashes it names, and nothing else. Texts of others are escaped by the template, always.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.components.trail_player.sources import component_styles, standalone_script
from dashboard.report.blocks import Block, Player, Report, Row
from dashboard.shared.palette import DARK, FONT_STACK, LIGHT, Palette

_FOLDER = Path(__file__).parent
_MONO = 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace'


def to_html(report: Report) -> str:
    """The whole file; the same report gives the same text."""
    has_player = any(isinstance(block, Player) for block in _blocks(report))
    script = standalone_script() if has_player else ""
    style = _style(has_player)
    return _environment().get_template("frame.html").render(
        report=report, script=script, style=style, policy=_policy(script, style))


def _blocks(report: Report) -> Iterator[Block]:
    for part in report.sections:
        for block in part.blocks:
            yield from block.blocks if isinstance(block, Row) else (block,)


def _policy(script: str, style: str) -> str:
    allowed = _hash(script) if script else "'none'"
    return "; ".join(("default-src 'none'", f"script-src {allowed}", f"style-src {_hash(style)}",
                      "base-uri 'none'", "form-action 'none'"))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _style(has_player: bool) -> str:
    colors = (f":root {{ --st-font: {FONT_STACK}; --mono: {_MONO}; {_properties(LIGHT)} }}\n"
              "@media screen and (prefers-color-scheme: dark) "
              f"{{ :root {{ {_properties(DARK)} }} }}\n")
    own = (_FOLDER / "report.css").read_text(encoding="utf-8")
    return colors + own + (component_styles() if has_player else "")


def _properties(colors: Palette) -> str:
    """The background has Streamlit's name, which tells the player the theme."""
    return (f"--st-background-color: {colors.background}; " + " ".join(
        f"--{name}: {getattr(colors, name)};"
        for name in ("surface", "border", "ink", "muted", "accent")))


def json_for_html(value: Any) -> Markup:
    """JSON within a script element: no text in it can end the element or begin a comment.

    >>> print(json_for_html({"name": "</script><!--"}))
    {"name":"\\u003c/script\\u003e\\u003c!--"}
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)  # all but ASCII is escaped
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


@cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True,
                              undefined=StrictUndefined, loader=FileSystemLoader(_FOLDER))
    environment.filters["json"] = json_for_html
    environment.filters["markup"] = Markup  # of ours alone: pictures, the script, the styles
    return environment
