"""Commands that read text and print some of it."""

from __future__ import annotations

import re

from controllers.simulated.process import FOREVER, Output, Program, Sleep
from controllers.simulated.shell.arguments import (
    complain,
    read_file,
    read_input,
    read_sources,
    split_options,
    to_int,
)
from controllers.simulated.shell.interpreter import Shell


def tail(shell: Shell, args: list[str]) -> Program:
    """The last lines; with -f it stays."""
    options, paths = split_options(args, "nc")
    if "f" in options or "F" in options:
        for path in paths:
            if path != "/dev/null" and shell.files.exists(shell.path(path)):
                yield Output((yield from read_file(shell, path)))
        yield Sleep(FOREVER)
    texts, code = yield from read_sources(shell, "tail", paths)
    for text in texts:
        lines = text.splitlines(keepends=True)
        count = abs(to_int(options.get("n", "10")))
        yield Output("".join(lines[-count:] if count else []))
    return code


def head(shell: Shell, args: list[str]) -> Program:
    """The first lines."""
    options, paths = split_options(args, "nc")
    texts, code = yield from read_sources(shell, "head", paths)
    for text in texts:
        if "c" in options:
            yield Output(text[: to_int(options["c"])])
        else:
            yield Output("".join(text.splitlines(keepends=True)[: to_int(options.get("n", "10"))]))
    return code


def grep(shell: Shell, args: list[str]) -> Program:
    """Lines that match a pattern; -i, -v, -q, -c, -E."""
    options, rest = split_options(args, "e")
    if "e" not in options and not rest:
        return (yield from complain("grep: no pattern", 2))
    pattern = options.get("e") or rest.pop(0)
    try:
        wanted = re.compile(re.escape(pattern) if "F" in options else pattern, re.IGNORECASE if "i" in options else 0)
    except re.error:
        return (yield from complain(f"grep: bad regex '{pattern}'", 2))
    texts, _ = yield from read_sources(shell, "grep", rest)
    found = [ln for t in texts for ln in t.splitlines() if bool(wanted.search(ln)) is not ("v" in options)]
    if "c" in options:
        yield Output(f"{len(found)}\n")
    elif "q" not in options:
        yield Output("".join(f"{line}\n" for line in found))
    return 0 if found else 1


def wc(shell: Shell, args: list[str]) -> Program:
    """Lines, words and bytes."""
    options, paths = split_options(args)
    texts, code = yield from read_sources(shell, "wc", paths)
    for text in texts:
        counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode())}
        shown = [counts[k] for k in ("l", "w", "c") if k in options] or list(counts.values())
        yield Output(" ".join(map(str, shown)) + "\n")
    return code


def sort(shell: Shell, args: list[str]) -> Program:
    """Lines in order."""
    options, paths = split_options(args)
    texts, code = yield from read_sources(shell, "sort", paths)
    lines = sorted((ln for t in texts for ln in t.splitlines()), reverse="r" in options)
    yield Output("".join(f"{line}\n" for line in (dict.fromkeys(lines) if "u" in options else lines)))
    return code


def tee(shell: Shell, args: list[str]) -> Program:
    """Standard input to a file and on."""
    options, paths = split_options(args)
    text = yield from read_input(shell)
    for path in paths:
        if "a" in options:
            shell.files.append(shell.path(path), text.encode())
        else:
            shell.files.write(shell.path(path), text.encode())
    yield Output(text)
    return 0
