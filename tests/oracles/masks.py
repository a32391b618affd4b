"""Masks by sorting Python lists, agreement by sets, density maps by four loops."""

from itertools import pairwise


def top_entries(scores: dict[str, list[float]], count: int) -> set[tuple[str, int]]:
    """The `count` highest over all lists; of equals, the first list and place."""
    ranked = sorted(
        ((-score, number, place, name)
         for number, (name, values) in enumerate(scores.items())
         for place, score in enumerate(values)),
    )
    return {(name, place) for _, _, place, name in ranked[:count]}


def top_entries_by_list(scores: dict[str, list[float]], counts: dict[str, int]
                        ) -> set[tuple[str, int]]:
    """The highest of every list."""
    return {entry for name, values in scores.items()
            for entry in top_entries({name: values}, counts[name])}


def jaccard(first: set, second: set) -> float:
    return len(first & second) / len(first | second)


def chance(first: set, second: set, entries: int) -> float:
    d1, d2 = len(first) / entries, len(second) / entries
    return d1 * d2 / (d1 + d2 - d1 * d2)


def block_shares(entries: list[list[bool]], row_edges: list[int], column_edges: list[int]
                 ) -> list[list[float]]:
    shares = []
    for top, bottom in pairwise(row_edges):
        line = []
        for left, right in pairwise(column_edges):
            block = [entries[r][c] for r in range(top, bottom) for c in range(left, right)]
            line.append(sum(block) / len(block))
        shares.append(line)
    return shares
