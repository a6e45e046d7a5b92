"""What people run on every node: log shippers, exporters, network agents."""

from __future__ import annotations

from typing import Final

from controllers.simulated.behaviour import Behaviour, Pull, Usage
from controllers.simulated.catalogue.entry import Entry
from controllers.simulated.logs import PlannedLine

_FLUENTD: Final = Behaviour(
    lines=(
        PlannedLine(0.0, "[info]: init supervisor logger path=nil rotate_age=nil rotate_size=nil"),
        PlannedLine(0.01, '[info]: parsing config file is succeeded path="/fluentd/etc/fluent.conf"'),
        PlannedLine(0.02, '[info]: starting fluentd-1.16.2 pid=7 ruby="3.1.4"'),
        PlannedLine(0.03, "[info]: #0 starting fluentd worker pid=16 ppid=7 worker=0"),
        PlannedLine(0.04, "[info]: #0 fluentd worker is now running worker=0"),
    ),
    ports=frozenset({24220, 24224, 24231, 9880}),
    pull=Pull(0.3, 45_000_000),
    usage=Usage(5, 60 << 20),
    user="fluent",
    workdir="/home/fluent",
)
_FLUENT_BIT: Final = Behaviour(
    lines=(
        PlannedLine(0.0, "Fluent Bit v3.0.7", "stderr"),
        PlannedLine(0.01, "[ info] [fluent bit] version=3.0.7, commit=simulated, pid=1", "stderr"),
        PlannedLine(0.02, "[ info] [sp] stream processor started", "stderr"),
    ),
    ports=frozenset({2020}),
    pull=Pull(0.2, 35_000_000),
    usage=Usage(2, 12 << 20),
)
_FILEBEAT: Final = Behaviour(
    lines=(
        PlannedLine(
            0.0,
            '{"log.level":"info","message":"Home path: [/usr/share/filebeat]"}',
            "stderr",
        ),
        PlannedLine(0.02, '{"log.level":"info","log.logger":"crawler","message":"Loading Inputs: 1"}', "stderr"),
        PlannedLine(
            30.0,
            '{"log.level":"info","log.logger":"monitoring","message":"Non-zero metrics in the last 30s"}',
            "stderr",
            30.0,
        ),
    ),
    ports=frozenset({5066}),
    pull=Pull(0.5, 140_000_000),
    usage=Usage(5, 90 << 20),
    workdir="/usr/share/filebeat",
)
_NODE_EXPORTER: Final = Behaviour(
    lines=(
        PlannedLine(0.0, 'level=info msg="Starting node_exporter" version="(version=1.8.1)"', "stderr"),
        PlannedLine(0.01, 'level=info msg="Enabled collectors"', "stderr"),
        PlannedLine(0.02, 'level=info msg="Listening on" address=[::]:9100', "stderr"),
    ),
    ports=frozenset({9100}),
    paths={"/": 200, "/metrics": 200, "/-/healthy": 200},
    pull=Pull(0.1, 12_000_000),
    usage=Usage(2, 15 << 20),
    user="nobody",
)

ENTRIES: Final = (
    Entry(
        ("fluent/fluentd*", "fluentd", "*/fluentd", "*/fluentd-*", "*fluentd_elasticsearch*"),
        _FLUENTD,
    ),
    Entry(("fluent/fluent-bit", "*/fluent-bit"), _FLUENT_BIT),
    Entry(("*/filebeat", "*/beats/filebeat*", "filebeat"), _FILEBEAT),
    Entry(("*/node-exporter", "prom/node-exporter", "node-exporter"), _NODE_EXPORTER),
)
