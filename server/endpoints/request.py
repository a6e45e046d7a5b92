"""The request and the response as handlers see them: no HTTP library in sight, so the API can be called in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from server.authentication.interfaces import User
    from server.endpoints.request_info import RequestInfo

MAX_BODY_BYTES: Final = 3 * 1024 * 1024


class Query:
    """The parameters of a URL: the first value of a name wins, unknown names do no harm."""

    __slots__ = ("_values", "text")

    def __init__(self, text: str = "") -> None:
        self.text = text
        self._values: dict[str, list[str]] = {}
        if text:
            for name, value in parse_qsl(text, keep_blank_values=True):
                self._values.setdefault(name, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a parameter."""
        values = self._values.get(name)
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        """Every value of a parameter, in order."""
        return list(self._values.get(name, ()))

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values


class Warnings:
    """Texts for Warning headers, in order, each once."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        """Say it once."""
        if text:
            self._texts.setdefault(text)

    def extend(self, texts: list[str]) -> None:
        """Say each once."""
        for text in texts:
            self.add(text)

    @property
    def texts(self) -> list[str]:
        """What was said."""
        return list(self._texts)


class WebSocket(Protocol):
    """An upgraded connection: messages both ways until either side closes."""

    @property
    def protocol(self) -> str:
        """The agreed subprotocol, empty for none."""
        ...

    async def receive(self) -> bytes | str | None:
        """The next message; None once the peer has closed."""
        ...

    async def send(self, message: bytes | str) -> None:
        """Send one binary or text message."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close from this side."""
        ...


Body: TypeAlias = Callable[[], Awaitable[bytes]]


async def _no_body() -> bytes:
    return b""


@dataclass(eq=False)
class Request:
    """One request. Header names are lower case. Filters write down in it what they find out; what they show to the
    stages behind them alone they put in a copy."""

    method: str
    path: str
    query: Query = field(default_factory=Query)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = _no_body
    """The whole body; raises RequestEntityTooLarge over 3 MiB."""
    peer_certificate: bytes | None = None
    """DER of the verified client certificate."""
    remote: str = ""
    audit_id: str = ""
    warnings: Warnings = field(default_factory=Warnings)
    info: RequestInfo | None = None
    user: User | None = None
    impersonated_by: User | None = None
    annotations: dict[str, str] = field(default_factory=dict)
    """Audit annotations."""

    def with_(self, **changes: object) -> Request:
        """A copy with these fields changed."""
        copy = object.__new__(Request)
        copy.__dict__.update(self.__dict__, **changes)
        return copy

    def header(self, name: str, default: str = "") -> str:
        """A header by its lower-case name."""
        return self.headers.get(name, default)

    @property
    def wants_websocket(self) -> bool:
        """Whether the client asks to upgrade to a WebSocket."""
        return "upgrade" in self.header("connection").lower() and self.header("upgrade").lower() == "websocket"


Chunks: TypeAlias = AsyncIterator[bytes]
Upgrade: TypeAlias = Callable[[WebSocket], Awaitable[None]]


class Response(NamedTuple):
    """One answer: a whole body, or chunks to be sent as they come, or an upgrade to a WebSocket."""

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | Chunks = b""
    upgrade: Upgrade | None = None
    """Talks over the WebSocket that the transport opens instead of sending a body."""
    protocols: tuple[str, ...] = ()
    """Subprotocols to choose from, for an upgrade."""
    live: bool = False
    """Chunks come as things happen: they are not held back, and not compressed."""

    def with_headers(self, **headers: str) -> Response:
        """A copy with more headers; underscores in names stand for hyphens."""
        return self._replace(headers={**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
