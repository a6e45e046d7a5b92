"""Handlers of kinds that are never stored, by the name that their Resource gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from server.endpoints.componentstatus import component_statuses
from server.endpoints.reviews import access_review, identity
from server.endpoints.scope import ScopeHandler
from server.endpoints.subresources.binding import legacy_binding

HANDLERS: Final[Mapping[str, ScopeHandler]] = {
    "bindings": legacy_binding,
    "componentstatuses": component_statuses,
    "localsubjectaccessreviews": access_review.local_subject_access_review,
    "selfsubjectaccessreviews": access_review.self_subject_access_review,
    "selfsubjectreviews": identity.self_subject_review,
    "selfsubjectrulesreviews": access_review.self_subject_rules_review,
    "subjectaccessreviews": access_review.subject_access_review,
    "tokenreviews": identity.token_review,
}
"""Handler name → handler; `Resource.virtual` names one."""
