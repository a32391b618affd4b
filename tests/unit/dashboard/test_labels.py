"""Whoever sees no picture and no table is told what stands there."""

import ast
from pathlib import Path

DASHBOARD = Path(__file__).parents[3] / "dashboard"
SHOWN = ("dataframe", "image", "plotly_chart", "vega_lite_chart", "altair_chart")


def test_every_figure_and_table_has_an_alternative_text():
    unsaid = [f"{path.relative_to(DASHBOARD)}:{call.lineno}"
              for path in DASHBOARD.rglob("*.py") for call in ast.walk(ast.parse(path.read_text()))
              if getattr(getattr(call, "func", None), "attr", "") in SHOWN
              and "alt" not in {given.arg for given in call.keywords}]
    assert unsaid == []
