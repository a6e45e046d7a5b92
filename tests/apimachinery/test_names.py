"""Names with a seed follow from what is named; without one they are random."""

from __future__ import annotations

import re

from apimachinery.names import ALPHANUMS, NameGenerator


def test_names_are_the_same_in_whatever_order_they_are_asked_for() -> None:
    first, second = NameGenerator(7), NameGenerator(7)
    a, b = first.generate_name("ds-", "pods", "a"), first.generate_name("ds-", "pods", "b")
    assert second.generate_name("ds-", "pods", "b") == b
    assert second.generate_name("ds-", "pods", "a") == a
    assert a != b
    assert first.uid("pods", a) == second.uid("pods", a)
    assert first.number(1000, "port") == second.number(1000, "port")


def test_the_same_words_give_the_next_name_of_their_series() -> None:
    names, again = NameGenerator(7), NameGenerator(7)
    series = [names.generate_name("x-") for _ in range(20)]
    assert len(set(series)) == 20
    assert series == [again.generate_name("x-") for _ in range(20)]
    assert NameGenerator(8).generate_name("x-") != series[0]


def test_a_store_with_a_past_gets_other_series() -> None:
    fresh, later = NameGenerator(7), NameGenerator(7)
    fresh.begin_at(1)
    later.begin_at(500)
    assert fresh.generate_name("x-", "y") != later.generate_name("x-", "y")


def test_without_a_seed_names_are_random() -> None:
    names = NameGenerator()
    assert names.uid("a") != names.uid("a") != NameGenerator().uid("a")
    assert names.content({"metadata": {"name": "x"}}) == ""
    assert re.fullmatch(f"web-[{ALPHANUMS}]{{5}}", names.generate_name("web-", "a"))
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", names.uid())


def test_long_bases_are_cut() -> None:
    assert len(NameGenerator(1).generate_name("x" * 100)) == 63


def test_content_leaves_times_out() -> None:
    names = NameGenerator(1)
    obj = {"metadata": {"generateName": "a-", "creationTimestamp": "1"}, "spec": {"nodeName": "n1"}}
    same = {**obj, "metadata": {"generateName": "a-", "managedFields": [{"time": "2"}]}}
    assert names.content(obj) == names.content(same)
    assert names.content(obj) != names.content({**obj, "spec": {"nodeName": "n2"}})
