"""Repetition in names."""

from __future__ import annotations

from eggshard.fold.names import Repeat, named_lists, tandem_repeats, widened


def test_tandem_repeats() -> None:
    assert tandem_repeats("aaaa") == [Repeat(0, 1, 4)]
    assert tandem_repeats("abbbcdcd") == [Repeat(1, 1, 3), Repeat(4, 2, 2)]
    assert tandem_repeats("abababa") == [Repeat(0, 2, 3)]
    assert tandem_repeats("abcd") == []
    assert tandem_repeats("") == []


def rows(*texts: str) -> list[tuple[str, ...]]:
    return [tuple(text) for text in texts]


def test_near_repeats_join() -> None:
    """The first block of a stage has one more tensor; an odd one in the middle does not cut the family."""
    assert widened(rows("abcdx", "abcd", "abcd"), [Repeat(1, 1, 2)]) == [Repeat(0, 1, 3)]
    found = tandem_repeats(rows("abcd", "abcd", "abcx", "abcd", "abcd"))
    assert widened(rows("abcd", "abcd", "abcx", "abcd", "abcd"), found) == [Repeat(0, 1, 5)]


def test_other_blocks_do_not_join() -> None:
    texts = rows("abcd", "abcd", "wxyz", "wxyz")
    assert widened(texts, tandem_repeats(texts)) == [Repeat(0, 1, 2), Repeat(2, 1, 2)]


def lists(*names: str) -> list[tuple[str, int, int, int]]:
    arguments = dict(enumerate(names))
    found = named_lists(arguments, dict.fromkeys(arguments, 0))
    return [(named.prefix, named.period, named.count, len(named.seeds)) for named in found]


def test_lists_by_the_first_number_that_repeats() -> None:
    assert lists("p/layer_0/w", "p/layer_0/b", "p/layer_1/w", "p/layer_1/b") == [("p/layer_", 1, 2, 2)]
    # The 0 of the state is no list; the layers behind it are.
    assert lists("s/0/mu/3/w", "s/0/mu/4/w", "s/0/mu/5/w", "s/1/count") == [("s/0/mu/", 1, 3, 1)]
    # Ten follows nine.
    names = [f"layer{i}/w" for i in range(12)]
    (named,) = named_lists(dict(enumerate(names)), dict.fromkeys(range(12), 0))
    assert named.seeds == ({i: i for i in range(12)},)


def test_inner_lists_belong_to_outer_blocks() -> None:
    names = [f"layer_{i}/heads/{h}/w" for i in range(3) for h in range(4)]
    assert lists(*names) == [("layer_", 1, 3, 4)]
    assert lists(*(f"stage_{s}/block_{i}/w{s}" for s in range(2) for i in range(3))) == [
        ("stage_0/block_", 1, 3, 1),
        ("stage_1/block_", 1, 3, 1),
    ]


def test_no_numbers() -> None:
    assert lists("x", "y", "") == []
