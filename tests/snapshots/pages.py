"""Open pages of the dashboard by their addresses, and write down what is to be read there."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.conftest import ROOT

PAGES = ("", "models", "calibration", "triage", "library", "score", "salience", "finetune",
         "training", "glossary")
"""Addresses of all pages below the server's; Explore has none of its own."""

_FIELDS = ("body", "delta", "content", "text", "title", "code_text", "caption", "alt", "format",
           "placeholder", "validate_message", "url", "link", "page", "query_string", "help",
           "query_param_key")
"""Texts of an element that are shown or read out, besides label, options and value."""

_IN_CHARTS = ("name", "hovertemplate", "text", "title")
"""Texts inside a chart."""

_OPTIONS_SHOWN = 12


def open_page(page: str, query: str = "") -> AppTest:
    """A page of `PAGES` as a browser opens it for the first time, with a query string."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120)
    # What AppTest.switch_page does, without the name of the page's script.
    app._page_hash = calc_hash(page)
    for name, values in parse_qs(query, keep_blank_values=True).items():
        app.query_params[name] = values[0] if len(values) == 1 else values
    return app.run()


def address(page: AppTest) -> dict[str, str]:
    """Parameters that a page writes into its address: the kind and label of the widget of each."""
    return {
        element.proto.query_param_key: f"{element.type} {getattr(element.proto, 'label', '')!r}"
        for element in page if getattr(_proto(element), "query_param_key", "")
    }


def texts(page: AppTest) -> Iterator[str]:
    """All that is to be read on a page, an element a line, in order."""
    for element in page:
        proto = _proto(element)
        if element.type in ("main", "sidebar", "event", "root"):
            yield f"=== {element.type}"
        elif hasattr(element, "children"):
            yield from _block(element)
        elif element.type == "bidi_component":
            yield from _component(proto)
        elif element.type == "dataframe":
            yield from _table(element)
        elif hasattr(proto, "imgs"):
            yield from (_line("image", caption=image.caption, alt=image.alt)
                        for image in proto.imgs)
        elif proto is not None and not getattr(proto, "body", "").startswith("<style"):
            found = {name: getattr(proto, name) for name in _FIELDS
                     if isinstance(getattr(proto, name, None), str)}
            yield _line(element.type, key=getattr(element, "key", "") or "",
                        label=getattr(proto, "label", ""), value=_value(element),
                        options=_options(proto), **found)
            if element.type == "plotly_chart":
                chart = json.loads(proto.spec)
                yield f"    traces: {' '.join(trace['type'] for trace in chart['data'])}"
                yield from (f"    {text}" for text in dict.fromkeys(_chart_texts(chart)))


def tables(page: AppTest, downloads: list[tuple[str, Any]]) -> Iterator[str]:
    """Columns and number of rows of every CSV that a page offers, and names of other files.

    Args:
        page: the page.
        downloads: what it gave to `st.download_button`, see `recorded_downloads`.
    """
    for element in page:
        if element.type == "bidi_component":
            found = json.loads(_proto(element).json or "{}")
            if isinstance(found, dict) and {"file", "csv", "svg", "target"} <= found.keys():
                made = [name for name in ("target", "svg") if found[name]]
                yield f"{found['file']} {' '.join(made)}"
                yield from _columns(found["csv"])
    for file, content in downloads:
        yield file
        if file.endswith(".csv"):
            content = content() if callable(content) else content
            yield from _columns(content if isinstance(content, str) else content.decode())


def csv_columns(page: AppTest) -> Iterator[str]:
    """Names of the columns of every CSV that a figure or table offers."""
    for element in page:
        if element.type == "bidi_component":
            found = json.loads(_proto(element).json or "{}")
            if isinstance(found, dict) and found.get("csv"):
                yield from found["csv"].splitlines()[0].split(",")


def recorded_downloads(monkeypatch) -> list[tuple[str, Any]]:
    """A list that names and contents of files that buttons save are put into, from now on."""
    found: list[tuple[str, Any]] = []
    show = st.download_button

    def record(label: str, data: Any, file_name: str, *arguments: Any, **options: Any) -> bool:
        found.append((file_name, data))
        return show(label, data, file_name, *arguments, **options)

    monkeypatch.setattr(st, "download_button", record)
    return found


def _columns(csv: str | None) -> Iterator[str]:
    if csv:
        head, *rows = csv.splitlines()
        yield f"    {head}"
        yield f"    {len(rows)} rows, the first: {rows[0] if rows else ''}"


def _proto(element: Any) -> Any:
    return getattr(element, "proto", None)


def _line(kind: str, **parts: object) -> str:
    said = " | ".join(f"{name}: {str(part).replace(chr(10), '⏎')}" for name, part in parts.items()
                      if part not in ("", None, "None"))
    return f"[{kind}] {said}"


def _value(element: Any) -> object:
    if not getattr(_proto(element), "id", "") or element.type in ("button", "download_button",
                                                                   "plotly_chart"):
        return ""
    return repr(element.value)


def _options(proto: Any) -> str:
    found = [option if isinstance(option, str) else option.content or option.content_icon
             for option in getattr(proto, "options", ())]
    if len(found) > _OPTIONS_SHOWN:
        return f"{', '.join(found[:_OPTIONS_SHOWN])}, … {found[-1]} ({len(found)})"
    return ", ".join(found)


def _block(element: Any) -> Iterator[str]:
    proto = _proto(element)
    for name in ("popover", "expandable", "tab", "form", "dialog", "chat_message"):
        part = getattr(proto, name, None)
        label = getattr(part, "label", "") or getattr(part, "title", "")
        if label:
            yield _line(name, label=label, help=getattr(part, "help", ""))


def _component(proto: Any) -> Iterator[str]:
    """Where a component's data are; a player's are tested elsewhere."""
    found = json.loads(proto.json or "{}")
    if isinstance(found, dict) and "csv" in found:
        return
    yield f"[component] {', '.join(sorted(found)) if isinstance(found, dict) else ''}"


def _table(element: Any) -> Iterator[str]:
    frame = element.value
    yield _line("table", key=element.key or "", alt=element.proto.alt, rows=len(frame),
                shown=", ".join(element.proto.column_order))
    yield f"    {', '.join(map(str, frame.columns))}"
    yield from (f"    {', '.join(map(str, row))}" for row in frame.head(2).itertuples(index=False))
    for name, config in json.loads(element.proto.columns or "{}").items():
        said = {key: config[key] for key in ("label", "help") if config and config.get(key)}
        if said:
            yield f"    {name}: {said}"


def _chart_texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "template":
                continue
            if name in _IN_CHARTS and isinstance(inner, str):
                if inner.strip():
                    yield f"{name}: {inner}"
            else:
                yield from _chart_texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _chart_texts(inner)
