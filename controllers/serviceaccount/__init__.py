"""What every namespace needs before a pod can be created in it."""

from __future__ import annotations

from typing import Final

from controllers.runtime.context import ControllerDescriptor
from controllers.serviceaccount.root_ca import RootCAOptions, RootCAPublisher
from controllers.serviceaccount.service_accounts import ServiceAccountsController

DESCRIPTORS: Final = (
    ControllerDescriptor("serviceaccount-controller", ServiceAccountsController, alias="serviceaccount"),
    ControllerDescriptor(
        "root-ca-certificate-publisher-controller",
        RootCAPublisher,
        options=RootCAOptions,
        alias="root-ca-cert-publisher",
    ),
)
