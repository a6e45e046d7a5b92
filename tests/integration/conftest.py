"""Whole clusters for the scenarios here: a server, a manager and a client."""

from __future__ import annotations

from tests.controllers.conftest import cluster, manager, namespace, server

__all__ = ["cluster", "manager", "namespace", "server"]
