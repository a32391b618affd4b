"""docs/results.md shows what `trailscope results` prints, and the README an excerpt of it.

`UPDATE_SNAPSHOTS=1 python -m pytest tests/docs` writes the tables of both anew; read the sentences
around them then.
"""

import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import build_app
from core.cli.markdown import head, row
from core.sent.strategies import STRATEGIES
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "results.md"
README = ROOT / "README.md"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS", "0") not in ("", "0")

_SECTION = re.compile(r"^(#{2,3} .+)$", flags=re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Heading → what follows it."""
    _, *parts = _SECTION.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def table_in(section: str) -> list[str]:
    return [line for line in section.splitlines() if line.startswith("|")]


def write_table(path: Path, heading: str, lines: list[str]) -> None:
    """Put a table in place of that under a heading, or behind its text."""
    text = path.read_text(encoding="utf-8")
    old = sections(text)[heading]
    table = "\n".join(lines)
    if "|\n" in old:
        new = re.sub(r"(^\|.*\n)+", lambda _: f"{table}\n", old, count=1, flags=re.MULTILINE)
    else:
        new = "\n\n".join(filter(None, [old.strip(), table]))
        new = f"\n\n{new}\n\n"
    path.write_text(text.replace(f"{heading}{old}", f"{heading}{new}"), encoding="utf-8")


@pytest.fixture(scope="module")
def output() -> str:
    """What the command prints of what ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAILSCOPE_ASSETS", str(ROOT / "assets"))
        result = CliRunner().invoke(build_app(), ["results"])
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture(scope="module")
def printed(output) -> dict[str, list[str]]:
    """Heading → lines of every table."""
    return {heading: table_in(body) for heading, body in sections(output).items()}


def test_the_page_shows_every_table_as_printed(printed):
    if UPDATE:
        for heading, lines in printed.items():
            write_table(PAGE, heading, lines)
    on_page = {heading: table_in(body)
               for heading, body in sections(PAGE.read_text(encoding="utf-8")).items()}
    assert {heading: lines for heading, lines in on_page.items() if lines} == printed


def test_a_mark_in_a_table_is_explained_below_it(output):
    """In the command's output and on the page alike."""
    for text in (output, PAGE.read_text(encoding="utf-8")):
        marked = [body for body in sections(text).values() if "†" in "".join(table_in(body))]
        assert len(marked) == 4
        assert len({line for body in marked for line in body.splitlines()
                    if line.startswith("† ")}) == 1
        assert all("\n† A low LU that comes from a high NLL" in body for body in marked)


def test_the_readme_shows_an_excerpt(printed):
    if UPDATE:
        write_table(README, "## Results", list(headlines(printed)))
    assert table_in(sections(README.read_text(encoding="utf-8"))["## Results"]) == list(
        headlines(printed))


def test_the_readme_shows_the_measured_speeds():
    if UPDATE:
        write_table(README, "## Speed", list(speeds()))
    assert table_in(sections(README.read_text(encoding="utf-8"))["## Speed"]) == list(speeds())


def speeds():
    """A row for each kind of work, from the records of the benchmarks: ratios, and rates."""
    linearized, scored, generated, trained = (
        json.loads((ROOT / "benchmarks" / name / "record.json").read_text())["result"]
        for name in ("linearize", "forward", "generate", "train"))
    models = ("qm9-random_order", "moses-min_degree_first")
    yield from head("times as fast (a second, on two CPU cores)", "QM9", "MOSES")
    yield row("linearizing, as plain Python",
              *map(_linearized, (linearized["strategies"], linearized["moses"]["strategies"])))
    yield row("scoring in fp32, as the published loop over single graphs",
              *(f"{found['times_the_loop']['median']:.2f} × "
                f"({found['tokens_a_second']:,.0f} tokens)"
                for found in (scored[model]["fp32"] for model in models)))
    yield row("generating in bf16, as `generate` of `transformers`",
              *(f"{found['ratio']:.1f} × ({found['molecules_per_s']:.0f} molecules)"
                for found in (generated[model]["bf16"] for model in models)))
    yield row("training, one thread, as a plain loop of `transformers`",
              *(f"{found['times_the_loop']['median']:.2f} × "
                f"({found['molecules_a_second']:.0f} molecules)"
                for found in (trained[model]["train, adamw"]
                              for model in ("qm9-random_order", "moses-random_order"))))


def _linearized(by_strategy):
    ways = [how for strategy in by_strategy.values() for name, how in strategy.items()
            if name not in ("mean_tokens", "plain Python")]
    rates = [int(float(f"{how['per_s']:.2g}")) for how in ways]
    ratios = [how["speed_up"] for how in ways]
    return (f"{min(ratios):.0f} to {max(ratios):.0f} × "
            f"({min(rates):,} to {max(rates):,} sequences)")


def headlines(printed):
    """A row for each model of molecules, in cells of several tables."""
    quality, auc, ece = (cells_of(printed[f"### {title}"]) for title in (
        "Generated graphs", "AUC of the scores", "ECE, all tokens"))
    yield from head("model", "valid", "stable", "mean LU", "std of NLL, nats", "ECE, own order",
                    "ECE, random order", "AUC of LU", "AUC of order-marginal NLL")
    for order in STRATEGIES:
        name = f"`qm9-{order}`"
        yield row(name, *(quality[name][column] for column in (
            "valid", "stable", "mean LU", "std of NLL, nats")),
                  ece[name][order], ece[name]["random_order"],
                  auc[name]["LU"], auc[name]["order-marginal NLL"])


def cells_of(lines: list[str]) -> dict[str, dict[str, str]]:
    """Name of the row → name of the column → cell."""
    names, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {first: dict(zip(names[1:], rest, strict=True)) for first, *rest in rows}
