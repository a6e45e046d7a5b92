"""The commands that a simulated shell knows; each is a generator of effects that returns its exit code."""

from __future__ import annotations

import math
import posixpath
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from controllers.simulated.process import FOREVER, Effect, Output, Program, ReadInput, Request, Sleep
from controllers.simulated.shell.interpreter import Exit, LoopJump, Shell
from controllers.simulated.shell.tests import evaluate
from controllers.simulated.volumes import TOKEN

Command: TypeAlias = Callable[[Shell, list[str]], Program]
Text: TypeAlias = Generator[Effect, Any, str]
TOKEN_PATH: Final = "token:"  # noqa: S105 - the name of a request, not a secret
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def find(name: str) -> Command | None:
    """The command of a name or of a path to it."""
    if "/" in name:
        folder, _, base = name.rpartition("/")
        return _COMMANDS.get(base) if folder in _FOLDERS else None
    return _COMMANDS.get(name)


_FOLDERS: Final = frozenset({"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"})


def _fail(text: str, code: int = 1) -> Program:
    yield Output(text + "\n", "stderr")
    return code


def _input(shell: Shell) -> Text:
    """All of standard input."""
    if shell.stdin is not None:
        return shell.stdin
    lines = []
    while (line := (yield ReadInput())) is not None:
        lines.append(line)
    return "".join(lines)


def _read(shell: Shell, path: str) -> Text:
    data = shell.files.read(shell.path(path))
    if data == TOKEN:
        answer = yield Request(TOKEN_PATH)
        return str(answer.body or "") if answer is not None else ""
    return data.decode(errors="replace")


def _sources(shell: Shell, name: str, paths: list[str]) -> Generator[Effect, Any, tuple[list[str], int]]:
    """The texts of the files, or of standard input without any, and the exit code so far."""
    if not paths:
        return [(yield from _input(shell))], 0
    found, code = [], 0
    for path in paths:
        if path == "-":
            found.append((yield from _input(shell)))
            continue
        try:
            found.append((yield from _read(shell, path)))
        except IsADirectoryError:
            code = yield from _fail(f"{name}: read error: Is a directory")
        except OSError as error:
            code = yield from _fail(f"{name}: can't open '{path}': {error.strerror}")
    return found, code


def _options(args: list[str], valued: str = "") -> tuple[dict[str, str], list[str]]:
    """Single-letter options, and what is left."""
    options: dict[str, str] = {}
    rest = list(args)
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        text = rest.pop(0)
        if text == "--":
            break
        if text.startswith("--"):
            options[text[2:].partition("=")[0]] = text.partition("=")[2]
            continue
        for index, letter in enumerate(text[1:], start=1):
            if letter in valued:
                options[letter] = text[index + 1 :] or (rest.pop(0) if rest else "")
                break
            options[letter] = ""
    return options, rest


# output -------------------------------------------------------------------------------------------------------------


def echo(shell: Shell, args: list[str]) -> Program:
    """Print the arguments; -n, -e."""
    newline, escapes = "\n", False
    while args and args[0] in ("-n", "-e", "-ne", "-en", "-E"):
        newline = "" if "n" in args[0] else newline
        escapes = escapes or "e" in args[0]
        args = args[1:]
    text = " ".join(args)
    yield Output((_escaped(text) if escapes else text) + newline)
    return 0


def _escaped(text: str) -> str:
    for code, char in (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\033", "\033"), ("\\e", "\033"), ("\\\\", "\\")):
        text = text.replace(code, char)
    return text


def printf(shell: Shell, args: list[str]) -> Program:
    """%s, %d and %% with the usual escapes; the format is used again while arguments are left."""
    if not args:
        return (yield from _fail("printf: usage: printf format [arguments]", 2))
    pattern, values = _escaped(args[0]), args[1:]
    out = []
    while True:
        used, at = 0, 0
        while at < len(pattern):
            if pattern[at] != "%" or at + 1 >= len(pattern):
                out.append(pattern[at])
                at += 1
                continue
            end = at + 1
            while end < len(pattern) - 1 and pattern[end] in "-0123456789.":
                end += 1
            kind = pattern[end]
            if kind == "%":
                out.append("%")
            else:
                value = values[used] if used < len(values) else ""
                used += 1
                flags = pattern[at + 1 : end]
                if kind in "di":
                    out.append(f"%{flags}d" % _number(value))
                else:
                    out.append(f"%{flags}s" % (_escaped(value) if kind == "b" else value))
            at = end + 1
        values = values[used:]
        if not values or not used:
            break
    yield Output("".join(out))
    return 0


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def yes(shell: Shell, args: list[str]) -> Program:
    """One line a second: nobody reads faster here."""
    while True:
        yield Output(f"{' '.join(args) or 'y'}\n")
        yield Sleep(1)


def seq(shell: Shell, args: list[str]) -> Program:
    """Numbers in a row."""
    numbers = [_number(a) for a in args] or [1]
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) > 2 else 1
    yield Output("".join(f"{n}\n" for n in range(first, numbers[-1] + (1 if step > 0 else -1), step or 1)))
    return 0


# files --------------------------------------------------------------------------------------------------------------


def cat(shell: Shell, args: list[str]) -> Program:
    """Print files, or standard input line by line."""
    _, paths = _options(args)
    if not paths and shell.stdin is None:
        while (line := (yield ReadInput())) is not None:
            yield Output(line)
        return 0
    texts, code = yield from _sources(shell, "cat", paths)
    for text in texts:
        yield Output(text)
    return code


def ls(shell: Shell, args: list[str]) -> Program:
    """Names in directories; -l, -a, -1."""
    options, paths = _options(args)
    code = 0
    for path in paths or ["."]:
        where = shell.path(path)
        try:
            names = shell.files.list(where)
        except NotADirectoryError:
            names = [path]
        except OSError:
            code = yield from _fail(f"ls: {path}: No such file or directory")
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
    try:
        size = len(shell.files.read(path))
    except OSError:
        size = 0
    return f"-rw-r--r--    1 {shell.user}     {shell.user}     {size:9} {stamp} {name}"


def touch(shell: Shell, args: list[str]) -> Program:
    """Create files that are not there."""
    for path in _options(args)[1]:
        try:
            shell.files.append(shell.path(path), b"")
        except OSError as error:
            return (yield from _fail(f"touch: {path}: {error.strerror}"))
    return 0


def mkdir(shell: Shell, args: list[str]) -> Program:
    """Make directories."""
    for path in _options(args, "m")[1]:
        try:
            shell.files.make_directory(shell.path(path))
        except OSError as error:
            return (yield from _fail(f"mkdir: can't create directory '{path}': {error.strerror}"))
    return 0


def rm(shell: Shell, args: list[str]) -> Program:
    """Remove files, and directories with -r."""
    options, paths = _options(args)
    code = 0
    for path in paths:
        where = shell.path(path)
        if shell.files.is_directory(where) and not {"r", "R"} & options.keys():
            code = yield from _fail(f"rm: '{path}' is a directory")
            continue
        try:
            shell.files.remove(where)
        except FileNotFoundError:
            if "f" not in options:
                code = yield from _fail(f"rm: can't remove '{path}': No such file or directory")
        except OSError as error:
            code = yield from _fail(f"rm: can't remove '{path}': {error.strerror}")
    return code


def cp(shell: Shell, args: list[str]) -> Program:
    """Copy one file."""
    return (yield from _copy(shell, "cp", _options(args)[1]))


def mv(shell: Shell, args: list[str]) -> Program:
    """Move one file."""
    paths = _options(args)[1]
    code = yield from _copy(shell, "mv", paths)
    if code == 0:
        shell.files.remove(shell.path(paths[0]))
    return code


def _copy(shell: Shell, name: str, paths: list[str]) -> Program:
    if len(paths) != 2:
        return (yield from _fail(f"{name}: one source and one destination are wanted"))
    target = shell.path(paths[1])
    if shell.files.is_directory(target):
        target = shell.path(f"{target}/{posixpath.basename(paths[0])}")
    try:
        shell.files.write(target, shell.files.read(shell.path(paths[0])))
    except OSError as error:
        return (yield from _fail(f"{name}: can't stat '{paths[0]}': {error.strerror}"))
    return 0


def tail(shell: Shell, args: list[str]) -> Program:
    """The last lines; with -f it stays."""
    options, paths = _options(args, "nc")
    if "f" in options or "F" in options:
        for path in paths:
            if path != "/dev/null" and shell.files.exists(shell.path(path)):
                yield Output((yield from _read(shell, path)))
        yield Sleep(FOREVER)
    texts, code = yield from _sources(shell, "tail", paths)
    for text in texts:
        lines = text.splitlines(keepends=True)
        count = abs(_number(options.get("n", "10")))
        yield Output("".join(lines[-count:] if count else []))
    return code


def head(shell: Shell, args: list[str]) -> Program:
    """The first lines."""
    options, paths = _options(args, "nc")
    texts, code = yield from _sources(shell, "head", paths)
    for text in texts:
        if "c" in options:
            yield Output(text[: _number(options["c"])])
        else:
            yield Output("".join(text.splitlines(keepends=True)[: _number(options.get("n", "10"))]))
    return code


def grep(shell: Shell, args: list[str]) -> Program:
    """Lines that match a pattern; -i, -v, -q, -c, -E."""
    import re

    options, rest = _options(args, "e")
    if "e" not in options and not rest:
        return (yield from _fail("grep: no pattern", 2))
    pattern = options.get("e") or rest.pop(0)
    try:
        wanted = re.compile(re.escape(pattern) if "F" in options else pattern, re.IGNORECASE if "i" in options else 0)
    except re.error:
        return (yield from _fail(f"grep: bad regex '{pattern}'", 2))
    texts, _ = yield from _sources(shell, "grep", rest)
    found = [ln for t in texts for ln in t.splitlines() if bool(wanted.search(ln)) is not ("v" in options)]
    if "c" in options:
        yield Output(f"{len(found)}\n")
    elif "q" not in options:
        yield Output("".join(f"{line}\n" for line in found))
    return 0 if found else 1


def wc(shell: Shell, args: list[str]) -> Program:
    """Lines, words and bytes."""
    options, paths = _options(args)
    texts, code = yield from _sources(shell, "wc", paths)
    for text in texts:
        counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode())}
        shown = [counts[k] for k in ("l", "w", "c") if k in options] or list(counts.values())
        yield Output(" ".join(map(str, shown)) + "\n")
    return code


def sort(shell: Shell, args: list[str]) -> Program:
    """Lines in order."""
    options, paths = _options(args)
    texts, code = yield from _sources(shell, "sort", paths)
    lines = sorted((ln for t in texts for ln in t.splitlines()), reverse="r" in options)
    yield Output("".join(f"{line}\n" for line in (dict.fromkeys(lines) if "u" in options else lines)))
    return code


def tee(shell: Shell, args: list[str]) -> Program:
    """Standard input to a file and on."""
    options, paths = _options(args)
    text = yield from _input(shell)
    for path in paths:
        if "a" in options:
            shell.files.append(shell.path(path), text.encode())
        else:
            shell.files.write(shell.path(path), text.encode())
    yield Output(text)
    return 0


def df(shell: Shell, args: list[str]) -> Program:
    """The root and each mount."""
    lines = ["Filesystem           1K-blocks      Used Available Use% Mounted on"]
    paths = ["/", *sorted(p for p, _ in shell.files.mounts())]
    lines += [f"overlay              104857600  20971520  83886080  20% {path}" for path in paths]
    yield Output("\n".join(lines) + "\n")
    return 0


# the process and its surroundings -----------------------------------------------------------------------------------


def env(shell: Shell, args: list[str]) -> Program:
    """Print the environment, or run a command with more of it."""
    rest = list(args)
    more: dict[str, str] = {}
    while rest and "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        more[name] = value
    if rest:
        shell.variables.update(more)
        return (yield from shell.execute(rest))
    yield Output("".join(f"{k}={v}\n" for k, v in {**shell.variables, **more}.items()))
    return 0


def printenv(shell: Shell, args: list[str]) -> Program:
    """Print variables."""
    if not args:
        return (yield from env(shell, []))
    code = 0
    for name in args:
        if name in shell.variables:
            yield Output(f"{shell.variables[name]}\n")
        else:
            code = 1
    return code


def hostname(shell: Shell, args: list[str]) -> Program:
    """The pod's hostname."""
    yield Output(f"{shell.hostname}\n")
    return 0


def pwd(shell: Shell, args: list[str]) -> Program:
    """Where we are."""
    yield Output(f"{shell.cwd}\n")
    return 0


def cd(shell: Shell, args: list[str]) -> Program:
    """Go elsewhere."""
    target = shell.path(args[0] if args else shell.variables.get("HOME", "/"))
    if not shell.files.is_directory(target):
        return (
            yield from _fail(
                f"{shell.name}: cd: can't cd to {args[0] if args else target}: No such file or directory", 2
            )
        )
    shell.cwd = target
    return 0


def id_(shell: Shell, args: list[str]) -> Program:
    """Who we are."""
    if "-u" in args:
        yield Output("0\n" if shell.user == "root" else f"{shell.user}\n")
    elif shell.user == "root":
        yield Output("uid=0(root) gid=0(root) groups=0(root)\n")
    else:
        yield Output(f"uid={shell.user} gid=0(root) groups=0(root)\n")
    return 0


def whoami(shell: Shell, args: list[str]) -> Program:
    """The user's name."""
    if shell.user != "root":
        return (yield from _fail(f"whoami: unknown uid {shell.user}"))
    yield Output("root\n")
    return 0


def date(shell: Shell, args: list[str]) -> Program:
    """The cluster's time, UTC; +FORMAT."""
    moment = datetime.fromtimestamp(shell.now(), UTC)
    pattern = next((a[1:] for a in args if a.startswith("+")), "")
    if pattern:
        yield Output(moment.strftime(pattern.replace("%s", str(int(shell.now())))) + "\n")
    else:
        yield Output(moment.strftime("%a %b %e %H:%M:%S UTC %Y\n"))
    return 0


def uname(shell: Shell, args: list[str]) -> Program:
    """The kernel."""
    if "-a" in args:
        yield Output(f"Linux {shell.hostname} 6.12.0-mockube #1 SMP x86_64 GNU/Linux\n")
    else:
        yield Output(
            {"-r": "6.12.0-mockube\n", "-m": "x86_64\n", "-n": f"{shell.hostname}\n"}.get("".join(args[:1]), "Linux\n")
        )
    return 0


def uptime(shell: Shell, args: list[str]) -> Program:
    """A quiet machine."""
    stamp = time.strftime("%H:%M:%S", time.gmtime(shell.now()))
    yield Output(f" {stamp} up 1 day,  0 users,  load average: 0.00, 0.00, 0.00\n")
    return 0


def ps(shell: Shell, args: list[str]) -> Program:
    """Process 1 alone."""
    yield Output(f"PID   USER     TIME  COMMAND\n    1 {shell.user:8} 0:00 {shell.variables.get('_', 'sh')}\n")
    return 0


def sleep(shell: Shell, args: list[str]) -> Program:
    """Wait: 5, 0.5, 2m, infinity."""
    total = 0.0
    for text in args:
        if text in ("infinity", "inf"):
            total = FOREVER
            continue
        unit = _UNITS.get(text[-1:], 0)
        try:
            total += float(text[:-1]) * unit if unit else float(text)
        except ValueError:
            return (yield from _fail(f"sleep: invalid number '{text}'"))
    if not args:
        return (yield from _fail("sleep: missing operand"))
    yield Sleep(total)
    return 0


def true(shell: Shell, args: list[str]) -> Program:
    """0."""
    yield from ()
    return 0


def false(shell: Shell, args: list[str]) -> Program:
    """1."""
    yield from ()
    return 1


def test(shell: Shell, args: list[str]) -> Program:
    """[ … ] and test."""
    yield from ()
    words = args[:-1] if args and args[-1] in ("]", "]]") else args
    return 0 if evaluate(words, shell.files, shell.path) else 1


def daemon(shell: Shell, args: list[str]) -> Program:
    """A server that runs until it is stopped."""
    yield Sleep(FOREVER)
    return 0


def no_network(name: str) -> Command:
    """A command that would leave the container."""

    def run(shell: Shell, args: list[str]) -> Program:
        return (yield from _fail(f"{name}: this container is simulated and has no network", 1))

    return run


def help_(shell: Shell, args: list[str]) -> Program:
    """The commands there are."""
    yield Output("Commands of this simulated container:\n" + " ".join(sorted(_COMMANDS)) + "\n")
    return 0


# the shell's own ----------------------------------------------------------------------------------------------------


def exit_(shell: Shell, args: list[str]) -> Program:
    """Leave the script."""
    yield from ()
    raise Exit(_number(args[0]) & 255 if args else shell.status)


def jump(kind: str) -> Command:
    """break and continue."""

    def run(shell: Shell, args: list[str]) -> Program:
        yield from ()
        raise LoopJump(kind)

    return run


def export(shell: Shell, args: list[str]) -> Program:
    """Every variable is exported."""
    yield from ()
    for text in args:
        name, equals, value = text.partition("=")
        if equals:
            shell.variables[name] = value
    return 0


def unset(shell: Shell, args: list[str]) -> Program:
    """Forget variables."""
    yield from ()
    for name in args:
        shell.variables.pop(name, None)
    return 0


def read(shell: Shell, args: list[str]) -> Program:
    """One line of standard input into variables."""
    _, names = _options(args, "tn")
    if shell.stdin is not None:
        line, _, rest = shell.stdin.partition("\n")
        found = line if shell.stdin else None
        shell.stdin = rest
    else:
        found = yield ReadInput()
    if found is None:
        return 1
    words = found.rstrip("\n").split(None, max(0, len(names) - 1))
    for index, name in enumerate(names or ["REPLY"]):
        shell.variables[name] = words[index] if index < len(words) else ""
    return 0


def set_(shell: Shell, args: list[str]) -> Program:
    """-e and +e count, and what follows -- becomes the positional parameters."""
    yield from ()
    for index, text in enumerate(args):
        if text == "--":
            shell.positional = tuple(args[index + 1 :])
            break
        if text[:1] in "-+" and "e" in text[1:]:
            shell.errexit = text[0] == "-"
    return 0


def trap(shell: Shell, args: list[str]) -> Program:
    """Note what to do on a signal."""
    yield from ()
    if len(args) >= 2:
        for signal in args[1:]:
            shell.traps[signal.removeprefix("SIG")] = args[0]
    return 0


def wait(shell: Shell, args: list[str]) -> Program:
    """Wait for what runs beside."""
    if shell.forever:
        yield Sleep(FOREVER)
    return 0


def exec_(shell: Shell, args: list[str]) -> Program:
    """Become another command."""
    code = yield from shell.execute(args) if args else true(shell, args)
    if args:
        raise Exit(code)
    return code


def sh(shell: Shell, args: list[str]) -> Program:
    """Run `-c TEXT`, a script file, or standard input."""
    options, rest = [], list(args)
    while rest and rest[0][:1] in "-+" and len(rest[0]) > 1:
        options.append(rest.pop(0))
    errexit = any("e" in o for o in options if not o.startswith("--"))
    child = Shell(
        shell.files,
        dict(shell.variables),
        shell.now,
        shell.hostname,
        shell.user,
        shell.cwd,
        errexit=errexit,
        stdin=shell.stdin,
        traps=shell.traps,
        lenient=shell.lenient,
    )
    if any("c" in o for o in options if not o.startswith("--")):
        if not rest:
            return (yield from _fail("sh: -c requires an argument", 2))
        child.name, child.positional = rest[1] if len(rest) > 1 else "sh", tuple(rest[2:])
        return (yield from child.run_text(rest[0]))
    if rest:
        child.positional = tuple(rest[1:])
        try:
            text = yield from _read(shell, rest[0])
        except OSError:
            return (yield from _fail(f"sh: can't open '{rest[0]}': No such file or directory", 127))
        return (yield from child.run_text(text))
    return (yield from _interactive(child))


def _interactive(shell: Shell) -> Program:
    if shell.stdin is not None:
        text, shell.stdin = shell.stdin, ""
        return (yield from shell.run_text(text))
    prompt = "# " if shell.user == "root" else "$ "
    while True:
        if shell.variables.get("TERM"):
            yield Output(prompt)
        line = yield ReadInput()
        if line is None:
            return shell.status
        program, answer = shell.run_text(line), None
        words = line.split()
        while True:
            try:
                effect = program.send(answer)
            except StopIteration as end:
                shell.status = int(end.value or 0)
                break
            answer = yield effect
        if words[:1] == ["exit"]:
            return shell.status


def timeout(shell: Shell, args: list[str]) -> Program:
    """Run a command for at most so many seconds; 143 when it had to be stopped."""
    _, rest = _options(args, "sk")
    if len(rest) < 2:
        return (yield from _fail("timeout: usage: timeout SECS PROG ARGS"))
    left = float(rest[0].rstrip("s") or 0)
    program, answer = shell.execute(rest[1:]), None
    while True:
        try:
            effect = program.send(answer)
        except StopIteration as end:
            return int(end.value or 0)
        if isinstance(effect, Sleep):
            if effect.seconds > left or math.isinf(effect.seconds):
                yield Sleep(left)
                return 143
            left -= effect.seconds
        answer = yield effect


_COMMANDS: Final[dict[str, Command]] = {
    "help": help_,
    "echo": echo,
    "printf": printf,
    "yes": yes,
    "seq": seq,
    "cat": cat,
    "ls": ls,
    "touch": touch,
    "mkdir": mkdir,
    "rm": rm,
    "cp": cp,
    "mv": mv,
    "tail": tail,
    "head": head,
    "grep": grep,
    "egrep": grep,
    "wc": wc,
    "sort": sort,
    "tee": tee,
    "df": df,
    "env": env,
    "printenv": printenv,
    "hostname": hostname,
    "pwd": pwd,
    "cd": cd,
    "id": id_,
    "whoami": whoami,
    "date": date,
    "uname": uname,
    "uptime": uptime,
    "ps": ps,
    "sleep": sleep,
    "usleep": true,
    "sync": true,
    "chmod": true,
    "chown": true,
    "ln": true,
    "kill": true,
    "umask": true,
    "ulimit": true,
    ":": true,
    "true": true,
    "false": false,
    "test": test,
    "[": test,
    "[[": test,
    "exit": exit_,
    "return": exit_,
    "break": jump("break"),
    "continue": jump("continue"),
    "export": export,
    "unset": unset,
    "read": read,
    "set": set_,
    "trap": trap,
    "wait": wait,
    "exec": exec_,
    "sh": sh,
    "ash": sh,
    "bash": sh,
    "dash": sh,
    "timeout": timeout,
    "top": daemon,
    "httpd": daemon,
    "nc": daemon,
    "crond": daemon,
    "syslogd": daemon,
    "wget": no_network("wget"),
    "curl": no_network("curl"),
    "ping": no_network("ping"),
    "nslookup": no_network("nslookup"),
    "telnet": no_network("telnet"),
    "dig": no_network("dig"),
}
