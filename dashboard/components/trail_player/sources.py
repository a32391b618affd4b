"""Which scripts and styles make a player, joined: for Streamlit, and for a file of its own."""

from __future__ import annotations

from dashboard.components.bundle import join_scripts, join_styles

SHARED_SCRIPTS = ("colors.js", "glyphs.js", "geometry.js", "molecule.js", "cursor.js",
                  "trail.js", "strip.js", "transport.js", "zoom.js", "tooltip.js", "chart.js")
PLAYER_SCRIPTS = ("expected.js", "player.js")
DIFF_SCRIPTS = ("curves.js", "difference.js", "diff.js")
"""Files of each component in the order in which they are joined, after `dom.js` and `walks.js`."""

STYLES = ("base.css", "molecule.css", "tokens.css", "panels.css")


def component_script(own: tuple[str, ...]) -> str:
    """The script of one component; its default export mounts it."""
    return join_scripts("dom.js", "walks.js", *_paths(*SHARED_SCRIPTS, *own))


def component_styles() -> str:
    """The styles of both."""
    return join_styles(*_paths(*STYLES))


def standalone_script() -> str:
    """A module that mounts the players of a page without Streamlit; see `standalone.js`."""
    return join_scripts("dom.js", "walks.js",
                        *_paths(*SHARED_SCRIPTS, *PLAYER_SCRIPTS, "standalone.js"))


def _paths(*names: str) -> list[str]:
    return [f"trail_player/{name}" for name in names]
