"""What holds whatever is written, by whom and in which order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from apimachinery import serializer
from apimachinery.objects import Object
from server.fieldmanager import fieldset
from server.fieldmanager.compare import compare, to_field_set
from server.fieldmanager.merge import merge
from server.fieldmanager.types import Converter
from tests.server.fieldmanager.test_custom_schemas import AGENTS, SPEC, Structural, agent

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TYPE = Converter().convert_object(Structural(fields={"spec": SPEC}))

WORDS = st.sampled_from(["a", "b", "c"])
PORTS = st.lists(
    st.fixed_dictionaries(
        {"port": st.integers(1, 3)}, optional={"protocol": st.sampled_from(["TCP", "UDP"]), "host": WORDS}
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda p: (p["port"], p.get("protocol", "TCP")),
).map(lambda ports: [{k: v for k, v in p.items() if k != "host"} for p in ports])
# Nothing empty: an empty container is owned itself, and is not again when its last entry goes.
SPECS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": WORDS},
    optional={
        "ports": PORTS,
        "tags": st.lists(WORDS, min_size=1, max_size=3, unique=True),
        "args": st.lists(WORDS, min_size=1, max_size=2),
        "selector": st.dictionaries(WORDS, WORDS, min_size=1, max_size=2),
        "labels": st.dictionaries(WORDS, WORDS, min_size=1, max_size=3),
        "free": st.dictionaries(
            WORDS, st.dictionaries(WORDS, st.integers(0, 1), min_size=1, max_size=2), min_size=1, max_size=2
        ),
    },
)
WRITES = st.lists(
    st.tuples(st.sampled_from(["update", "apply"]), st.sampled_from(["one", "two", "three"]), SPECS), max_size=6
)


def paths(tree: fieldset.Set) -> set[tuple[str, ...]]:
    return set(fieldset.paths(tree))


@given(SPECS, SPECS)
def test_what_one_way_adds_the_other_removes(a: Object, b: Object) -> None:
    there, back = compare(TYPE, agent(**a), agent(**b)), compare(TYPE, agent(**b), agent(**a))
    assert paths(there.added) == paths(back.removed)
    assert paths(there.modified) == paths(back.modified)
    assert not paths(there.added) & paths(there.removed)


@given(SPECS, SPECS)
def test_a_merge_says_what_was_applied_and_forgets_nothing_else(live: Object, applied: Object) -> None:
    merged = merge(TYPE, agent(**live), agent(**applied))
    assert merge(TYPE, merged, agent(**applied)) == merged
    before = paths(to_field_set(TYPE, agent(**live)))
    after = paths(to_field_set(TYPE, merged))
    assert after >= before | paths(to_field_set(TYPE, agent(**applied)))
    assert compare(TYPE, agent(**live), merged).removed == {}


def write(live: Object | None, how: str, who: str, spec: Object) -> Object:
    if how == "apply":
        result = AGENTS.apply(live, agent(**spec), who, force=True, now=NOW)
    else:
        result = AGENTS.update(live, agent(**spec), who, NOW)
    result["metadata"]["uid"] = "u"
    copy: Object = serializer.loads(serializer.dumps(result))
    return copy


def without_nulls(value: Any) -> Any:
    """What is there: a map whose last item was removed for one owner while another named entries in it is left null."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return value


TAKEN_ALONG: list[tuple[str, str, Object]] = [
    ("apply", "two", {"name": "b", "free": {"c": {"c": 1}}}),
    ("update", "two", {"name": "a", "free": {"c": {"b": 0}}}),
    ("apply", "two", {"name": "a"}),
]


@settings(max_examples=150)
@given(WRITES)
@example(TAKEN_ALONG)
def test_every_leaf_has_an_owner_and_no_write_changes_what_was_there(writes: list[tuple[str, str, Object]]) -> None:
    live: Object | None = None
    for how, who, spec in writes:
        before = serializer.dumps(live)
        after = write(live, how, who, spec)
        assert serializer.dumps(live) == before
        live = after
    if live is None:
        return
    owned: fieldset.Set = fieldset.LEAF
    for entry in live["metadata"].get("managedFields", ()):
        assert entry["fieldsV1"] == fieldset.canonical(entry["fieldsV1"])
        owned = fieldset.union(owned, entry["fieldsV1"])
    leaves = paths(fieldset.leaves(to_field_set(TYPE, {"spec": without_nulls(live.get("spec"))})))
    assert {p for p in leaves if not fieldset.has(owned, p)} == set()


@settings(max_examples=100)
@given(WRITES, SPECS)
def test_applying_twice_is_applying_once(writes: list[tuple[str, str, Object]], spec: Object) -> None:
    live: Object | None = None
    for how, who, sent in writes:
        live = write(live, how, who, sent)
    once = write(live, "apply", "me", spec)
    assert write(once, "apply", "me", spec) == once
