"""Signing requests: who asks, who approves, who signs, and what is refused."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import CONTEXT, with_changes

REQUESTS: Final = kind("certificates.k8s.io/v1", "certificatesigningrequests")
STATED: Final = "2026-01-01T12:00:00Z"


@cache
def pem() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jane")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return base64.b64encode(signed.public_bytes(serialization.Encoding.PEM)).decode()


def signing_request() -> Object:
    spec = {"request": pem(), "signerName": "example.com/signer", "usages": ["client auth"]}
    return {"metadata": {"name": "c"}, "spec": spec}


def condition(kind: str, status: str = "True") -> Object:
    return {"type": kind, "status": status, "reason": "r", "message": "m"}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({}, []),
        ({"metadata.name": "Anything goes"}, []),
        (
            {"spec.request": base64.b64encode(b"x").decode()},
            ['spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST'],
        ),
        ({"spec.usages": None}, ["spec.usages: Required value"]),
        ({"spec.usages": ["any", "any"]}, ['spec.usages[1]: Duplicate value: "any"']),
        ({"spec.signerName": None}, ["spec.signerName: Required value"]),
        (
            {"spec.signerName": "kubernetes.io/legacy-unknown"},
            [
                (
                    'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": '
                    "the legacy signerName is not allowed via this API version"
                )
            ],
        ),
        (
            {"spec.signerName": "signer"},
            [
                (
                    'spec.signerName: Invalid value: "signer": '
                    "must be a fully qualified domain and path of the form 'example.com/signer-name'"
                )
            ],
        ),
        (
            {"spec.signerName": "example/signer"},
            [
                (
                    'spec.signerName: Invalid value: "example": '
                    "should be a domain with at least two segments separated by dots"
                )
            ],
        ),
        (
            {"spec.expirationSeconds": 599},
            [
                (
                    "spec.expirationSeconds: Invalid value: 599: "
                    "may not specify a duration less than 600 seconds (10 minutes)"
                )
            ],
        ),
    ],
)
def test_refusals(changes: dict[str, Any], refusals: list[str]) -> None:
    assert REQUESTS.refusals(with_changes(signing_request(), changes)) == refusals


def test_the_server_says_who_asks() -> None:
    obj = with_changes(signing_request(), {"spec.username": "root", "spec.uid": "0"})
    REQUESTS.strategy.prepare_for_create(obj, CONTEXT._replace(user="jane", groups=("dev",)))
    spec = obj["spec"]
    assert (spec["username"], spec["groups"], "uid" in spec, obj["status"]) == ("jane", ["dev"], False, {})


@pytest.mark.parametrize(
    ("subresource", "refusals"),
    [
        ("", []),
        ("approval", []),
        ("status", ['status.conditions: Forbidden: updates may not add a condition of type "Approved"']),
    ],
)
def test_where_approval_is_written(subresource: str, refusals: list[str]) -> None:
    stored = REQUESTS.created(signing_request())
    changes = {"status.conditions": [condition("Approved")], "spec.usages": ["any"]}
    changed, found = REQUESTS.updated(stored, changes, subresource)
    assert found == refusals
    assert changed["spec"]["usages"] == ["client auth"]
    if subresource == "approval":
        [approved] = changed["status"]["conditions"]
        assert (approved["lastUpdateTime"], approved["lastTransitionTime"]) == (STATED, STATED)
    if not subresource:
        assert changed["status"] == {}


@pytest.mark.parametrize(
    ("conditions", "refusals"),
    [
        (
            [condition("Approved"), condition("Denied")],
            [
                (
                    'status.conditions[1].type: Invalid value: "Denied": '
                    "Approved and Denied conditions are mutually exclusive"
                )
            ],
        ),
        (
            [condition("Approved", "False")],
            ['status.conditions[0].status: Unsupported value: "False": supported values: "True"'],
        ),
        ([condition("Mine", "")], ["status.conditions[0].status: Required value"]),
        ([condition("Mine"), condition("Mine")], ['status.conditions[1].type: Duplicate value: "Mine"']),
    ],
)
def test_conditions(conditions: list[Object], refusals: list[str]) -> None:
    stored = REQUESTS.created(signing_request())
    assert REQUESTS.updated(stored, {"status.conditions": conditions}, "approval")[1] == refusals


def test_conditions_of_approval_stay() -> None:
    stored = REQUESTS.created(signing_request())
    stored["status"] = {"conditions": [condition("Denied")]}
    refused = ['status.conditions: Forbidden: updates may not remove a condition of type "Denied"']
    assert REQUESTS.updated(stored, {"status.conditions": []}, "approval")[1] == refused
    signed, found = REQUESTS.updated(stored, {"status.conditions.0.message": "other"}, "status")
    assert (found, signed["status"]["conditions"][0]["message"]) == ([], "m")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({}, "Pending"),
        ({"conditions": [condition("Approved")]}, "Approved"),
        ({"conditions": [condition("Approved")], "certificate": "eA=="}, "Approved,Issued"),
        ({"conditions": [condition("Denied"), condition("Failed")]}, "Denied,Failed"),
    ],
)
def test_condition_cell(status: Object, state: str) -> None:
    row = REQUESTS.row(with_changes(signing_request(), {"status": status, "spec.expirationSeconds": 7200}))
    assert (row["Condition"], row["RequestedDuration"]) == (state, "120m")
