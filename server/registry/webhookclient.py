"""How a webhook is reached: a URL or a Service. Models apiserver/pkg/util/webhook/validation.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery import field, gourl, validation

DEFAULT_PORT: Final = 443
_FORM: Final = "; desired format: https://host[/path]"


def url_errors(path: field.Path, text: str) -> list[field.Error]:
    """Errors of a webhook's URL."""
    try:
        url = gourl.parse(text)
    except ValueError as e:
        return [field.required(path, f"url must be a valid URL: {e}{_FORM}")]
    found = []
    if url.scheme != "https":
        found.append(field.invalid(path, url.scheme, f"'https' is the only allowed URL scheme{_FORM}"))
    if not url.host:
        found.append(field.invalid(path, "", f"host must be specified{_FORM}"))
    if url.user:
        found.append(field.invalid(path, url.user, "user information is not permitted in the URL"))
    if url.fragment:
        found.append(field.invalid(path, url.fragment, "fragments are not permitted in the URL"))
    if url.query:
        found.append(field.invalid(path, url.query, "query parameters are not permitted in the URL"))
    return found


def service_errors(path: field.Path, service: Mapping[str, Any]) -> list[field.Error]:
    """Errors of a reference to the Service of a webhook."""
    found = [
        field.required(path / name, f"service {name} is required")
        for name in ("name", "namespace")
        if not service.get(name)
    ]
    port = service.get("port") or 0
    if problems := validation.valid_port_num(port):
        found.append(field.invalid(path / "port", port, f"port is not valid: {','.join(problems)}"))
    url = service.get("path") or ""
    if url in ("", "/"):
        return found
    at = path / "path"
    if url == "//":
        return [*found, field.invalid(at, url, "segment[0] may not be empty")]
    if not url.startswith("/"):
        found.append(field.invalid(at, url, "must start with a '/'"))
    for i, step in enumerate(url[1:].removesuffix("/").split("/")):
        if step:
            problems = [f"segment[{i}]: {problem}" for problem in validation.dns1123_subdomain(step)]
        else:
            problems = [f"segment[{i}] may not be empty"]
        found += [field.invalid(at, url, problem) for problem in problems]
    return found


def client_config_errors(path: field.Path, config: Mapping[str, Any]) -> list[field.Error]:
    """Errors of a clientConfig, which has either a URL or a Service."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        return [field.required(path, "exactly one of url or service is required")]
    return url_errors(path / "url", url) if url is not None else service_errors(path / "service", service or {})
