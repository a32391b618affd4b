"""A drawing as PDF: lines and letters stay such, no browser is started, nothing is fetched."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from core.errors import InputError

MAX_CHARACTERS = 20_000_000
"""Of a drawing; ours have some hundred thousand."""

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_POINTS_PER_MM = 72 / 25.4
_BOLD = 550
_REFUSED = {"script", "style", "foreignObject", "use", "feImage"}
_INSIDE = re.compile(r"#|data:image/png;base64,")
_MM = re.compile(r"([0-9.]+)mm")

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


def to_pdf(svg: str) -> bytes:
    """One page of the size of the drawing, fonts embedded.

    Args:
        svg: with `width` and `height` in mm; it comes from a browser, so that it is not trusted.

    Raises:
        InputError: for anything else, and for a drawing that asks for files.
    """
    root = _read(svg)
    for name in ("width", "height"):
        found = _MM.fullmatch(root.get(name, ""))
        if found is None:
            raise InputError("This drawing does not say how large it is, so it makes no PDF.")
        # The converter takes a pixel for a point.
        root.set(name, f"{float(found[1]) * _POINTS_PER_MM:.3f}")
    if "font-family" not in root.attrib:
        root.set("font-family", "sans-serif")
    for node in root.iter():  # the converter's fonts have two weights, and it knows hundreds only
        if node.get("font-weight", "").isdecimal():
            node.set("font-weight", "700" if int(node.attrib["font-weight"]) >= _BOLD else "400")
    try:
        import vl_convert
    except ImportError:
        raise InputError("PDF needs the package vl-convert-python here; save SVG instead."
                         ) from None
    try:
        return bytes(vl_convert.svg_to_pdf(ElementTree.tostring(root, encoding="unicode")))
    except ValueError:
        raise InputError("This drawing could not be made a PDF; save SVG instead.") from None


def _read(svg: str) -> ElementTree.Element:
    if len(svg) > MAX_CHARACTERS:
        raise InputError("This drawing is too large for a PDF; save PNG instead.")
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        raise InputError("This is no SVG, so it makes no PDF.") from None
    for node in root.iter():
        links = (value for name, value in node.attrib.items()
                 if name.rpartition("}")[2] == "href")
        if node.tag.rpartition("}")[2] in _REFUSED or not all(map(_INSIDE.match, links)):
            raise InputError("This drawing asks for what is not in it, so it makes no PDF.")
    if root.tag != f"{{{_SVG}}}svg":
        raise InputError("This is no SVG, so it makes no PDF.")
    return root
