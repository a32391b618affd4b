"""Tables of a repair experiment: every arm in a line, and arms by size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from core.cli.markdown import cell, head, row
from core.evaluation.measures import MEASURES
from core.likelihood.low_lu import EXPLANATION, MARK
from core.repair.result import RepairResult
from core.repair.spurious import spurious_repairs
from core.salience.criteria import selected_by

_LOW_RANK = ("lora", "pissa")
_OF_ONE_SIZE = ("none", "full")


def repair_tables(results: Sequence[RepairResult]) -> Iterator[tuple[str, Iterator[str]]]:
    """Titles and lines of all tables of arms that were measured under the same orders."""
    native, new = results[0].orders
    spurious = spurious_repairs(results)
    yield "Order repair", _by_arm(results, spurious, spurious_repairs(results, order=native))
    yield f"LU under {new} by trained parameters", _by_size(
        results, lambda result: f"{_lu(result, new, spurious)}, "
                                f"{result.estimates[new]['nll_std'].value:.2f} nats",
        note=_note(spurious))
    yield f"NLL per token, {new} / {native}, by trained parameters", _by_size(
        results, lambda result: " / ".join(
            f"{result.estimates[order]['nll_per_token'].value:.3f}" for order in (new, native)))


def _by_arm(
    results: Sequence[RepairResult], of_new: Collection[RepairResult],
    of_native: Collection[RepairResult],
) -> Iterator[str]:
    """Few parameters first, and among as many the lowest LU first.

    Args:
        results: the arms.
        of_new, of_native: those whose LU under the order is to be marked.
    """
    native, new = results[0].orders
    spread = MEASURES["nll_std"].name_and_unit
    yield from head("arm", "parameters", f"LU, {new}", f"{spread}, {new}", f"ECE, {new}",
                    f"NLL/token, {new}", f"NLL/token, {native}", f"LU, {native}",
                    f"{spread}, {native}")
    for result in sorted(results, key=lambda one: (one.num_parameters,
                                                   one.estimates[new]["lu"].value)):
        before, after = result.estimates[native], result.estimates[new]
        rank = "" if result.arm.method not in _LOW_RANK else f", rank {result.arm.rank}"
        yield row(result.arm.kind + rank, f"{result.num_parameters:,}", _lu(result, new, of_new),
                  cell(after["nll_std"], 2), cell(after["ece"], 3),
                  cell(after["nll_per_token"], 3), cell(before["nll_per_token"], 3),
                  _lu(result, native, of_native), cell(before["nll_std"], 2))
    yield from _note([*of_new, *of_native])


def _by_size(
    results: Sequence[RepairResult],
    value: Callable[[RepairResult], str],
    *,
    note: Sequence[str] = (),
) -> Iterator[str]:
    """A row per kind of arm, a column per number of parameters that more than one kind trains."""
    matched = [result for result in results if result.arm.method not in _OF_ONE_SIZE]
    sizes = sorted({result.num_parameters for result in matched})
    yield from head("arm", *(f"{size:,}" for size in sizes))
    known = {(result.arm.kind, result.num_parameters): value(result) for result in matched}
    for kind in dict.fromkeys(result.arm.kind for result in sorted(matched, key=_place)):
        yield row(kind, *(known.get((kind, size), "–") for size in sizes))
    yield from note


def _lu(result: RepairResult, order: str, marked: Collection[RepairResult]) -> str:
    mark = f" {MARK}" if result in marked else ""
    return cell(result.estimates[order]["lu"], 3) + mark


def _note(spurious: Collection[RepairResult]) -> Sequence[str]:
    """What the mark means, under a table that has one."""
    return ("", EXPLANATION) if spurious else ()


def _place(result: RepairResult) -> tuple[object, ...]:
    """Low rank first, then masks: static before dynamic, global before local, as registered."""
    arm = result.arm
    if arm.method != "sparse" or arm.criterion is None:
        return False, _LOW_RANK.index(arm.method)
    return True, arm.is_dynamic, arm.scope != "global", selected_by().index(arm.criterion)
