"""/version. Models apiserver/pkg/server/routes/version.go."""

from __future__ import annotations

import platform
from typing import Final

from apimachinery import serializer
from apimachinery.objects import Object
from server.endpoints.negotiation import JSON
from server.endpoints.request import Request, Response

_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_PATCH: Final = {(1, 36): 1}


def git_version(version: tuple[int, int]) -> str:
    """`v1.36.1`: the release that an emulated version stands for."""
    return f"v{version[0]}.{version[1]}.{_PATCH.get(version, 0)}"


def document(version: tuple[int, int]) -> Object:
    """The version.Info of an emulated Kubernetes; 1.33 and newer also say what they emulate."""
    major, minor = version
    machine = platform.machine()
    found: Object = {"major": str(major), "minor": str(minor)}
    if version >= (1, 33):
        found |= {"emulationMajor": str(major), "emulationMinor": str(minor)}
        found |= {"minCompatibilityMajor": str(major), "minCompatibilityMinor": str(minor - 1)}
    return found | {
        "gitVersion": git_version(version),
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "mockube",
        "platform": f"{platform.system().lower()}/{_MACHINES.get(machine, machine)}",
    }


class Version:
    """Serves the document."""

    def __init__(self, version: tuple[int, int]) -> None:
        self._body = serializer.dumps_pretty(document(version))

    async def __call__(self, request: Request) -> Response:
        """The same bytes each time."""
        return Response(200, {"Content-Type": JSON}, self._body)
