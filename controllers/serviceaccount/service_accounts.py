"""A `default` ServiceAccount in every namespace. Models pkg/controller/serviceaccount/serviceaccounts_controller.go."""

from __future__ import annotations

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import NAMESPACES, SERVICE_ACCOUNTS

_NAME = "default"


class ServiceAccountsController:
    """Keys are namespaces."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._queue = context.queue("serviceaccount", str)
        self._namespaces = context.informers.informer(NAMESPACES)
        self._accounts = context.informers.informer(SERVICE_ACCOUNTS)
        self._namespaces.add_handler(on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new))
        self._accounts.add_handler(on_delete=lambda account: self._queue.add(meta.namespace(account)))
        self._controller = Controller(
            "serviceaccount-controller", self._queue, self.sync, informers=(self._namespaces, self._accounts)
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue(self, namespace: View) -> None:
        self._queue.add(meta.name(namespace))

    async def sync(self, name: str) -> None:
        """Create the account where it is missing."""
        namespace = self._namespaces.get(name)
        if namespace is None or (namespace.get("status") or {}).get("phase") != "Active":
            return
        if self._accounts.get(_NAME, name) is not None:
            return
        account: Object = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": _NAME, "namespace": name},
        }
        try:
            await self._client.create(SERVICE_ACCOUNTS, account, namespace=name)
        except errors.AlreadyExists:
            return
        except errors.Forbidden as error:
            if not is_namespace_terminating(error):
                raise
