"""Columns of the kinds that no recording prints. Models pkg/printers/internalversion/printers.go (AddHandlers)."""

from __future__ import annotations

import pytest

from apimachinery import schema
from server.registry import builtin, scale
from server.registry.config import RegistryConfig
from server.registry.rest import Column, Resource
from server.registry.table import column_definitions
from tests.server.registry.kinds import kind

DEFINITIONS = schema.definitions("1.36")

SHOWN: list[tuple[str, str, str]] = [
    (
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
        "Name:name Age SignerName Requestor RequestedDuration Condition",
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1",
        "flowschemas",
        "Name:name PriorityLevel MatchingPrecedence DistinguisherMethod Age MissingPL",
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1",
        "prioritylevelconfigurations",
        "Name:name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age",
    ),
    ("networking.k8s.io/v1", "ipaddresses", "Name:name ParentRef"),
    ("networking.k8s.io/v1", "servicecidrs", "Name:name CIDRs Age"),
    ("storage.k8s.io/v1", "volumeattachments", "Name:name Attacher:name PV Node Attached/boolean Age"),
    ("storage.k8s.io/v1", "csistoragecapacities", "Name:name StorageClassName Capacity"),
    ("storage.k8s.io/v1", "volumeattributesclasses", "Name:name DriverName Age"),
    ("resource.k8s.io/v1", "deviceclasses", "Name:name Age"),
    ("resource.k8s.io/v1", "resourceclaims", "Name:name State Age"),
    ("resource.k8s.io/v1", "resourceclaimtemplates", "Name:name Age"),
    ("resource.k8s.io/v1", "resourceslices", "Name:name Node Driver Pool Age"),
    (
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        "Name:name Webhooks/integer Age",
    ),
    (
        "admissionregistration.k8s.io/v1",
        "validatingadmissionpolicies",
        "Name:name Validations/integer ParamKind Age",
    ),
    ("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", "Name:name PolicyName ParamRef Age"),
    ("admissionregistration.k8s.io/v1", "mutatingadmissionpolicies", "Name:name Mutations/integer ParamKind Age"),
    ("admissionregistration.k8s.io/v1", "mutatingadmissionpolicybindings", "Name:name PolicyName ParamRef Age"),
    ("v1", "componentstatuses", "Name:name Status Message Error"),
]

NEWER: list[tuple[str, str]] = [
    ("clustertrustbundles", "Name:name SignerName"),
    ("podcertificaterequests", "Name:name PodName ServiceAccountName NodeName SignerName State"),
    ("devicetaintrules", "Name:name Key Value Effect TimeAdded Age"),
    ("storageversionmigrations", "Name Resource"),
]


def short(column: Column) -> str:
    """`Name:format/type*`, a star for columns of -o wide, what is usual left out."""
    name = column.name.replace(" ", "_") + (f":{column.format}" if column.format else "")
    return name + (f"/{column.type}" if column.type != "string" else "") + ("*" if column.priority else "")


def columns_of(resource: Resource) -> str:
    assert resource.printer is not None
    return " ".join(short(c) for c in resource.printer.columns)


@pytest.mark.parametrize(("group_version", "plural", "expected"), SHOWN, ids=[s[1] for s in SHOWN])
def test_columns(group_version: str, plural: str, expected: str) -> None:
    assert columns_of(kind(group_version, plural).resource) == expected


@pytest.mark.parametrize(("plural", "expected"), NEWER, ids=[n[0] for n in NEWER])
def test_columns_of_kinds_that_come_later(plural: str, expected: str) -> None:
    later = RegistryConfig(version=(1, 37))
    assert columns_of(next(r for r in builtin.resources(later) if r.plural == plural)) == expected


def test_the_name_of_a_scale_is_a_plain_text() -> None:
    assert columns_of(scale.RESOURCE) == "Name Desired/integer Available/integer Age"


def test_columns_are_described() -> None:
    bare = [
        f"{resource.kind}.{found['name']}"
        for resource in builtin.resources(RegistryConfig())
        if resource.printer is not None
        for found in column_definitions(resource.printer.columns, DEFINITIONS)
        if not found["description"]
    ]
    assert bare == ["RuntimeClass.Handler"]


def test_signing_requests_are_described_as_they_were_in_v1beta1() -> None:
    printer = kind("certificates.k8s.io/v1", "certificatesigningrequests").resource.printer
    assert printer is not None
    described = {c["name"]: c["description"] for c in column_definitions(printer.columns, DEFINITIONS)}
    assert described["Requestor"] == "Base64-encoded PKCS#10 CSR data"
    assert described["SignerName"].startswith("Requested signer for the request. It is a qualified name in the form: ")
    assert described["RequestedDuration"].startswith("expirationSeconds is the requested duration of validity of ")
