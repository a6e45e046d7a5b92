"""Databases and queues: some refuse to start without a password, as they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from controllers.simulated.behaviour import Behaviour, Pull, Usage
from controllers.simulated.catalogue.entry import Entry
from controllers.simulated.logs import PlannedLine
from controllers.simulated.process import FOREVER, Output, Program, Sleep

if TYPE_CHECKING:
    from controllers.simulated.sandbox import Sandbox


def postgres(sandbox: Sandbox) -> Program:
    """Without POSTGRES_PASSWORD the image ends with 1."""
    variables = sandbox.variables
    if not variables.get("POSTGRES_PASSWORD") and variables.get("POSTGRES_HOST_AUTH_METHOD") != "trust":
        yield Output("Error: Database is uninitialized and superuser password is not specified.\n", "stderr")
        yield Output(
            "       You must specify POSTGRES_PASSWORD to a non-empty value for the\n"
            '       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".\n',
            "stderr",
        )
        return 1
    yield Output("PostgreSQL init process complete; ready for start up.\n")
    yield Output("LOG:  database system is ready to accept connections\n", "stderr")
    yield Sleep(FOREVER)
    return 0


def mysql(sandbox: Sandbox) -> Program:
    """Without a root password, or leave to have none, the image ends with 1."""
    wanted: tuple[str, ...] = ("MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD")
    wanted += tuple(name.replace("MYSQL", "MARIADB") for name in wanted)
    if not any(sandbox.variables.get(name) for name in wanted):
        yield Output("[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n", "stderr")
        yield Output("    You need to specify one of the following as an environment variable:\n", "stderr")
        for name in wanted[:3]:
            yield Output(f"    - {name}\n", "stderr")
        return 1
    yield Output("[System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. port: 3306\n", "stderr")
    yield Sleep(FOREVER)
    return 0


ENTRIES: Final = (
    Entry(
        ("postgres", "*/postgres"),
        Behaviour(program=postgres, ports=frozenset({5432}), ready_delay=0.5, pull=Pull(0.4, 160_000_000)),
    ),
    Entry(
        ("mysql", "mariadb"),
        Behaviour(program=mysql, ports=frozenset({3306, 33060}), ready_delay=1.0, pull=Pull(0.5, 230_000_000)),
    ),
    Entry(
        ("redis", "*/redis", "valkey/valkey"),
        Behaviour(
            ports=frozenset({6379}),
            lines=(PlannedLine(0.0, "1:M * Ready to accept connections tcp"),),
            pull=Pull(0.2, 50_000_000),
            usage=Usage(2, 10 << 20),
        ),
    ),
)
