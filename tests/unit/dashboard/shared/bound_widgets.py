"""Which widgets of a page stand in the address, read from its source."""

import ast
from collections.abc import Iterator
from pathlib import Path

DASHBOARD = Path(__file__).parents[4] / "dashboard"


def bound_calls(page: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls that draw the widgets of a page that stand in the address, with the key of each.

    Two are drawn for several pages: the bar of the types of token and the choice of a model.
    """
    for path in (DASHBOARD / "views" / page).glob("*.py"):
        module = ast.parse(path.read_text())
        constants = {one.targets[0].id: one.value for one in module.body
                     if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)}
        for call in ast.walk(module):
            given = {one.arg: one.value for one in getattr(call, "keywords", ())}
            drawn = getattr(getattr(call, "func", None), "id", "")
            key = given.get("key")
            key = constants.get(key.id) if isinstance(key, ast.Name) else key
            if isinstance(key, ast.Constant) and (
                    "bind" in given or drawn in ("choose_model", "choose_by_dataset")):
                yield key.value, call
            elif drawn == "choose_token_type":
                yield call.args[0].value, call
