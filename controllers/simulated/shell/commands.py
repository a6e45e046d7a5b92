"""The commands that a simulated shell knows, by name."""

from __future__ import annotations

from typing import Final

from controllers.simulated.process import Output, Program
from controllers.simulated.shell import builtins, files, filters, printing, surroundings
from controllers.simulated.shell.arguments import TOKEN_PATH, Command
from controllers.simulated.shell.interpreter import Shell

__all__ = ["TOKEN_PATH", "Command", "find"]


def find(name: str) -> Command | None:
    """The command of a name or of a path to it."""
    if "/" in name:
        folder, _, base = name.rpartition("/")
        return _COMMANDS.get(base) if folder in _FOLDERS else None
    return _COMMANDS.get(name)


_FOLDERS: Final = frozenset({"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"})


def help_(shell: Shell, args: list[str]) -> Program:
    """The commands there are."""
    yield Output("Commands of this simulated container:\n" + " ".join(sorted(_COMMANDS)) + "\n")
    return 0


_COMMANDS: Final[dict[str, Command]] = {
    "help": help_,
    "echo": printing.echo,
    "printf": printing.printf,
    "yes": printing.yes,
    "seq": printing.seq,
    "cat": files.cat,
    "ls": files.ls,
    "touch": files.touch,
    "mkdir": files.mkdir,
    "rm": files.rm,
    "cp": files.cp,
    "mv": files.mv,
    "tail": filters.tail,
    "head": filters.head,
    "grep": filters.grep,
    "egrep": filters.grep,
    "wc": filters.wc,
    "sort": filters.sort,
    "tee": filters.tee,
    "df": files.df,
    "env": surroundings.env,
    "printenv": surroundings.printenv,
    "hostname": surroundings.hostname,
    "pwd": surroundings.pwd,
    "cd": surroundings.cd,
    "id": surroundings.id_,
    "whoami": surroundings.whoami,
    "date": surroundings.date,
    "uname": surroundings.uname,
    "uptime": surroundings.uptime,
    "ps": surroundings.ps,
    "sleep": surroundings.sleep,
    "usleep": surroundings.true,
    "sync": surroundings.true,
    "chmod": surroundings.true,
    "chown": surroundings.true,
    "ln": surroundings.true,
    "kill": surroundings.true,
    "umask": surroundings.true,
    "ulimit": surroundings.true,
    ":": surroundings.true,
    "true": surroundings.true,
    "false": surroundings.false,
    "test": surroundings.test,
    "[": surroundings.test,
    "[[": surroundings.test,
    "exit": builtins.exit_,
    "return": builtins.exit_,
    "break": builtins.jump("break"),
    "continue": builtins.jump("continue"),
    "export": builtins.export,
    "unset": builtins.unset,
    "read": builtins.read,
    "set": builtins.set_,
    "trap": builtins.trap,
    "wait": builtins.wait,
    "exec": builtins.exec_,
    "sh": builtins.sh,
    "ash": builtins.sh,
    "bash": builtins.sh,
    "dash": builtins.sh,
    "timeout": builtins.timeout,
    "top": surroundings.daemon,
    "httpd": surroundings.daemon,
    "nc": surroundings.daemon,
    "crond": surroundings.daemon,
    "syslogd": surroundings.daemon,
    "wget": surroundings.no_network("wget"),
    "curl": surroundings.no_network("curl"),
    "ping": surroundings.no_network("ping"),
    "nslookup": surroundings.no_network("nslookup"),
    "telnet": surroundings.no_network("telnet"),
    "dig": surroundings.no_network("dig"),
}
