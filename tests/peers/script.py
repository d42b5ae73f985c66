"""What the vendor's published client does with the pretend boards, and what it must get.

Runs in the client's own environment with nothing of ours on the path. The client is unmodified
but for the certificate file that it trusts. Prints one JSON object: the cases, and which public
functions of the client were called.

    python script.py FOLDER   (holds ca.pem, the image packages and the certificates)
"""

import importlib
import inspect
import json
import sys
import time
from pathlib import Path

from azuresphere_device_api import utils

FOLDER = Path(sys.argv[1])
utils._CERT_PATH = FOLDER / "ca.pem"

MODULES = {
    name: importlib.import_module(f"azuresphere_device_api.{name}")
    for name in (
        *("app", "capabilities", "certificate", "device", "devices"),
        *("image", "manufacturing", "network", "sideload", "wifi"),
    )
}
FACTS = json.loads((FOLDER / "facts.json").read_text())
CASES: list = []
CALLED: set = set()


def public_functions():
    """Return `module.function` for everything that the client offers."""
    return {
        f"{name}.{function}"
        for name, module in MODULES.items()
        for function, thing in inspect.getmembers(module, inspect.isfunction)
        if not function.startswith("_") and thing.__module__ == module.__name__
    }


def call(board, function, *arguments, **named):
    """Call a function of the client on the board with that last number of its address."""
    module, _, name = function.partition(".")
    utils.set_device_ip_address(f"192.168.35.{board}")
    CALLED.add(function)
    return getattr(MODULES[module], name)(*arguments, **named)


def note(board, function, arguments, wanted, got, good):
    """Keep what came of one case."""
    CASES.append(
        {
            "board": board,
            "call": f"{function}({', '.join(map(repr, arguments))})".replace(str(FOLDER), "."),
            "wanted": wanted,
            "got": got[:300],
            "good": bool(good),
        }
    )


def gives(board, function, *arguments, check, wanted, **named):
    """Expect an answer that `check` accepts; return it, None when it failed."""
    try:
        answer = call(board, function, *arguments, **named)
    except Exception as error:  # noqa: BLE001  # whatever escapes is the finding
        note(board, function, arguments, wanted, f"{type(error).__name__}: {error}", False)
        return None
    try:
        good = check(answer)
    except Exception as error:  # noqa: BLE001  # whatever escapes is the finding
        good = False
        answer = f"{answer!r} ({type(error).__name__}: {error})"
    note(board, function, arguments, wanted, repr(answer), good)
    return answer


def same(board, function, *arguments, wanted, **named):
    """Expect exactly this answer."""
    return gives(
        board, function, *arguments, check=lambda a: a == wanted, wanted=repr(wanted), **named
    )


def raises(board, function, *arguments, wanted, text, **named):
    """Expect an exception of that class (several: with |) whose text holds `text`."""
    try:
        answer = call(board, function, *arguments, **named)
    except Exception as error:  # noqa: BLE001  # whatever escapes is the finding
        got = f"{type(error).__name__}: {error}"
        good = type(error).__name__ in wanted.split("|") and text in str(error)
        note(board, function, arguments, f"{wanted}: …{text}…", got, good)
    else:
        note(board, function, arguments, f"{wanted}: …{text}…", repr(answer), False)


def wait_until(check, seconds=15):
    """Wait until `check` says so; whatever the client raises meanwhile means: not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if check():
                return True
        except Exception:  # noqa: BLE001  # a restarting board refuses in many ways
            pass
        time.sleep(0.1)
    return False


def main():
    """Go through all parts and print what came of them."""
    sys.path.insert(0, str(Path(__file__).parent))
    for part in ("script_device", "script_images", "script_network", "script_wifi"):
        importlib.import_module(part).run(sys.modules[__name__])
    missing = sorted(public_functions() - CALLED)
    sys.stdout.write(json.dumps({"cases": CASES, "called": sorted(CALLED), "missing": missing}))


if __name__ == "__main__":
    main()
