"""Commands about files and directories."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime

from controllers.simulated.process import Output, Program, ReadInput
from controllers.simulated.shell.arguments import (
    complain,
    read_sources,
    split_options,
)
from controllers.simulated.shell.interpreter import Shell


def cat(shell: Shell, args: list[str]) -> Program:
    """Print files, or standard input line by line."""
    _, paths = split_options(args)
    if not paths and shell.stdin is None:
        while (line := (yield ReadInput())) is not None:
            yield Output(line)
        return 0
    texts, code = yield from read_sources(shell, "cat", paths)
    for text in texts:
        yield Output(text)
    return code


def ls(shell: Shell, args: list[str]) -> Program:
    """Names in directories; -l, -a, -1."""
    options, paths = split_options(args)
    code = 0
    for path in paths or ["."]:
        where = shell.path(path)
        try:
            names = shell.files.list(where)
        except NotADirectoryError:
            names = [path]
        except OSError:
            code = yield from complain(f"ls: {path}: No such file or directory")
            continue
        if len(paths) > 1:
            yield Output(f"{path}:\n")
        if "a" in options:
            names = [".", "..", *names]
        else:
            names = [n for n in names if not n.startswith(".") or n == path]
        yield Output("".join(f"{_entry(shell, where, n) if 'l' in options else n}\n" for n in names))
    return code


def _entry(shell: Shell, folder: str, name: str) -> str:
    path = folder if name == folder else shell.path(f"{folder}/{name}")
    stamp = datetime.fromtimestamp(shell.now(), UTC).strftime("%b %e %H:%M")
    if shell.files.is_directory(path):
        return f"drwxr-xr-x    2 {shell.user}     {shell.user}          4096 {stamp} {name}"
    if (target := shell.files.link(path)) is not None:
        return f"lrwxrwxrwx    1 {shell.user}     {shell.user}     {len(target):9} {stamp} {name} -> {target}"
    try:
        size = len(shell.files.read(path))
    except OSError:
        size = 0
    return f"-rw-r--r--    1 {shell.user}     {shell.user}     {size:9} {stamp} {name}"


def touch(shell: Shell, args: list[str]) -> Program:
    """Create files that are not there."""
    for path in split_options(args)[1]:
        try:
            shell.files.append(shell.path(path), b"")
        except OSError as error:
            return (yield from complain(f"touch: {path}: {error.strerror}"))
    return 0


def mkdir(shell: Shell, args: list[str]) -> Program:
    """Make directories."""
    for path in split_options(args, "m")[1]:
        try:
            shell.files.make_directory(shell.path(path))
        except OSError as error:
            return (yield from complain(f"mkdir: can't create directory '{path}': {error.strerror}"))
    return 0


def rm(shell: Shell, args: list[str]) -> Program:
    """Remove files, and directories with -r."""
    options, paths = split_options(args)
    code = 0
    for path in paths:
        where = shell.path(path)
        if shell.files.is_directory(where) and not {"r", "R"} & options.keys():
            code = yield from complain(f"rm: '{path}' is a directory")
            continue
        try:
            shell.files.remove(where)
        except FileNotFoundError:
            if "f" not in options:
                code = yield from complain(f"rm: can't remove '{path}': No such file or directory")
        except OSError as error:
            code = yield from complain(f"rm: can't remove '{path}': {error.strerror}")
    return code


def cp(shell: Shell, args: list[str]) -> Program:
    """Copy one file."""
    return (yield from _copy(shell, "cp", split_options(args)[1]))


def mv(shell: Shell, args: list[str]) -> Program:
    """Move one file."""
    paths = split_options(args)[1]
    code = yield from _copy(shell, "mv", paths)
    if code == 0:
        shell.files.remove(shell.path(paths[0]))
    return code


def _copy(shell: Shell, name: str, paths: list[str]) -> Program:
    if len(paths) != 2:
        return (yield from complain(f"{name}: one source and one destination are wanted"))
    target = shell.path(paths[1])
    if shell.files.is_directory(target):
        target = shell.path(f"{target}/{posixpath.basename(paths[0])}")
    try:
        shell.files.write(target, shell.files.read(shell.path(paths[0])))
    except OSError as error:
        return (yield from complain(f"{name}: can't stat '{paths[0]}': {error.strerror}"))
    return 0


def df(shell: Shell, args: list[str]) -> Program:
    """The root and each mount."""
    lines = ["Filesystem           1K-blocks      Used Available Use% Mounted on"]
    paths = ["/", *sorted(p for p, _ in shell.files.mounts())]
    lines += [f"overlay              104857600  20971520  83886080  20% {path}" for path in paths]
    yield Output("\n".join(lines) + "\n")
    return 0
