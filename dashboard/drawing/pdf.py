"""Pages that are SVG as one PDF, with their letters as text. No streamlit here.

For sheets of many pages that are drawn here. A figure that a browser sends, with clipping and
gradients, is made a PDF of one page by `dashboard.components.figure_downloads.pdf`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import rdkit
from PIL import ImageFont

FONT_FILE = Path(rdkit.__file__).parent / "Chem" / "Draw" / "FreeSans.ttf"
"""A font that has the letters of formulas and of most languages, wherever RDKit is installed."""

_FAMILY = "sheet"


def to_pdf(
    pages: Sequence[str], *, size: tuple[float, float], title: str, made: datetime
) -> bytes:
    """Put every SVG onto a page of its own.

    Args:
        pages: of lines, circles, paths and text, as `Picture` draws them.
        size: width and height of a page in points, which are also the units of the SVGs.
        title: of the document.
        made: when; equal pages of one time have equal bytes.
    """
    # Takes as long to import as a page to draw, and few visitors print.
    from fpdf import FPDF
    from fpdf.svg import SVGObject

    # It warns of two letters of the font that no sheet has.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    pdf = FPDF(unit="pt", format=size)
    pdf.set_auto_page_break(False)
    pdf.set_title(title)
    pdf.set_creator("TrailScope")
    pdf.set_creation_date(made)
    for style in ("", "B"):  # RDKit has no bold one
        pdf.add_font(_FAMILY, style, FONT_FILE)
    for page in pages:
        pdf.add_page()
        pdf.set_font(_FAMILY, size=10)
        page = _FONT.sub(f'font-family="{_FAMILY}"', without_titles(page))
        SVGObject(page).draw_to_page(pdf, x=0, y=0)
    return bytes(pdf.output())


def without_titles(svg: str) -> str:
    """A drawing without the texts that show under a pointer.

    >>> without_titles("<g><title>CO</title><line/></g>")
    '<g><line/></g>'
    """
    return _TITLES.sub("", svg)


_FONT = re.compile(r"""font-family=("[^"]*"|'[^']*')""")
_TITLES = re.compile(r"<title>.*?</title>", re.DOTALL)

_MEASURED = 100
"""Size at which letters are measured."""


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FILE), _MEASURED)


def text_width(text: str, size: float) -> float:
    """How wide a line is in the font of PDFs, about that of Arial and Helvetica.

    Args:
        text: a line.
        size: of its letters; the width is in the same unit.
    """
    return float(_font().getlength(text)) * size / _MEASURED
