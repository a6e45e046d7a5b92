"""Where etcd is and how to be let in, as a value and as a URL. Models storagebackend.Config's TransportConfig."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

SCHEME: Final = "etcd"
DEFAULT_PREFIX: Final = "/registry"
_PORT: Final = 2379


@dataclass(frozen=True, slots=True)
class EtcdConfig:
    """Endpoints as `host:port`, the prefix of all keys, certificates, and a user where etcd asks for one."""

    endpoints: tuple[str, ...]
    prefix: str = DEFAULT_PREFIX
    tls: bool = False
    cafile: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None
    username: str = ""
    password: str = ""

    def __post_init__(self) -> None:
        if not self.endpoints:
            raise ValueError("no etcd endpoint was given")
        if self.username and not self.password:
            raise ValueError("an etcd user needs a password: http://user:password@host:2379")
        if (self.certfile is None) != (self.keyfile is None):
            raise ValueError("--etcd-certfile and --etcd-keyfile go together")
        for path in (self.cafile, self.certfile, self.keyfile):
            if path is not None and not path.is_file():
                raise ValueError(f"no such file for etcd: {path}")

    @classmethod
    def from_servers(
        cls,
        servers: tuple[str, ...],
        *,
        prefix: str = DEFAULT_PREFIX,
        cafile: Path | None = None,
        certfile: Path | None = None,
        keyfile: Path | None = None,
    ) -> Self:
        """From --etcd-servers and its companions: `http://`, `https://` or bare endpoints, all of one kind."""
        parsed = [urlsplit(server if "://" in server else f"http://{server}") for server in servers]
        schemes = {p.scheme for p in parsed}
        if unknown := schemes - {"http", "https"}:
            raise ValueError(f"etcd endpoints are http:// or https://, not {unknown.pop()}://")
        if len(schemes) > 1:
            raise ValueError("etcd endpoints must be all http:// or all https://")
        user = next((p for p in parsed if p.username), None)
        return cls(
            endpoints=tuple(map(_endpoint, parsed)),
            prefix="/" + prefix.strip("/"),
            tls="https" in schemes,
            cafile=cafile,
            certfile=certfile,
            keyfile=keyfile,
            username=unquote(user.username or "") if user else "",
            password=unquote(user.password or "") if user else "",
        )

    @classmethod
    def from_url(cls, url: str) -> Self:
        """The inverse of `url`; ValueError for what is none."""
        parts = urlsplit(url)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        login, _, hosts = parts.netloc.rpartition("@")
        scheme = "https" if "tls" in query else "http"
        servers = [f"{scheme}://{host}" for host in hosts.split(",") if host]
        if login and servers:
            servers[0] = f"{scheme}://{login}@{hosts.split(',')[0]}"

        def path(name: str) -> Path | None:
            return Path(query[name]) if name in query else None

        return cls.from_servers(
            tuple(servers),
            prefix=unquote(parts.path) or DEFAULT_PREFIX,
            cafile=path("cafile"),
            certfile=path("certfile"),
            keyfile=path("keyfile"),
        )

    def url(self) -> str:
        """`etcd://user:password@host:2379,host:2379/registry?tls=1&cafile=…`, for storage.factory."""
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@" if self.username else ""
        query = {"tls": "1"} if self.tls else {}
        for name in ("cafile", "certfile", "keyfile"):
            if (value := getattr(self, name)) is not None:
                query[name] = str(value)
        end = f"?{urlencode(query)}" if query else ""
        return f"{SCHEME}://{login}{','.join(self.endpoints)}{quote(self.prefix)}{end}"


def _endpoint(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host:
        raise ValueError(f"an etcd endpoint without a host: {parts.geturl()!r}")
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORT}"
