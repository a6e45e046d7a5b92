"""Requests with odd parameters, bodies and headers, the same for every kind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.requests.asked import APPLY, JSON_PATCH, MERGE, Asked, check, refused
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

MAPS = "/api/v1/namespaces/default/configmaps"
BEFORE = (("POST", MAPS, {"metadata": {"name": "generic"}, "data": {"k": "v"}}),)
YAML = {"Content-Type": "application/yaml"}
UNKNOWN = "the object provided is unrecognized (must be of type ConfigMap): "
FORMATS = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
TWICE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: generic}\ndata: {x: '1', x: '2'}\n"
APPLIED = f"{MAPS}/generic?fieldManager=m&force=true"
OF_BODY = '{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


def query(why: str, text: str, says: str, status: int = 400) -> Asked:
    return Asked(why, "GET", f"{MAPS}?{text}", status=status, says=says)


def view(kind: str, version: str, path: str, says: str) -> Asked:
    accept = f"application/json;as={kind};v={version};g=meta.k8s.io"
    why = "apiserver/pkg/endpoints/handlers/response.go"
    return Asked(why, "GET", path, status=406, says=says, headers={"Accept": accept}, before=BEFORE)


def version(text: str, problem: str) -> str:
    number = f'strconv.ParseUint: parsing "{text}": {problem}'
    return f'invalid resource version: resourceVersion: Invalid value: "{text}": {number}'


def body(text: bytes, says: str, **more: Any) -> Asked:
    why = "apimachinery/pkg/runtime/serializer/json/json.go"
    return Asked(why, "POST", MAPS, text, status=400, says=says, **more)


def named(name: str, **metadata: Any) -> Any:
    return {"metadata": {"name": name, **metadata}}


def tail(of: str) -> Any:
    """What follows the document that a message quotes."""
    return lambda status: str(status["message"]).rpartition(of)[1:]


REQUESTS = [
    Asked("etcd3/store.go, Create: version 0 is none", "POST", MAPS, named("zero", resourceVersion="0"), status=201),
    Asked(
        "etcd3/store.go, Create: nor is what is no number", "POST", MAPS, named("odd", resourceVersion="x"), status=201
    ),
    body(
        b"&a [*a]",
        "the object provided is unrecognized (must be of type ConfigMap): yaml: anchor 'a' value contains itself "
        "(2661205b2a615d)",
        headers=YAML,
    ),
    body(
        b"a: *b",
        "the object provided is unrecognized (must be of type ConfigMap): yaml: unknown anchor 'b' referenced "
        "(613a202a62)",
        headers=YAML,
    ),
    Asked(
        "registry/rest/meta.go, EnsureObjectNamespaceMatchesRequestNamespace: what has no namespace loses it",
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles?dryRun=All",
        {"metadata": {"name": "r", "namespace": "default"}, "rules": []},
        status=201,
        shows=lambda obj: obj["metadata"].get("namespace"),
    ),
    Asked(
        "registry/rest/meta.go, EnsureObjectNamespaceMatchesRequestNamespace: in updates too",
        "PATCH",
        "/api/v1/namespaces/default?dryRun=All",
        {"metadata": {"namespace": "other"}},
        shows=lambda obj: obj["metadata"].get("namespace"),
        headers=MERGE,
    ),
    query("runtime/conversion.go", "limit=", 'strconv.ParseInt: parsing "": invalid syntax'),
    query("runtime/conversion.go", "limit=x", 'strconv.ParseInt: parsing "x": invalid syntax'),
    query("storage/api_object_versioner.go", "resourceVersion=x", version("x", "invalid syntax")),
    query(
        "storage/api_object_versioner.go",
        "resourceVersion=99999999999999999999",
        version("99999999999999999999", "value out of range"),
    ),
    query(
        "storage/continue.go",
        "continue=x",
        "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
    ),
    query(
        "meta/internalversion/validation/validation.go",
        "resourceVersionMatch=Exact",
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden '
        "unless resourceVersion is provided",
        422,
    ),
    query(
        "meta/internalversion/validation/validation.go",
        "resourceVersionMatch=Foo&resourceVersion=1",
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Foo": supported values: '
        '"Exact", "NotOlderThan", ""',
        422,
    ),
    query(
        "meta/internalversion/validation/validation.go",
        "resourceVersionMatch=Exact&resourceVersion=0",
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is '
        'forbidden for resourceVersion "0"',
        422,
    ),
    Asked(
        "apiserver/pkg/endpoints/request/requestinfo.go: proxy is a verb, no resource",
        "GET",
        "/api/v1/proxy/namespaces/default/pods/x",
        status=404,
        says="the server could not find the requested resource",
    ),
    Asked(
        "handlers/patch.go jsonPatcher.applyPatchToCurrentObject decodes with the kind it then has",
        "PATCH",
        f"{MAPS}/generic",
        {"kind": "Foo"},
        status=422,
        headers=MERGE,
        shows=tail('no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'),
        shown=('no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"', ""),
        before=BEFORE,
    ),
    Asked(
        "handlers/patch.go jsonPatcher.applyPatchToCurrentObject",
        "PATCH",
        f"{MAPS}/generic",
        [{"op": "replace", "path": "/kind", "value": "Pod"}],
        status=422,
        headers=JSON_PATCH,
        shows=tail("converting (v1.Pod) to (core.ConfigMap): unknown conversion"),
        shown=("converting (v1.Pod) to (core.ConfigMap): unknown conversion", ""),
        before=BEFORE,
    ),
    Asked(
        "handlers/patch.go applyPatcher: yaml.UnmarshalStrict",
        "PATCH",
        APPLIED,
        b"a: [",
        status=400,
        says="error decoding patch: error converting YAML to JSON: yaml: line 1: did not find expected node content",
        headers=APPLY,
    ),
    Asked(
        "handlers/patch.go applyPatcher",
        "PATCH",
        APPLIED,
        b"[]",
        status=400,
        says="error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into "
        "Go value of type map[string]interface {}",
        headers=APPLY,
    ),
    Asked(
        "handlers/patch.go applyPatcher: an empty document is an object without a kind",
        "PATCH",
        APPLIED,
        b"",
        status=400,
        says="invalid object type: /, Kind=",
        headers=APPLY,
        before=BEFORE,
    ),
    Asked(
        "handlers/patch.go applyPatcher",
        "PATCH",
        f"{APPLIED}&fieldValidation=Strict",
        TWICE.encode(),
        status=400,
        says="error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n"
        '  line 4: key "x" already set in map',
        headers=APPLY,
        before=BEFORE,
    ),
    Asked(
        "handlers/patch.go applyPatcher: AddStrictDecodingWarnings, one warning a line",
        "PATCH",
        APPLIED,
        TWICE.encode(),
        warns=('line 4: key "x" already set in map',),
        headers=APPLY,
        before=BEFORE,
    ),
    Asked(
        "encoding/json decode.go: each byte that is no UTF-8 is replaced",
        "POST",
        f"{MAPS}?dryRun=All",
        b'{"metadata":{"name":"u"},"data":{"k":"a\xff\xfeb"}}',
        status=201,
        shows=lambda found: found["data"]["k"],
        shown="a\ufffd\ufffdb",
    ),
    Asked(
        "sigs.k8s.io/yaml reads the first document",
        "POST",
        f"{MAPS}?dryRun=All",
        b"metadata: {name: first}\n---\nmetadata: {name: second}\n",
        status=201,
        headers=YAML,
        shows=lambda found: found["metadata"]["name"],
        shown="first",
    ),
    body(
        b"metadata: {name: y1}\n a: b: c\n",
        f"{UNKNOWN}yaml: line 1: did not find expected key "
        "(6d657461646174613a207b6e616d653a2079317d0a20613a20623a20630a)",
        headers=YAML,
    ),
    body(b"", f"{UNKNOWN}couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"),
    body(
        b"[]",
        f"{UNKNOWN}couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type "
        f"struct {OF_BODY} (5b5d)",
    ),
    body(
        b'"x"',
        f"{UNKNOWN}couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type "
        f"struct {OF_BODY} (227822)",
    ),
    body(
        b'{"metadata":{"annotations":' + b'{"a":' * 11000 + b"1" + b"}" * 11000 + b"}}",
        f"{UNKNOWN}couldn't get version/kind; json parse error: exceeded max depth "
        '({"metadata":{"annotations":{"a ...)',
    ),
    refused(
        "serializer/json/json.go: null is an object without members",
        MAPS,
        b"null",
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ),
    view(
        "PartialObjectMetadataList",
        "v1",
        f"{MAPS}/generic",
        "you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)",
    ),
    view(
        "PartialObjectMetadata",
        "v1",
        MAPS,
        "you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)",
    ),
    view("Foo", "v1", f"{MAPS}/generic", f"only the following media types are accepted: {FORMATS}"),
    view("Table", "v2", f"{MAPS}/generic", f"only the following media types are accepted: {FORMATS}"),
    Asked(
        "negotiation/negotiate.go: the next clause",
        "GET",
        f"{MAPS}/generic",
        headers={"Accept": "application/json;as=Foo;v=v1;g=meta.k8s.io,application/json"},
        shows=lambda found: found["kind"],
        shown="ConfigMap",
        before=BEFORE,
    ),
    *[
        Asked(
            "apiserver/pkg/endpoints/installer.go",
            method,
            f"{MAPS}/generic",
            status=405,
        )
        for method in ("HEAD", "OPTIONS", "POST")
    ],
    Asked(
        "apiserver/pkg/endpoints/installer.go",
        "GET",
        f"{MAPS}/generic/unknown",
        status=404,
        says="the server could not find the requested resource",
    ),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: f"{asked.method} {asked.path.rpartition('/')[2]}")
async def test_request(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
