"""Status errors: what a client reads, and that they survive the wire."""

from __future__ import annotations

import pytest

from apimachinery import errors, field
from apimachinery.gvk import GroupResource

DAEMONSETS = GroupResource("apps", "daemonsets")


@pytest.mark.parametrize(
    ("error", "code", "reason", "message"),
    [
        (errors.NotFound.of(DAEMONSETS, "x"), 404, "NotFound", 'daemonsets.apps "x" not found'),
        (errors.AlreadyExists.of(DAEMONSETS, "x"), 409, "AlreadyExists", 'daemonsets.apps "x" already exists'),
        (errors.Forbidden.of(DAEMONSETS, "", "why"), 403, "Forbidden", "daemonsets.apps is forbidden: why"),
        (errors.Forbidden.of(DAEMONSETS, "x", "why"), 403, "Forbidden", 'daemonsets.apps "x" is forbidden: why'),
        (
            errors.Conflict.of(DAEMONSETS, "x", "why"),
            409,
            "Conflict",
            'Operation cannot be fulfilled on daemonsets.apps "x": why',
        ),
        (errors.InternalError.of("oops"), 500, "InternalError", "Internal error occurred: oops"),
    ],
)
def test_statuses(error: errors.StatusError, code: int, reason: str, message: str) -> None:
    status = error.to_status()
    assert (status["code"], status["reason"], status["message"]) == (code, reason, message)
    back = errors.StatusError.from_status(status)
    assert type(back) is type(error)
    assert back.to_status() == status


def test_invalid_says_identical_errors_once() -> None:
    path = field.Path("spec") / "x"
    one, two = field.required(path), field.invalid(path[0], {"b": 1, "a": "<"}, "no")
    error = errors.Invalid.of("DaemonSet.apps", "d", [one, one, two])
    assert error.message == (
        'DaemonSet.apps "d" is invalid: [spec.x: Required value, spec.x[0]: Invalid value: {"a":"\\u003c","b":1}: no]'
    )
    assert len(error.causes) == 3
    assert error.causes[0] == {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.x"}


def test_retry_after() -> None:
    error = errors.Timeout.resource_version_too_large(9, 5)
    assert error.retry_after == 1
    assert error.has_cause("ResourceVersionTooLarge")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            field.not_supported(field.Path("a"), "x", ["A", "B"]),
            'a: Unsupported value: "x": supported values: "A", "B"',
        ),
        (field.too_long(field.Path("a"), 5), "a: Too long: may not be more than 5 bytes"),
        (field.duplicate(field.Path("a").key("k"), "v"), 'a[k]: Duplicate value: "v"'),
        (field.forbidden(field.Path("a"), "no"), "a: Forbidden: no"),
        (field.not_found(field.Path("a"), 3), "a: Not found: 3"),
        (field.too_many(field.Path("a"), 3, 1), "a: Too many: 3: must have at most 1 item"),
    ],
)
def test_field_errors(error: field.Error, text: str) -> None:
    assert str(error) == text
