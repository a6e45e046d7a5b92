"""Who is asked about an operation, and in which order."""

from __future__ import annotations

from server.admission.attributes import Attributes
from server.admission.chain import AdmissionChain
from server.admission.interfaces import Operation
from tests.server.admission.support import attributes


class _Plugin:
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name = name
        self._asked = asked

    async def admit(self, attributes: Attributes) -> None:
        self._asked.append(f"{self.name} admits")

    async def validate(self, attributes: Attributes) -> None:
        self._asked.append(f"{self.name} validates")


class _OfPods(_Plugin):
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset({"pods"})


async def _asked(resource: str, operation: Operation, subresource: str = "") -> list[str]:
    asked: list[str] = []
    chain = AdmissionChain([_Plugin("first", asked), _OfPods("pods", asked), _Plugin("last", asked)])
    about = attributes(resource, operation, {}, subresource=subresource)
    await chain.admit(about)
    await chain.validate(about)
    return asked


async def test_plugins_with_resources_are_asked_about_these_and_their_subresources() -> None:
    everybody = [f"{name} {does}" for does in ("admits", "validates") for name in ("first", "pods", "last")]
    assert await _asked("pods", "CREATE") == everybody
    assert await _asked("pods", "CREATE", "binding") == everybody


async def test_they_are_not_asked_about_others_nor_about_other_operations() -> None:
    the_others = ["first admits", "last admits", "first validates", "last validates"]
    assert await _asked("leases.coordination.k8s.io", "CREATE") == the_others
    assert await _asked("pods.metrics.k8s.io", "CREATE") == the_others
    assert await _asked("pods", "UPDATE") == the_others
    assert await _asked("pods", "DELETE") == []
