"""Image references: which cannot be parsed, and which cannot exist. Models distribution/reference."""

from __future__ import annotations

import re
from typing import Final

from controllers.simulated.container import full_image

_COMPONENT: Final = r"[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*"
_HOST: Final = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN: Final = rf"(?:{_HOST}(?:\.{_HOST})*(?::[0-9]+)?/)?"
_TAG: Final = r"(?::[\w][\w.-]{0,127})?"
_DIGEST: Final = r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
_REFERENCE: Final = re.compile(rf"{_DOMAIN}{_COMPONENT}(?:/{_COMPONENT})*{_TAG}{_DIGEST}", re.ASCII)
_NO_SUCH_TAG: Final = re.compile(
    r"(?:404|no-?such.*|non-?exist(?:e|a)nt.*|not-?exist(?:ing)?.*|does-?not-?exist.*|doesnotexist.*|missing|invalid.*)",
    re.IGNORECASE,
)
_NO_SUCH_NAME: Final = re.compile(
    r"(?:.*/)?(?:no-?such-?image|non-?exist(?:e|a)nt(?:-?image)?|does-?not-?exist|not-?a-?real-?image|invalid-?image(?:-?name)?)",
    re.IGNORECASE,
)


def invalid(image: str) -> str:
    """The kubelet's complaint about a name that is no image reference; empty for a good one."""
    if _REFERENCE.fullmatch(image):
        return ""
    problem = "invalid reference format"
    name = image.partition("@")[0].partition(":")[0]
    if re.fullmatch(rf"{_DOMAIN}(?i:{_COMPONENT}(?:/{_COMPONENT})*)", name, re.ASCII):
        problem += f": repository name ({name if '/' in name else 'library/' + name}) must be lowercase"
    return f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": {problem}'


def pull_error(image: str) -> str:
    """The runtime's error for an image that no registry has; empty for one that may exist."""
    full = full_image(image)
    repository, _, tag = full.partition("@")[0].rpartition(":")
    resolve = f'failed to pull and unpack image "{full}": failed to resolve reference "{full}": '
    if _NO_SUCH_NAME.fullmatch(repository):
        return (
            f"{resolve}pull access denied, repository does not exist or may require authorization: "
            "server message: insufficient_scope: authorization failed"
        )
    if _NO_SUCH_TAG.fullmatch(tag):
        return f"rpc error: code = NotFound desc = {resolve}{full}: not found"
    return ""
