"""Reads a report as a browser does, for the tests."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from typing import Any

VOID = ("meta", "br", "img", "link", "hr", "input")
LOADING = ("src", "srcset", "href", "data", "action", "background", "poster", "xlink:href")


class Page(HTMLParser):
    """What stands in a report.

    Attributes:
        text: all that is read, without scripts and styles.
        tags: every tag and its attributes.
        numbers: exact ones, each with the text that is shown.
        scripts, styles: their contents; JSON apart in `payloads`.
        left_open: elements that nothing closes.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.numbers: list[tuple[float, str]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.payloads: list[Any] = []
        self.left_open: list[str] = []
        self._inside = ""  # of the script or style that is open
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = ""
        if tag not in VOID:
            self.left_open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.left_open, tag
        assert self.left_open.pop() == tag
        if tag == "style":
            self.styles.append(self._inside)
        elif tag == "script" and self.tags[-1][1].get("type") == "application/json":
            self.payloads.append(json.loads(self._inside))
        elif tag == "script":
            self.scripts.append(self._inside)

    def handle_data(self, data):
        inside = self.left_open[-1] if self.left_open else ""
        if inside in ("script", "style"):
            self._inside += data
            return
        self.text += data
        if inside == "data":
            self.numbers.append((float(self.tags[-1][1]["value"]), data))

    @property
    def policy(self) -> dict[str, str]:
        """The content security policy, by directive."""
        [found] = [attributes["content"] for tag, attributes in self.tags if tag == "meta"
                   and attributes.get("http-equiv") == "Content-Security-Policy"]
        return dict(part.strip().split(" ", 1) for part in found.split(";"))

    @property
    def commands(self) -> list[str]:
        """The command lines that make it."""
        return re.findall(r"^(?:\$ )?(trailscope [^\n]*)", self.text, re.MULTILINE)


def check_is_safe(text: str, *, has_player: bool) -> Page:
    """A report loads nothing, allows nothing but what it holds, and is closed in all places."""
    page = Page(text)
    assert not page.left_open
    assert page.policy["default-src"] == "'none'"
    assert page.policy["style-src"] == hash_of(*page.styles)
    assert page.policy["script-src"] == (hash_of(*page.scripts) if has_player else "'none'")
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "img", "image", "base", "form")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert all(attributes[name].startswith("#") for name in LOADING if name in attributes)
    addresses = set(re.findall(r"https?://[^\"'\s<)]*", html.unescape(text)))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in "".join(page.styles)
    assert "@import" not in "".join(page.styles)
    return page


def hash_of(text: str) -> str:
    """How a policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
