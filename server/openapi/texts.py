"""Descriptions of request parameters, read from the official Python client that is installed.

They belong to ListOptions, CreateOptions, PodLogOptions and the like, which the published definitions do not hold; the
client carries them in its docstrings, line breaks turned to blanks.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

_PARAM: Final = re.compile(r"^ +:param (\w+): (.*)$", re.MULTILINE)
_ESCAPED: Final = re.compile(r"\\(.)")
_BREAKS: Final = {
    2: "\n\n",
    3: "\n  ",
    4: "\n\n  ",
    5: "\n    ",
}
"""What so many blanks after the end of a sentence or a line of code were."""
_BROKEN: Final = frozenset(
    {"_continue", "limit", "resource_version", "resource_version_match", "send_initial_events", "shard_selector"}
)
_BLANKS: Final = re.compile(r"(?<!event) {2,5}(?=\S)")
_BULLET: Final = re.compile(r"(?<=\.) - (?=`)")


@cache
def parameter_texts(function: str) -> Mapping[str, str]:
    """Descriptions by the client's argument name for one function of its core API; empty when it cannot be found."""
    source = _source()
    start = source.find(f"    def {function}(")
    if start < 0:
        return {}
    begin = source.find('"""', start)
    docstring = source[begin : source.find('"""', begin + 3)]
    texts = {name: text.removesuffix(" (required)") for name, text in _PARAM.findall(docstring)}
    return {name: _restore(name, _ESCAPED.sub(r"\1", text)) for name, text in texts.items()}


def _restore(name: str, text: str) -> str:
    if name not in _BROKEN:
        return text
    return _BULLET.sub("\n- ", _BLANKS.sub(lambda found: _BREAKS[len(found.group())], text))


@cache
def _source() -> str:
    spec = importlib.util.find_spec("kubernetes")
    if spec is None or not spec.submodule_search_locations:
        return ""
    path = Path(spec.submodule_search_locations[0]) / "client" / "api" / "core_v1_api.py"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
