"""What no source settles about real hosts, each as a switch with the default it has here.

A host follows its spec, whose members have these names. Refusals have switches of their own, see
`refusals.py`: all that are not documented may be given another status or body.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inference:
    """One open question: the switch, what it decides, and what the default rests on."""

    name: str
    default: object
    decides: str
    source: str


# One switch reads as one row.
# fmt: off
INFERENCES: tuple[Inference, ...] = (
    Inference("default_password_closes", True,
        "whether a token of the admin account opens nothing but the change of the password while "
        "that is the default",
        "the document says that it must be changed after login, not what happens until then"),
    Inference("attempts_before_lock", 5,
        "how many wrong passwords in a row lock an account; 0: none do",
        "not told"),
    Inference("lock_seconds", 300.0,
        "how long an account stays locked",
        "not told"),
    Inference("token_seconds", 3600.0,
        "how long a token is valid",
        "the answers look like those of a library whose default is one hour"),
    Inference("login_cookie", True,
        "whether a login sets the cookie",
        "the document says: if available"),
    Inference("logout_ends_token", False,
        "whether a logout ends the token, or clears the cookie only",
        "the document speaks of the cookie alone"),
    Inference("password_change_ends_tokens", False,
        "whether tokens of the admin account end with its old password",
        "not told"),
    Inference("tokens_survive_reboot", True,
        "whether tokens from before a restart are still taken",
        "signed tokens need no memory"),
    Inference("longest_password_bytes", 64,
        "the longest new password of the admin account",
        "not told"),
    Inference("collective_values_as_text", True,
        "whether the collective answer of the hardware monitor has its values as texts",
        "the document's example"),
    Inference("collective_spells_vcore", True,
        "whether that answer writes VCore, and all others Vcore",
        "the document's examples"),
    Inference("event_ids", True,
        "whether events have ids, and a stream may be taken up again after one",
        "the document shows event and data, and does not speak of ids"),
    Inference("kept_events", 1024,
        "how many events a host keeps for streams that are taken up again; 0: none",
        "not told"),
    Inference("event_periods", (("diskdrives", 60.0), ("hwmon", 1.0), ("netifaces", 5.0),
                                ("processes", 5.0), ("pwrstatus", 10.0), ("systemperf", 2.0)),
        "how many seconds lie between two events of a name; pwrstatus comes at each change as well",
        "not told"),
    Inference("stream_begins_with_present", True,
        "whether a new stream begins with the newest event of each name",
        "not told"),
    Inference("query_token_everywhere", True,
        "whether every stream takes the token as a parameter of the query",
        "the document shows it for the combined stream"),
    Inference("input_level_refused", True,
        "whether setting the level of an input is refused; else it is kept for when it is output",
        "the document speaks of an output"),
    Inference("watchdog_fed_by_agent", True,
        "whether the host's agent feeds the armed watchdog as long as it runs; else only calls "
        "that set the watchdog do",
        "a call that feeds it does not exist"),
    Inference("watchdog_stays_armed", False,
        "whether the watchdog is armed after a restart when it was before",
        "not told"),
    Inference("etp_lock_needs_open", False,
        "whether locking a locked area is refused even with its password",
        "not told"),
    Inference("etp_unlocks", True,
        "whether a locked area opens again with its password",
        "the call takes locked: false"),
    Inference("conncfg_shows_secrets", True,
        "whether reading the cloud setting shows its password and keys; else they are empty",
        "the document's examples lost these values"),
    Inference("edgehub_connect_seconds", 2.0,
        "how long after a connect the state becomes connected",
        "not told"),
    Inference("first_display", 0,
        "the index of the first display",
        "not told"),
    Inference("desktop_seconds", 60.0,
        "how long a prepared remote desktop waits for its WebSocket",
        "not told"),
    Inference("terminal_needs_hello", False,
        "whether the terminal says nothing before a first message as GoTTY sends it",
        "the document speaks of the header alone"),
    Inference("boot_seconds", 5.0,
        "how long a host is unreachable when it starts; real ones need more",
        "not told"),
    Inference("restart_delay_seconds", 0.5,
        "how long a host still answers after it promised to restart",
        "not told"),
    Inference("network_apply_seconds", 0.5,
        "how long after the answer a new address is in force",
        "not told"),
    Inference("service_seconds", 0.2,
        "how long the start or stop of a service takes",
        "not told"),
)
# fmt: on
