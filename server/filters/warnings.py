"""Warning headers. Models apiserver/pkg/endpoints/filters/warning.go and apimachinery/pkg/util/net/http.go."""

from __future__ import annotations

from typing import Final

from server.endpoints.request import Handler, Request, Response
from server.filters.chain import Filter

MAX_TOTAL: Final = 4096
MAX_EACH: Final = 256
SEPARATOR: Final = "\n"
"""Between several values of one header in Response.headers."""


def with_warnings() -> Filter:
    """Whatever a stage warns of goes out with the answer, errors included."""

    def wrap(handler: Handler) -> Handler:
        async def warn(request: Request) -> Response:
            answer = await handler(request)
            texts = request.warnings.texts
            if not texts:
                return answer
            if sum(map(len, texts)) > MAX_TOTAL:
                texts = [t[:MAX_EACH] for t in texts]
            return answer.with_headers(Warning=SEPARATOR.join(map(warning, texts)))

        return warn

    return wrap


def warning(text: str) -> str:
    """One value of a Warning header: code 299, no agent, the text quoted."""
    cleaned = "".join(c if c.isprintable() else " " for c in text).strip()
    escaped = cleaned.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'
