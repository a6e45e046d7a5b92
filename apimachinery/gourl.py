"""URLs as Go's net/url parses them, and what it says of those that it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from apimachinery.serializer import go_quote

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+\-.]*:")
_NO_ESCAPE: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
_PORT: Final = re.compile(r"(:\d*)?", re.ASCII)
_USER: Final = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*", re.ASCII)
_NO_HOST: Final = re.compile(r"[\x00-\x20\"<>\\^`{|}\x7f#/?@]")


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL that are judged."""

    scheme: str = ""
    user: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


def parse(text: str) -> Url:
    """A URL's parts; ValueError in Go's words: `parse "%zz": invalid URL escape "%zz"`."""
    try:
        before, _, fragment = text.partition("#")
        _check_escapes(fragment)
        return _parse(before, unquote(fragment))
    except _UrlError as e:
        raise ValueError(f"parse {go_quote(text)}: {e}") from None


class _UrlError(ValueError):
    pass


def _parse(text: str, fragment: str) -> Url:
    if _CONTROL.search(text):
        raise _UrlError("net/url: invalid control character in URL")
    if text.startswith(":"):
        raise _UrlError("missing protocol scheme")
    matched = _SCHEME.match(text)
    scheme = matched.group()[:-1].lower() if matched else ""
    rest, _, query = text[matched.end() if matched else 0 :].partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, query=query, fragment=fragment)
        if ":" in rest.partition("/")[0]:
            raise _UrlError("first path segment in URL cannot contain colon")
    user = host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        user, host = _authority(authority)
    _check_escapes(rest)
    return Url(scheme, user, host, rest, query, fragment)


def _authority(text: str) -> tuple[str, str]:
    user, _, host = text.rpartition("@")
    if host.startswith("["):
        address, bracket, port = host.rpartition("]")
        if not bracket:
            raise _UrlError("missing ']' in host")
        _check_port(port)
        _check_escapes(address)
    else:
        colon = host.rfind(":")
        if colon >= 0:
            _check_port(host[colon:])
        _check_escapes(host)
        if bad := _NO_HOST.search(host):
            raise _UrlError(f"invalid character {go_quote(bad.group())} in host name")
    if not _USER.fullmatch(user):
        raise _UrlError("net/url: invalid userinfo")
    _check_escapes(user)
    return user, host


def _check_port(text: str) -> None:
    if not _PORT.fullmatch(text):
        raise _UrlError(f"invalid port {go_quote(text)} after host")


def _check_escapes(text: str) -> None:
    if bad := _NO_ESCAPE.search(text):
        raise _UrlError(f"invalid URL escape {go_quote(text[bad.start() : bad.start() + 3])}")
