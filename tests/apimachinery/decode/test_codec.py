"""Bodies of built-in kinds: what is kept, what is filled in, and what Go says when they are wrong."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from apimachinery import schema
from apimachinery.decode import Body, Codec, DecodeError, codec, not_handled, strict_error, unrecognized
from apimachinery.objects import Object

POD = "io.k8s.api.core.v1.Pod"
DAEMONSET = "io.k8s.api.apps.v1.DaemonSet"
CRD = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"


@pytest.fixture
def go() -> Codec:
    return codec("1.36")


def _body(value: Any) -> Body:
    return Body.parse(value if isinstance(value, bytes) else json.dumps(value).encode())


def _pod(**spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c"}], **spec},
    }


class TestServedForm:
    def test_values_that_go_always_writes_appear(self, go: Codec) -> None:
        daemonset = {"spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}}
        assert go.decode(_body(daemonset), DAEMONSET).object == {
            "metadata": {},
            "spec": {
                "selector": {},
                "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "image": "i", "resources": {}}]}},
                "updateStrategy": {},
            },
            "status": {
                "currentNumberScheduled": 0,
                "numberMisscheduled": 0,
                "desiredNumberScheduled": 0,
                "numberReady": 0,
            },
        }

    def test_an_empty_object_is_the_zero_value(self, go: Codec) -> None:
        assert (
            go.decode(_body({}), POD).object
            == go.zero(POD)
            == {
                "metadata": {},
                "spec": {"containers": None},
                "status": {},
            }
        )

    @pytest.mark.parametrize(
        ("spec", "kept"),
        [
            ({"hostNetwork": False}, {}),
            ({"hostNetwork": True}, {"hostNetwork": True}),
            ({"enableServiceLinks": False}, {"enableServiceLinks": False}),
            ({"nodeName": "", "nodeSelector": {}, "tolerations": []}, {}),
            ({"securityContext": None, "nodeName": None, "volumes": None}, {}),
            ({"securityContext": {}}, {"securityContext": {}}),
            ({"terminationGracePeriodSeconds": 0}, {"terminationGracePeriodSeconds": 0}),
            ({"nope": 1, "NodeName": "n"}, {}),
            ({"nodeSelector": {"a": None}}, {"nodeSelector": {"a": ""}}),
            ({"overhead": {"cpu": 0.1, "memory": "1024Mi"}}, {"overhead": {"cpu": "100m", "memory": "1Gi"}}),
            ({"volumes": [None]}, {"volumes": [{"name": ""}]}),
        ],
    )
    def test_empty_null_and_unknown_fields(self, go: Codec, spec: Object, kept: Object) -> None:
        decoded = go.decode(_body(_pod(**spec)), POD).object
        assert decoded["spec"] == {"containers": [{"name": "c", "resources": {}}], **kept}

    def test_scalars_are_canonical(self, go: Codec) -> None:
        pod = _pod()
        pod["metadata"]["deletionTimestamp"] = "2026-01-02T05:04:05.5+02:00"
        pod["status"] = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": None}]}
        decoded = go.decode(_body(pod), POD).object
        assert decoded["metadata"]["deletionTimestamp"] == "2026-01-02T03:04:05Z"
        assert decoded["status"]["conditions"] == [
            {"type": "Ready", "status": "True", "lastProbeTime": None, "lastTransitionTime": None}
        ]

    def test_secret_data_is_reencoded(self, go: Codec) -> None:
        secret = go.decode(_body({"data": {"a": "aG\nk=", "b": "", "c": None}}), "io.k8s.api.core.v1.Secret").object
        assert secret["data"] == {"a": "aGk=", "b": "", "c": ""}

    @pytest.mark.parametrize(
        ("definition", "obj", "served"),
        [
            ("io.k8s.api.storage.v1.CSINodeSpec", {"drivers": []}, {"drivers": None}),
            ("io.k8s.api.core.v1.PodSpec", {"containers": []}, {"containers": None}),
            ("io.k8s.api.core.v1.PodList", {"items": []}, {"metadata": {}, "items": []}),
            (
                "io.k8s.api.authorization.v1.SubjectRulesReviewStatus",
                {"resourceRules": [], "nonResourceRules": [], "incomplete": False},
                {"resourceRules": [], "nonResourceRules": [], "incomplete": False},
            ),
        ],
    )
    def test_stored_kinds_have_no_empty_lists(self, go: Codec, definition: str, obj: Object, served: Object) -> None:
        assert go.roundtrip(copy.deepcopy(obj), definition) == {**served, **obj}
        assert go.as_stored(obj, None, definition) == served

    def test_what_is_stored_is_in_gos_order(self, go: Codec) -> None:
        stored = go.as_stored({"spec": {}, "metadata": {"uid": "u", "name": "p"}, "kind": "Pod"}, None, POD)
        assert json.dumps(stored) == (
            '{"kind": "Pod", "metadata": {"name": "p", "uid": "u"}, "spec": {"containers": null}, "status": {}}'
        )

    def test_raw_values_are_kept_as_they_are(self, go: Codec) -> None:
        data = {"spec": {"nope": [1, None, {"x": ""}]}}
        revision = go.decode(_body({"data": data, "revision": 1}), "io.k8s.api.apps.v1.ControllerRevision").object
        assert revision["data"] == data

    def test_json_schema_unions(self, go: Codec) -> None:
        props = {
            "type": "object",
            "default": {"x": None},
            "additionalProperties": {"type": "string", "nope": 1},
            "properties": {"a": {"items": [{"type": "string"}], "additionalItems": False, "enum": [None, 1]}},
            "dependencies": {"a": ["b"], "c": {"type": "object"}},
            "maximum": 3.0,
        }
        version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": copy.deepcopy(props)}}
        crd = go.decode(_body({"spec": {"versions": [version]}}), CRD).object
        props["additionalProperties"] = {"type": "string"}
        assert crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == props

    def test_creation_time_of_a_template_is_null_up_to_1_33(self) -> None:
        definition = "io.k8s.api.core.v1.PodTemplateSpec"
        assert codec("1.33").zero(definition)["metadata"] == {"creationTimestamp": None}
        assert codec("1.34").zero(definition)["metadata"] == {}

    def test_a_round_trip_changes_nothing_twice(self, go: Codec) -> None:
        once = go.roundtrip(_pod(hostNetwork=False, overhead={"cpu": "1000m"}), POD)
        assert go.roundtrip(copy.deepcopy(once), POD) == once

    @pytest.mark.parametrize("version", schema.versions())
    def test_every_kind_of_every_version_has_a_stable_zero_value(self, version: str) -> None:
        go = codec(version)
        for definition in go.definitions.kinds.values():
            assert go.roundtrip(go.zero(definition), definition) == go.zero(definition)


def _mismatch(word: str, field: str, type_: str) -> str:
    return f"json: cannot unmarshal {word} into Go struct field {field} of type {type_}"


POD_ERRORS = [
    ({"containers": {}}, _mismatch("object", "PodSpec.spec.containers", "[]v1.Container")),
    ({"containers": "x"}, _mismatch("string", "PodSpec.spec.containers", "[]v1.Container")),
    ({"containers": ["x"]}, _mismatch("string", "PodSpec.spec.containers", "v1.Container")),
    ({"containers": [{"image": 1}]}, _mismatch("number", "Container.spec.containers.image", "string")),
    ({"containers": [{"args": [1]}]}, _mismatch("number", "Container.spec.containers.args", "string")),
    (
        {"containers": [{"livenessProbe": {"httpGet": "x"}}]},
        _mismatch("string", "Probe.spec.containers.livenessProbe.httpGet", "v1.HTTPGetAction"),
    ),
    ({"restartPolicy": True}, _mismatch("bool", "PodSpec.spec.restartPolicy", "v1.RestartPolicy")),
    ({"nodeSelector": {"a": 1}}, _mismatch("number", "PodSpec.spec.nodeSelector", "string")),
    (
        {"terminationGracePeriodSeconds": 10000000000000000000},
        _mismatch("number 10000000000000000000", "PodSpec.spec.terminationGracePeriodSeconds", "int64"),
    ),
    ({"hostNetwork": "true"}, _mismatch("string", "PodSpec.spec.hostNetwork", "bool")),
    (
        {"overhead": {"cpu": "much"}},
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ),
    ({"overhead": []}, _mismatch("array", "PodSpec.spec.overhead", "v1.ResourceList")),
]


class TestErrors:
    @pytest.mark.parametrize(("spec", "error"), POD_ERRORS)
    def test_types(self, go: Codec, spec: Object, error: str) -> None:
        with pytest.raises(DecodeError) as raised:
            go.decode(_body(_pod(**spec)), POD)
        assert str(raised.value) == error
        with pytest.raises(DecodeError) as raised:
            go.roundtrip(_pod(**spec), POD)
        assert str(raised.value) == error

    @pytest.mark.parametrize(
        ("spec", "error"),
        [
            (b'{"minReadySeconds":"x"}', ("string", "DaemonSetSpec.spec.minReadySeconds", "int32")),
            (b'{"minReadySeconds":2147483648}', ("number 2147483648", "DaemonSetSpec.spec.minReadySeconds", "int32")),
            (b'{"minReadySeconds":1e1}', ("number 1e1", "DaemonSetSpec.spec.minReadySeconds", "int32")),
            (b'{"minReadySeconds":5.0}', ("number 5.0", "DaemonSetSpec.spec.minReadySeconds", "int32")),
            (
                b'{"updateStrategy":{"rollingUpdate":{"maxUnavailable":1.5}}}',
                ("number 1.5", "RollingUpdateDaemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable", "int32"),
            ),
            (b"[]", ("array", "DaemonSet.spec", "v1.DaemonSetSpec")),
        ],
    )
    def test_numbers_are_told_as_they_were_written(self, go: Codec, spec: bytes, error: tuple[str, str, str]) -> None:
        with pytest.raises(DecodeError) as raised:
            go.decode(_body(b'{"spec":' + spec + b"}"), DAEMONSET)
        assert str(raised.value) == _mismatch(*error)

    def test_the_first_wrong_type_is_told_unless_a_type_of_its_own_refuses(self, go: Codec) -> None:
        metadata = b'{"metadata":{"name":1,"labels":[]'
        with pytest.raises(DecodeError, match=r"ObjectMeta\.metadata\.name of type string"):
            go.decode(_body(metadata + b"}}"), POD)
        with pytest.raises(DecodeError) as raised:
            go.decode(_body(metadata + b',"creationTimestamp":"yesterday"}}'), POD)
        assert str(raised.value) == (
            'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'
        )

    def test_times_of_another_type(self, go: Codec) -> None:
        with pytest.raises(
            DecodeError, match=r"number into Go struct field ObjectMeta\.metadata\.creationTimestamp of type string"
        ):
            go.decode(_body({"metadata": {"creationTimestamp": 5}}), POD)

    def test_bytes(self, go: Codec) -> None:
        with pytest.raises(DecodeError, match=r"^illegal base64 data at input byte 1$"):
            go.decode(_body({"data": {"a": "a*c="}}), "io.k8s.api.core.v1.Secret")
        with pytest.raises(DecodeError, match=r"number into Go struct field Secret\.data of type \[\]uint8"):
            go.decode(_body({"data": {"a": 1}}), "io.k8s.api.core.v1.Secret")

    def test_json_schema_unions(self, go: Codec) -> None:
        version = {"schema": {"openAPIV3Schema": {"additionalProperties": "yes"}}}
        with pytest.raises(DecodeError, match=r"^boolean or JSON schema expected$"):
            go.decode(_body({"spec": {"versions": [version]}}), CRD)

    @pytest.mark.parametrize(
        ("raw", "error"),
        [
            (b"", "unexpected end of JSON input"),
            (b"{not json", "invalid character 'n' looking for beginning of object key string"),
        ],
    )
    def test_bodies_that_are_not_json(self, raw: bytes, error: str) -> None:
        with pytest.raises(DecodeError) as raised:
            Body.parse(raw)
        assert str(raised.value) == f"couldn't get version/kind; json parse error: {error}"

    def test_type_meta(self) -> None:
        assert _body({"apiVersion": "v1", "kind": "Pod"}).type_meta() == ("v1", "Pod")
        assert _body(b"null").type_meta() == ("", "")
        with pytest.raises(DecodeError) as raised:
            _body([]).type_meta()
        assert str(raised.value) == (
            "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type "
            r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
        )
        with pytest.raises(DecodeError, match=r"cannot unmarshal number into Go struct field \.kind of type string"):
            _body({"kind": 1}).type_meta()

    def test_messages_of_the_request_handler(self) -> None:
        assert unrecognized("DaemonSet", "e", b"") == (
            "the object provided is unrecognized (must be of type DaemonSet): e (<empty>)"
        )
        assert unrecognized("Pod", "e", b"[1]").endswith("(5b315d)")
        assert unrecognized("Pod", "e", b"{" + b"a" * 40).endswith("({" + "a" * 29 + " ...)")
        assert not_handled("Pod", "v1", "DaemonSet", strict_error(("a", "b"))) == (
            'Pod in version "v1" cannot be handled as a DaemonSet: strict decoding error: a, b'
        )


class TestStrict:
    def test_unknown_and_duplicate_fields_in_the_documents_order(self, go: Codec) -> None:
        raw = b"""{"metadata": {"name": "a", "name": "b", "labels": {"x": "1", "x": "2"}}, "foo": {"foo": 1},
            "spec": {"template": {"spec": {"containers": [{}, {"periodSeconds": 1, "periodSeconds": 2}]}},
            "minReadySeconds": 1, "minReadySeconds": 2}}"""
        decoded = go.decode(Body.parse(raw), DAEMONSET, strict=True)
        assert decoded.problems == (
            'duplicate field "metadata.name"',
            'duplicate field "metadata.labels.x"',
            'unknown field "foo"',
            'unknown field "spec.template.spec.containers[1].periodSeconds"',
            'duplicate field "spec.minReadySeconds"',
        )
        assert decoded.object["metadata"]["name"] == "b"
        assert decoded.object["spec"]["minReadySeconds"] == 2

    def test_nothing_is_told_unless_asked(self, go: Codec) -> None:
        assert go.decode(_body(_pod(foo=1)), POD).problems == ()
        assert go.decode(_body(_pod()), POD, strict=True).problems == ()

    def test_raw_values_have_no_problems(self, go: Codec) -> None:
        revision = b'{"data": {"x": 1, "x": 2}, "revision": 1}'
        assert go.decode(Body.parse(revision), "io.k8s.api.apps.v1.ControllerRevision", strict=True).problems == ()

    def test_at_most_a_hundred(self, go: Codec) -> None:
        assert len(go.decode(_body({f"f{i}": 1 for i in range(200)}), POD, strict=True).problems) == 100

    def test_duplicates_without_a_type(self) -> None:
        assert Body.parse(b'{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}]}').duplicates() == (
            'duplicate field "a.b"',
            'duplicate field "c[0].d"',
        )
        assert Body.parse(b'{ "a": 1.0 }').duplicates() == ()

    def test_yaml(self, go: Codec) -> None:
        raw = b"metadata:\n  name: p\n  name: q\nspec:\n  foo: 1\n  nodeSelector: {1: yes}\n"
        with pytest.raises(
            DecodeError, match=r"cannot unmarshal bool into Go struct field PodSpec\.spec\.nodeSelector"
        ):
            go.decode(Body.parse(raw, is_yaml=True), POD)
        decoded = go.decode(Body.parse(raw.replace(b"yes", b"'yes'"), is_yaml=True), POD, strict=True)
        assert decoded.problems == (
            'yaml: unmarshal errors:\n  line 3: key "name" already set in map',
            'unknown field "spec.foo"',
        )
        assert decoded.object["spec"]["nodeSelector"] == {"1": "yes"}


class TestFromUnstructured:
    @pytest.mark.parametrize(
        ("spec", "error"),
        [
            ({"containers": "x"}, "cannot restore slice from string"),
            ({"containers": [1]}, "cannot restore struct from: int64"),
            ({"nodeSelector": []}, "cannot restore map from slice"),
            ({"nodeName": 1}, "cannot convert int64 to string"),
            ({"restartPolicy": 1}, "cannot convert int64 to v1.RestartPolicy"),
            ({"nodeName": True}, "unrecognized type: string"),
            ({"priority": "x"}, "unrecognized type: int32"),
            ({"priority": 1.5}, "cannot convert float64 to int32"),
            ({"hostNetwork": "x"}, "unrecognized type: bool"),
        ],
    )
    def test_errors(self, go: Codec, spec: Object, error: str) -> None:
        with pytest.raises(DecodeError) as raised:
            go.from_unstructured(_pod(**spec), POD)
        assert str(raised.value) == error

    def test_whole_floats_are_integers(self, go: Codec) -> None:
        assert go.from_unstructured(_pod(priority=5.0, nodeName=""), POD).object["spec"]["priority"] == 5

    def test_problems_are_sorted(self, go: Codec) -> None:
        obj = _pod(zoo=1, ant=2, volumes=[{"name": "v", "x": 1}])
        assert go.from_unstructured(obj, POD, strict=True).problems == (
            'unknown field "spec.ant"',
            'unknown field "spec.volumes[0].x"',
            'unknown field "spec.zoo"',
        )
