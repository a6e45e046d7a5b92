"""What new ConfigMaps, Secrets, Endpoints and Events are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import SUBDOMAIN

CONFIGMAPS: Final[Object] = {"metadata": {"name": "c"}}

SECRETS: Final[Object] = {"metadata": {"name": "c"}}

ENDPOINTS: Final[Object] = {
    "metadata": {"name": "e"},
    "subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}],
}

EVENTS: Final[Object] = {"metadata": {"name": "e"}, "involvedObject": {"namespace": "default", "kind": "Pod"}}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"data": {"a b": "x"}},
            [
                (
                    'data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric '
                    "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex "
                    "used for validation is '[-._a-zA-Z0-9]+')"
                )
            ],
        ),
        (
            {"data": {"a": "x"}, "binaryData": {"a": "eA=="}},
            ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
        ),
        ({"data": {".": "x"}}, ["data[.]: Invalid value: \".\": must not be '.'"]),
        ({"metadata.name": "C"}, [f'metadata.name: Invalid value: "C": {SUBDOMAIN}']),
    ],
)
def test_configmaps(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "configmaps").refusals(with_changes(CONFIGMAPS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"type": "kubernetes.io/dockerconfigjson"}, ["data[.dockerconfigjson]: Required value"]),
        (
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "eA=="}},
            [
                (
                    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid '
                    "character 'x' looking for beginning of value"
                )
            ],
        ),
        ({"type": "kubernetes.io/basic-auth"}, ["data[username]: Required value", "data[password]: Required value"]),
        ({"type": "kubernetes.io/tls"}, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]),
        ({"type": "kubernetes.io/ssh-auth", "data": {"ssh-privatekey": ""}}, ["data[ssh-privatekey]: Required value"]),
        (
            {"type": "kubernetes.io/service-account-token"},
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
        ),
    ],
)
def test_secrets(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "secrets").refusals(with_changes(SECRETS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"subsets.0.addresses": [{"ip": "127.0.0.1"}]},
            [
                (
                    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback '
                    "range (127.0.0.0/8, ::1/128)"
                )
            ],
        ),
        (
            {"subsets.0.addresses": None},
            ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
        ),
        (
            {"subsets.0.ports": [{"port": 0}]},
            ["subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
        ),
        (
            {"subsets.0.ports": [{"port": 1}, {"port": 2}]},
            ["subsets[0].ports[0].name: Required value", "subsets[0].ports[1].name: Required value"],
        ),
    ],
)
def test_endpoints(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "endpoints").refusals(with_changes(ENDPOINTS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"involvedObject.namespace": "other"},
            ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
        ),
        ({"reportingController": "a b"}, []),
    ],
)
def test_events(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "events").refusals(with_changes(EVENTS, changes)) == refusals
