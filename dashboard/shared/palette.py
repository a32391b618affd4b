"""Every colour of charts, drawings and components, in a light and a dark set.

Scales are colour-blind-safe because their lightness is monotone (sequential) or symmetric about
the middle (diverging); trail segments follow each other in colours that stay apart under
deuteranopia and protanopia. Colours are `#rrggbb`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

FONT_STACK = ('ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", '
              '"Liberation Sans", Arial, sans-serif')
"""Fonts that come with the reader's system: nothing is downloaded."""


@dataclass(frozen=True)
class Palette:
    """One theme's colours.

    Attributes:
        background: page; `surface` lies on it, `border` divides.
        ink: text and bonds; `muted` for secondary text, `faint` for what is not reached yet.
        accent: the product's colour, for controls and links.
        series: categorical colours for charts, in order of use.
        segments: colours of trail segments, in order; neighbours in the list differ most.
        sequential: stops from low to high, for surprisal and other non-negative values.
        diverging: stops from negative over zero to positive.
        missing: for a value that does not exist.
        elements: letter colours of chemical elements; `ink` for all others.
    """

    name: str
    background: str
    surface: str
    border: str
    ink: str
    muted: str
    faint: str
    accent: str
    missing: str
    series: tuple[str, ...]
    segments: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]
    elements: dict[str, str] = field(hash=False)

    def to_json(self) -> dict[str, object]:
        """Plain JSON for a component's `data`."""
        return asdict(self)


LIGHT = Palette(
    name="light",
    background="#fbfaf7",
    surface="#f2f1ea",
    border="#dcdad0",
    ink="#1b2428",
    muted="#5b666b",
    faint="#b4b9b6",
    accent="#0f6b66",
    missing="#d5d6d0",
    series=("#0072b2", "#c8500a", "#00805f", "#a23b8c", "#8f6a00", "#4b4fb0", "#5b666b"),
    segments=("#0072b2", "#007f5b", "#4a46b8", "#8c6500", "#a8327f", "#c14d08", "#1c7ea3",
              "#84422a"),
    sequential=("#f3ecd9", "#f9d48b", "#f0a04f", "#d4613c", "#9b2f45", "#571a44"),
    diverging=("#0b5c99", "#5b9fcb", "#b5d2e3", "#e9e8e2", "#f2c79b", "#dd8440", "#a84804"),
    elements={"N": "#1d55c0", "O": "#c02323", "F": "#117733", "S": "#8a6d00", "Cl": "#11692d",
              "Br": "#96380f", "I": "#7a2f9e", "P": "#b04a00", "B": "#8c5a4a", "Se": "#7a6200",
              "Si": "#6a5f3c"},
)

DARK = Palette(
    name="dark",
    background="#11181b",
    surface="#192226",
    border="#2f3b40",
    ink="#e6eae7",
    muted="#9aa7a9",
    faint="#4c5a5f",
    accent="#56c2b2",
    missing="#39454a",
    series=("#56b4e9", "#f0854a", "#3ccb9c", "#e18ac3", "#e6bf4f", "#a9a0f5", "#9aa7a9"),
    segments=("#56b4e9", "#3ccb9c", "#a69bf7", "#e6bf4f", "#e77fc0", "#f0854a", "#7fd6ea",
              "#d3a184"),
    sequential=("#262b33", "#552a50", "#9a3354", "#d9603f", "#f3a54a", "#faeaa9"),
    diverging=("#6cb8ee", "#3d83b3", "#2b5069", "#39434a", "#704a2c", "#b96f2f", "#f2a35e"),
    elements={"N": "#7fb0ff", "O": "#ff8a80", "F": "#6fdc9c", "S": "#e8cf5a", "Cl": "#69d97f",
              "Br": "#eb9a72", "I": "#d6a2f5", "P": "#f5a860", "B": "#dcb0a2", "Se": "#d9c060",
              "Si": "#c9bd94"},
)


def palette(*, dark: bool) -> Palette:
    """The colours of a theme."""
    return DARK if dark else LIGHT


def scale_color(stops: Sequence[str], fraction: float) -> str:
    """Colour at a fraction from 0 to 1 of a scale, linear between its stops; ends are clamped."""
    place = min(max(fraction, 0.0), 1.0) * (len(stops) - 1)
    below = min(int(place), len(stops) - 2)
    share = place - below
    ends = zip(_rgb(stops[below]), _rgb(stops[below + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in ends)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """WCAG 2 relative luminance of a colour, 0 (black) to 1 (white)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in (channel / 255 for channel in _rgb(color))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ink_on(color: str) -> str:
    """Whichever of black and white reads better on a colour: at least 4.5 to 1 on any."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, color))


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
