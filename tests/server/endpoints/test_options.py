from __future__ import annotations

import pytest

from apimachinery import errors
from apimachinery.gvk import GroupResource
from server.endpoints import options
from server.endpoints.request import Query
from server.registry.rest import Resource

PODS = Resource("", "v1", "Pod", "pods", "pod", True, known_field_labels=("spec.nodeName",))
DAEMONSETS = Resource("apps", "v1", "DaemonSet", "daemonsets", "daemonset", True)


@pytest.mark.parametrize(
    ("query", "version", "match", "limit"),
    [
        ("", None, "", 0),
        ("limit=2", None, "", 2),
        ("limit=-1", None, "", 0),
        ("resourceVersion=0&limit=2", 0, "", 0),
        ("resourceVersion=5", 5, "NotOlderThan", 0),
        ("resourceVersion=5&limit=2", 5, "Exact", 2),
        ("resourceVersion=5&resourceVersionMatch=NotOlderThan&limit=2", 5, "NotOlderThan", 2),
    ],
)
def test_list_options(query: str, version: int | None, match: str, limit: int) -> None:
    found = options.listing(Query(query), PODS).list_options()
    assert (found.resource_version, found.match, found.limit) == (version, match, limit)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=abc", 'strconv.ParseInt: parsing "abc": invalid syntax'),
        ("labelSelector=a%20b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("fieldSelector=oops", "invalid selector: 'oops'; can't understand 'oops'"),
        ("fieldSelector=spec.foo%3D1", "field label not supported: spec.foo"),
    ],
)
def test_bad_queries(query: str, message: str) -> None:
    with pytest.raises(errors.BadRequest) as caught:
        options.listing(Query(query), PODS)
    assert caught.value.message == message


def test_kinds_without_field_labels_of_their_own_name_the_known_ones() -> None:
    with pytest.raises(errors.BadRequest) as caught:
        options.listing(Query("fieldSelector=spec.foo%3D1"), DAEMONSETS)
    assert caught.value.message == (
        '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )


def test_a_name_narrows_and_must_agree_with_the_selector() -> None:
    found = options.listing(Query(""), PODS, name="p")
    assert found.predicate.field.get_exact("metadata.name") == "p"
    with pytest.raises(errors.BadRequest, match="doesn't match requested name"):
        options.listing(Query("fieldSelector=metadata.name%3Dq"), PODS, name="p")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("dryRun=Some", 'dryRun: Unsupported value: ["Some"]: supported values: "All"'),
        ("fieldValidation=Never", 'fieldValidation: Unsupported value: "Never": supported values: '),
        ("force=true", "force: Forbidden: may not be specified for non-apply patch"),
    ],
)
def test_bad_write_options(query: str, detail: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        options.write_options(Query(query), "PatchOptions")
    assert caught.value.message.startswith(f'PatchOptions.meta.k8s.io "" is invalid: {detail}')


def test_apply_needs_a_field_manager() -> None:
    with pytest.raises(errors.Invalid, match="fieldManager: Required value: is required for apply patch"):
        options.write_options(Query("force=true"), "PatchOptions", apply=True)


def test_delete_options_prefer_the_body() -> None:
    query = Query("gracePeriodSeconds=3&propagationPolicy=Orphan&dryRun=All")
    assert options.delete_options(query, None)[0].grace_period_seconds == 3
    assert options.delete_options(query, None)[1] is True
    found, dry_run = options.delete_options(query, {"preconditions": {"uid": "u"}, "propagationPolicy": "Foreground"})
    assert (found.uid, found.propagation, found.grace_period_seconds, dry_run) == ("u", "Foreground", None, False)
    assert PODS.group_resource == GroupResource("", "pods")
