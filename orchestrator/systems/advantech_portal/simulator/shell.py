"""The shell behind the web terminal: answers lines from a table, with control sequences.

It knows a handful of commands by itself, and those of the host's spec. What it prints depends on
nothing but the host and its clock.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost

BELL, BACKSPACE, INTERRUPT, END = "\x07", "\x7f", "\x03", "\x04"
_CLEAR = "\x1b[H\x1b[2J\x1b[3J"
_LONGEST_LINE = 4096

Answer = tuple[str, int]
"""What a command prints, and how it ends."""


class Shell:
    """One shell on a host. `ended` is true when somebody has left it."""

    def __init__(self, host: "SimulatedHost") -> None:
        self._host = host
        self._windows = host.spec.os == "windows"
        self._line = ""
        self._status = 0
        self.ended = False

    @property
    def title(self) -> str:
        """The title of the window."""
        return f"{self._host.spec.name}: shell"

    def greeting(self) -> str:
        """Return what the shell prints at its start."""
        if self._windows:
            return f"Microsoft Windows [Version 10.0.17763.1]\r\n\r\n{self.prompt()}"
        return f"\x1b]0;{self.title}{BELL}{self.prompt()}"

    def prompt(self) -> str:
        """Return the prompt."""
        if self._windows:
            return "C:\\Windows\\system32>"
        return f"\x1b[?2004h\x1b[01;32mroot@{self._host.spec.name}\x1b[00m:\x1b[01;34m~\x1b[00m# "

    def type(self, text: str) -> str:
        """Take what somebody types and return what appears."""
        shown = []
        for sign in text:
            if self.ended:
                break
            shown.append(self._key(sign))
        return "".join(shown)

    def _key(self, sign: str) -> str:
        match sign:
            case "\r" | "\n":
                line, self._line = self._line, ""
                return "\r\n" + self._run(line.strip())
            case "\x08" | "\x7f":
                gone, self._line = self._line[-1:], self._line[:-1]
                return "\b \b" if gone else BELL
            case "\x03":
                self._line = ""
                return "^C\r\n" + self.prompt()
            case "\x04" if not self._line and not self._windows:
                self.ended = True
                return "logout\r\n"
        if len(self._line) >= _LONGEST_LINE or not sign.isprintable():
            return BELL
        self._line += sign
        return sign

    def _run(self, line: str) -> str:
        if not line:
            return self.prompt()
        if line in {"exit", "logout"}:
            self.ended = True
            return "logout\r\n"
        printed, self._status = self._answer(line)
        self._host.report("terminal_command", line=line, status=self._status)
        text = printed.replace("\n", "\r\n")
        if text and not text.endswith(("\r\n", _CLEAR)):
            text += "\r\n"
        return text + self.prompt()

    def _answer(self, line: str) -> Answer:
        for command in self._host.spec.commands:
            if command.line == line:
                return command.output, command.status
        word, _, rest = line.partition(" ")
        if word == "echo":
            return self._echo(rest), 0
        table = _WINDOWS if self._windows else _LINUX
        if line in table:
            return table[line](self._host)
        if self._windows:
            words = "is not recognized as an internal or external command,"
            return f"'{word}' {words}\noperable program or batch file.", 1
        return f"bash: {word}: command not found", 127

    def _echo(self, rest: str) -> str:
        if rest in {"$?", "%errorlevel%", "%ERRORLEVEL%"}:
            return str(self._status)
        return rest.strip("\"'")


def _always(text: str) -> Callable[["SimulatedHost"], Answer]:
    return lambda _host: (text, 0)


def _ok(say: Callable[["SimulatedHost"], str]) -> Callable[["SimulatedHost"], Answer]:
    return lambda host: (say(host), 0)


def _date(host: "SimulatedHost") -> str:
    return host.wall().strftime("%a %b %d %H:%M:%S UTC %Y")


def _addresses(host: "SimulatedHost") -> str:
    lines = []
    for one in host.network.interfaces.values():
        state = "UP" if one.port.connected else "DOWN"
        address = f"{one.address}/{one.prefix}" if one.address else ""
        lines.append(f"{one.name:16} {state:14} {address}".rstrip())
    return "\n".join(lines)


def _ipconfig(host: "SimulatedHost") -> str:
    lines = ["", "Windows IP Configuration"]
    for one in host.network.interfaces.values():
        lines += ["", f"Ethernet adapter {one.name}:", ""]
        lines.append(f"   IPv4 Address. . . . . . . . . . . : {one.address}")
    return "\n".join(lines)


def _time_service(host: "SimulatedHost") -> str:
    source = "time.line.test" if host.spec.clock_synchronised else "Local CMOS Clock"
    leap = "0(no warning)" if host.spec.clock_synchronised else "3(not synchronized)"
    return f"Leap Indicator: {leap}\nStratum: 3\nSource: {source}"


def _synchronised(host: "SimulatedHost") -> str:
    return "yes" if host.spec.clock_synchronised else "no"


def _timedatectl(host: "SimulatedHost") -> str:
    return (
        f"               Universal time: {host.wall():%a %Y-%m-%d %H:%M:%S} UTC\n"
        f"System clock synchronized: {_synchronised(host)}\n"
        f"              NTP service: {'active' if host.spec.clock_synchronised else 'inactive'}"
    )


_LINUX: dict[str, Callable[["SimulatedHost"], Answer]] = {
    "clear": _always(_CLEAR),
    "date": _ok(_date),
    "hostname": _ok(lambda host: host.spec.name),
    "id": _always("uid=0(root) gid=0(root) groups=0(root)"),
    "ip -br addr": _ok(_addresses),
    "ls": _always("\x1b[0m\x1b[01;34mimages\x1b[0m  notes.txt"),
    "pwd": _always("/root"),
    "timedatectl": _ok(_timedatectl),
    "timedatectl show -p NTPSynchronized --value": _ok(_synchronised),
    "true": _always(""),
    "false": lambda _host: ("", 1),
    "uname -a": _ok(lambda host: f"Linux {host.spec.name} 5.15.0-105-generic x86_64 GNU/Linux"),
    "uptime": _ok(lambda host: f" up {host.uptime_seconds} seconds"),
    "whoami": _always("root"),
}
_WINDOWS: dict[str, Callable[["SimulatedHost"], Answer]] = {
    "cls": _always(_CLEAR),
    "date /t": _ok(lambda host: host.wall().strftime("%a %m/%d/%Y")),
    "hostname": _ok(lambda host: host.spec.name),
    "ipconfig": _ok(_ipconfig),
    "ver": _always("\nMicrosoft Windows [Version 10.0.17763.1]"),
    "w32tm /query /status": _ok(_time_service),
    "whoami": _always("nt authority\\system"),
}
