"""The parameters of operations, sets of them as the installer puts them together from the options types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from server.openapi.texts import parameter_texts


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path or query parameter. Its text is the fixed one, else what `source` (function, argument) documents."""

    name: str
    type: Literal["string", "integer", "boolean"] = "string"
    place: Literal["query", "path"] = "query"
    text: str = ""
    source: tuple[str, str] = ("", "")
    since: tuple[int, int] = (1, 0)

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.place == "path"

    @property
    def description(self) -> str:
        """Its text on the wire."""
        function, argument = self.source
        return self.text or parameter_texts(function).get(argument, "")


_LIST: Final = "list_namespaced_pod"
_CREATE: Final = "create_namespaced_pod"
_PATCH: Final = "patch_namespaced_pod"
_DELETE: Final = "delete_namespaced_pod"
_LOG: Final = "read_namespaced_pod_log"
_EXEC: Final = "connect_get_namespaced_pod_exec"
_ATTACH: Final = "connect_get_namespaced_pod_attach"

NAMESPACE: Final = Parameter("namespace", place="path", source=(_LIST, "namespace"))
PRETTY: Final = Parameter("pretty", source=(_LIST, "pretty"))
PATH: Final = Parameter("path", place="path", source=("connect_get_namespaced_pod_proxy_with_path", "path"))

_DRY_RUN: Final = Parameter("dryRun", source=(_CREATE, "dry_run"))
_CONTINUE: Final = Parameter("continue", source=(_LIST, "_continue"))
_FIELD_SELECTOR: Final = Parameter("fieldSelector", source=(_LIST, "field_selector"))
_LABEL_SELECTOR: Final = Parameter("labelSelector", source=(_LIST, "label_selector"))
_LIMIT: Final = Parameter("limit", "integer", source=(_LIST, "limit"))
_SELECTION: Final = (
    _CONTINUE,
    _FIELD_SELECTOR,
    _LABEL_SELECTOR,
    _LIMIT,
    Parameter("resourceVersion", source=(_LIST, "resource_version")),
    Parameter("resourceVersionMatch", source=(_LIST, "resource_version_match")),
    Parameter("sendInitialEvents", "boolean", source=(_LIST, "send_initial_events"), since=(1, 27)),
    Parameter("shardSelector", source=(_LIST, "shard_selector"), since=(1, 36)),
    Parameter("timeoutSeconds", "integer", source=(_LIST, "timeout_seconds")),
)
LIST: Final = (
    Parameter("allowWatchBookmarks", "boolean", source=(_LIST, "allow_watch_bookmarks")),
    *_SELECTION,
    Parameter("watch", "boolean", source=(_LIST, "watch")),
)
_FIELD_VALIDATION: Final = Parameter("fieldValidation", source=(_CREATE, "field_validation"))
CREATE: Final = (_DRY_RUN, Parameter("fieldManager", source=(_CREATE, "field_manager")), _FIELD_VALIDATION)
PATCH: Final = (
    _DRY_RUN,
    Parameter("fieldManager", source=(_PATCH, "field_manager")),
    _FIELD_VALIDATION,
    Parameter("force", "boolean", source=(_PATCH, "force")),
)
DELETE: Final = (
    _DRY_RUN,
    Parameter("gracePeriodSeconds", "integer", source=(_DELETE, "grace_period_seconds")),
    Parameter(
        "ignoreStoreReadErrorWithClusterBreakingPotential",
        "boolean",
        source=(_DELETE, "ignore_store_read_error_with_cluster_breaking_potential"),
        since=(1, 32),
    ),
    Parameter("orphanDependents", "boolean", source=(_DELETE, "orphan_dependents")),
    Parameter("propagationPolicy", source=(_DELETE, "propagation_policy")),
)
DELETE_COLLECTION: Final = (*DELETE, *_SELECTION)
LOG: Final = (
    Parameter("container", source=(_LOG, "container")),
    Parameter("follow", "boolean", source=(_LOG, "follow")),
    Parameter("insecureSkipTLSVerifyBackend", "boolean", source=(_LOG, "insecure_skip_tls_verify_backend")),
    Parameter("limitBytes", "integer", source=(_LOG, "limit_bytes")),
    Parameter("previous", "boolean", source=(_LOG, "previous")),
    Parameter("sinceSeconds", "integer", source=(_LOG, "since_seconds")),
    Parameter("stream", source=(_LOG, "stream"), since=(1, 32)),
    Parameter("tailLines", "integer", source=(_LOG, "tail_lines")),
    Parameter("timestamps", "boolean", source=(_LOG, "timestamps")),
)


def _streams(function: str) -> tuple[Parameter, ...]:
    return (
        Parameter("container", source=(function, "container")),
        Parameter("stderr", "boolean", source=(function, "stderr")),
        Parameter("stdin", "boolean", source=(function, "stdin")),
        Parameter("stdout", "boolean", source=(function, "stdout")),
        Parameter("tty", "boolean", source=(function, "tty")),
    )


CONNECT_OPTIONS: Final[dict[str, tuple[Parameter, ...]]] = {
    "PodAttachOptions": _streams(_ATTACH),
    "PodExecOptions": (Parameter("command", source=(_EXEC, "command")), *_streams(_EXEC)),
    "PodPortForwardOptions": (
        Parameter("ports", "integer", source=("connect_get_namespaced_pod_portforward", "ports")),
    ),
    "PodProxyOptions": (Parameter("path", source=("connect_get_namespaced_pod_proxy", "path")),),
    "ServiceProxyOptions": (Parameter("path", source=("connect_get_namespaced_service_proxy", "path")),),
    "NodeProxyOptions": (Parameter("path", source=("connect_get_node_proxy", "path")),),
}
"""The query of subresources that connect to something, by the kind of their options."""


@cache
def name_of(kind: str) -> Parameter:
    """The name in the path of one object."""
    return Parameter("name", place="path", text=f"name of the {kind}")
