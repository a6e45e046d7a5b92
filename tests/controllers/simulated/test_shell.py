"""The small shell: what people type first, and its exit codes."""

from __future__ import annotations

import pytest

from controllers.simulated.filesystem import FileSystem
from controllers.simulated.process import FOREVER, Output, Sleep
from controllers.simulated.shell.interpreter import Shell


def run(script: str, *, stdin: str = "", limit: float = 1000.0) -> tuple[int, str, str, float]:
    """Exit code, standard output, standard error and seconds of a script."""
    files = FileSystem({"/etc/config/x": b"hello\nworld\n"})
    shell = Shell(files, {"NAME": "v", "HOME": "/root"}, lambda: 1_767_323_045.0, "pod-1", stdin=stdin)
    out: dict[str, str] = {"stdout": "", "stderr": ""}
    seconds = 0.0
    program = shell.start(["sh", "-c", script])
    try:
        while True:
            effect = program.send(None)
            if isinstance(effect, Output):
                out[effect.stream] += effect.text
            elif isinstance(effect, Sleep):
                seconds += effect.seconds
                if seconds >= limit:
                    return -1, out["stdout"], out["stderr"], seconds
    except StopIteration as end:
        return end.value, out["stdout"], out["stderr"], seconds


@pytest.mark.parametrize(
    ("script", "code", "output"),
    [
        ("echo a b", 0, "a b\n"),
        ("echo -n a", 0, "a"),
        ("echo 'a  b' \"$NAME\" $NAME'x'", 0, "a  b v vx\n"),
        ("true && echo yes || echo no", 0, "yes\n"),
        ("false && echo yes || echo no", 0, "no\n"),
        ("exit 7; echo never", 7, ""),
        ("false", 1, ""),
        ("! false", 0, ""),
        ("cat /etc/config/x", 0, "hello\nworld\n"),
        ("cat /etc/config/x | grep wor", 0, "world\n"),
        ("cat /etc/config/x | wc -l", 0, "2\n"),
        ("cat < /etc/config/x | head -n 1", 0, "hello\n"),
        ("ls /etc/config", 0, "x\n"),
        ("echo 1 > /tmp/f; echo 2 >> /tmp/f; cat /tmp/f", 0, "1\n2\n"),
        ("echo gone > /dev/null", 0, ""),
        ("X=1; echo $X ${Y:-2} ${#NAME}", 0, "1 2 1\n"),
        ("echo $(hostname) `pwd`", 0, "pod-1 /\n"),
        ("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done", 0, "0\n1\n2\n"),
        ("for x in a b; do echo $x; done", 0, "a\nb\n"),
        ("for x in a b c; do [ $x = b ] && break; echo $x; done", 0, "a\n"),
        ("if [ -f /etc/config/x ]; then echo f; elif true; then echo t; else echo e; fi", 0, "f\n"),
        ("if [ -d /nope ]; then echo d; else echo none; fi", 0, "none\n"),
        ("(cd /tmp; pwd); { echo b; }", 0, "/tmp\nb\n"),
        ("set -e; false; echo never", 1, ""),
        ("echo one\\\n two", 0, "one two\n"),
        ("# nothing\necho x # y", 0, "x\n"),
        ("sh -c 'echo $0 $1' a b", 0, "a b\n"),
        ("printf '%s-%d\\n' a 3", 0, "a-3\n"),
        ("seq 3", 0, "1\n2\n3\n"),
        ("date +%Y", 0, "2026\n"),
        ("id -u", 0, "0\n"),
        ("test -z '' && echo empty", 0, "empty\n"),
        ("echo ${NAME%v}x ${HOME##*/}", 0, "x root\n"),
    ],
)
def test_scripts(script: str, code: int, output: str) -> None:
    found = run(script)
    assert (found[0], found[1]) == (code, output)


@pytest.mark.parametrize(
    ("script", "code", "error"),
    [
        ("nosuch", 127, "sh: nosuch: not found\n"),
        ("cat /nope", 1, "cat: can't open '/nope': No such file or directory\n"),
        ("ls /nope", 1, "ls: /nope: No such file or directory\n"),
        ("echo a >&2", 0, "a\n"),
        ("echo 'open", 2, "sh: syntax error: unterminated quoted string\n"),
        ("if true; then", 2, 'sh: syntax error: unexpected "end of file" (expecting "fi")\n'),
    ],
)
def test_complaints(script: str, code: int, error: str) -> None:
    found = run(script)
    assert (found[0], found[2]) == (code, error)


def test_sleeps_take_the_containers_time() -> None:
    assert run("sleep 5; sleep 1m")[3] == 65
    assert run("while true; do sleep 10; done", limit=100)[3] == 100
    assert run("sleep infinity")[3] == FOREVER
    assert run("timeout 3 sleep 10; echo $?") == (0, "143\n", "", 3)


def test_input() -> None:
    assert run("read a b; echo $b-$a", stdin="x y z\n")[1] == "y z-x\n"
    assert run("cat", stdin="text")[1] == "text"
