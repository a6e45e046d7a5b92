"""Fields of pods whose feature is switched off go, unless the stored pod uses them."""

from __future__ import annotations

import copy

import pytest

from apimachinery.objects import Object
from server.registry.core.podspec_disabled import drop_disabled_fields, drop_disabled_template_fields

STOP: Object = {"name": "a", "lifecycle": {"stopSignal": "SIGTERM"}}
HOOK: Object = {"name": "a", "lifecycle": {"stopSignal": "SIGTERM", "preStop": {"exec": {"command": ["x"]}}}}
BUNDLE: Object = {"clusterTrustBundle": {"path": "p"}}
TOKEN: Object = {"serviceAccountToken": {"path": "t"}}
SLEEP: Object = {"name": "a", "lifecycle": {"preStop": {"sleep": {"seconds": 1}}}}


def _volumes(*sources: Object) -> list[Object]:
    return [{"name": "e", "emptyDir": {}}, {"name": "v", "projected": {"sources": [copy.deepcopy(s) for s in sources]}}]


CASES: list[tuple[str, tuple[int, int], Object, Object, Object]] = [
    ("nothing to drop", (1, 36), {"containers": [{"name": "a"}]}, {}, {"containers": [{"name": "a"}]}),
    ("a field of the spec", (1, 36), {"workloadRef": {"name": "w"}, "hostUsers": True}, {}, {"hostUsers": True}),
    ("a holder that goes with it", (1, 36), {"containers": [STOP]}, {}, {"containers": [{"name": "a"}]}),
    (
        "a holder with more",
        (1, 36),
        {"initContainers": [HOOK, {"name": "b"}]},
        {},
        {"initContainers": [{"name": "a", "lifecycle": {"preStop": HOOK["lifecycle"]["preStop"]}}, {"name": "b"}]},
    ),
    ("two holders that go", (1, 29), {"containers": [SLEEP]}, {}, {"containers": [{"name": "a"}]}),
    ("since its version", (1, 30), {"containers": [SLEEP]}, {}, {"containers": [SLEEP]}),
    ("in lists of lists", (1, 36), {"volumes": _volumes(TOKEN, BUNDLE)}, {}, {"volumes": _volumes(TOKEN, {})}),
    (
        "in use anywhere before",
        (1, 36),
        {"containers": [STOP, {"name": "b"}]},
        {"containers": [{"name": "c"}, STOP]},
        {"containers": [STOP, {"name": "b"}]},
    ),
    (
        "in use elsewhere before",
        (1, 36),
        {"containers": [STOP]},
        {"initContainers": [STOP]},
        {"containers": [{"name": "a"}]},
    ),
]


@pytest.mark.parametrize(
    ("version", "spec", "old", "left"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_dropped_fields(version: tuple[int, int], spec: Object, old: Object, left: Object) -> None:
    changed, template = copy.deepcopy(spec), {"spec": copy.deepcopy(spec)}
    drop_disabled_fields(changed, old, version)
    assert changed == left
    drop_disabled_template_fields(template, {"spec": old} if old else None, version)
    assert template["spec"] == left


def test_no_template_is_no_problem() -> None:
    drop_disabled_template_fields(None, None, (1, 36))
