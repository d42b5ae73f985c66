"""Gets tokens through the vendor's library (msal): a source blocks, so it is called in a thread.

The library speaks through a client that reaches the configured authority and nothing else. What it
reports becomes an error of ours, with its short codes and none of its prose, in which a service
could repeat a secret.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from orchestrator.domain.errors import (
    ConfigurationMistakes,
    OrchestratorError,
    Unreachable,
    UnusableAnswer,
)
from orchestrator.systems.azure_sphere_cloud.auth.cache import EncryptedFile
from orchestrator.systems.azure_sphere_cloud.auth.options import SignInOptions
from orchestrator.systems.azure_sphere_cloud.errors import SignInFailed
from orchestrator.transport.library import AllowedHosts, LibraryTransport
from orchestrator.transport.text import printable
from orchestrator.transport.tls import public_context

Tell = Callable[[str], None]
"""Shows a person what to do to sign in."""

_NUMBER = re.compile(r"AADSTS\d{1,9}")
_SHORT = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_SIGN_IN_AGAIN = "Start again and sign in when asked"
_PASSING = {"temporarily_unavailable", "server_error", "request_timeout", "slow_down"}
_REASONS: Mapping[str, tuple[str, str]] = {
    "invalid_grant": ("The sign-in has ended or was withdrawn", _SIGN_IN_AGAIN),
    "interaction_required": ("The directory wants a person to sign in", _SIGN_IN_AGAIN),
    "login_required": ("The directory wants a person to sign in", _SIGN_IN_AGAIN),
    "consent_required": (
        "The directory wants an administrator to agree to this application",
        "Let an administrator of the directory agree",
    ),
    "invalid_client": (
        "The directory does not accept the application's secret or certificate",
        "Renew it in the directory and in the settings",
    ),
    "unauthorized_client": (
        "The directory does not allow this application to sign in so",
        "Check client id and directory in the settings",
    ),
    "invalid_scope": ("The directory does not know what was asked for", "Check the scopes"),
    "access_denied": ("The sign-in was declined", _SIGN_IN_AGAIN),
    "authorization_declined": ("The sign-in was declined", _SIGN_IN_AGAIN),
    "expired_token": ("Nobody typed the code in time", _SIGN_IN_AGAIN),
    "code_expired": ("Nobody typed the code in time", _SIGN_IN_AGAIN),
    "authorization_pending": ("Nobody typed the code in time", _SIGN_IN_AGAIN),
}


class Token(NamedTuple):
    """A token and for how many seconds it is good. Its repr shows neither."""

    value: str
    seconds: float

    def __repr__(self) -> str:
        return "Token(***)"


class TokenSource(Protocol):
    """Where tokens come from. Both methods block, and raise errors of our tree."""

    def silent(self, *, renew: bool) -> Token | None:
        """Return a token without a person, `renew` a new one; None when a person is needed."""
        ...

    def with_person(self, tell: Tell, seconds: float) -> Token:
        """Let a person sign in within `seconds`."""
        ...


def token_from(result: Mapping[str, Any]) -> Token:
    """Return the token of a library's answer. Raises SignInFailed, Unreachable, UnusableAnswer."""
    value, seconds = result.get("access_token"), result.get("expires_in")
    if isinstance(value, str) and value and isinstance(seconds, int | float | str):
        try:
            return Token(value, float(seconds))
        except ValueError:
            value = None
    error = str(result.get("error", ""))
    if "error" not in result or not _SHORT.fullmatch(error):
        raise UnusableAnswer(
            "The sign-in service gave neither a token nor a reason",
            remedy="Try again; if it stays, check the sign-in's address in the settings",
            code="sign_in.answer",
        )
    numbers = _NUMBER.findall(str(result.get("error_description", "")))[:3]
    codes = ", ".join(dict.fromkeys([error, *numbers]))
    if error in _PASSING:
        raise Unreachable(
            f"The sign-in service gives no token at the moment ({codes})",
            remedy="Try again in a minute",
            code=error,
        )
    sentence, remedy = _REASONS.get(
        error, ("The directory refuses the sign-in", "Check the settings of the sign-in")
    )
    raise SignInFailed(f"{sentence} ({codes})", remedy=remedy, code=error)


class MsalSource:
    """Tokens by msal. `transport` replaces the network, `file` keeps the sign-in."""

    def __init__(
        self,
        options: SignInOptions,
        *,
        file: EncryptedFile | None = None,
        transport: LibraryTransport | None = None,
    ) -> None:
        self._options = options
        self._file = file
        self._http = AllowedHosts(
            {urlsplit(options.authority).hostname or ""},
            context=public_context(),
            transport=transport,
        )
        self._app: Any = None
        self._cache: Any = None

    def silent(self, *, renew: bool) -> Token | None:
        """Return a token from the cache or the directory, None when a person is needed."""
        return self._guarded(lambda: self._silent(renew=renew))

    def with_person(self, tell: Tell, seconds: float) -> Token:
        """Let a person sign in, or the application by itself."""
        token = self._guarded(lambda: self._with_person(tell, seconds))
        assert token is not None
        return token

    def _silent(self, *, renew: bool) -> Token | None:
        app, scopes = self._application(), list(self._options.scopes)
        if self._options.unattended:
            if renew:
                app.remove_tokens_for_client()
            return token_from(app.acquire_token_for_client(scopes))
        accounts = app.get_accounts()
        if not accounts:
            return None
        result = app.acquire_token_silent_with_error(scopes, accounts[0], force_refresh=renew)
        return None if result is None else token_from(result)

    def _with_person(self, tell: Tell, seconds: float) -> Token | None:
        app, scopes = self._application(), list(self._options.scopes)
        if self._options.unattended:
            return self._silent(renew=True)
        if self._options.flow == "interactive":
            tell("A browser opens; sign in there")
            return token_from(
                app.acquire_token_interactive(
                    scopes, prompt="select_account", timeout=max(1, int(seconds))
                )
            )
        flow = app.initiate_device_flow(scopes)
        if "user_code" not in flow:
            return token_from(flow)
        flow["expires_at"] = min(flow.get("expires_at", 0), time.time() + seconds)
        # Without a pause the library would ask for ever and never look at the clock.
        flow["interval"] = max(1, int(flow.get("interval", 5)))
        address = printable(str(flow.get("verification_uri", "")), 200)
        tell(f"Open {address} and type the code {printable(str(flow['user_code']), 40)}")
        return token_from(app.acquire_token_by_device_flow(flow))

    def _guarded(self, work: Callable[[], Token | None]) -> Token | None:
        """Do `work`, keep what the library learned, and translate what it raises."""
        from msal.exceptions import MsalError

        try:
            return work()
        except OrchestratorError:
            raise
        except MsalError:
            # Without a cause, like below.
            raise Unreachable(
                f"The sign-in at {self._options.authority_host} failed by itself",
                remedy="Try again in a minute",
                code="sign_in.failed",
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError, RuntimeError):
            # Without a cause: the library's own words may hold what the service sent.
            raise UnusableAnswer(
                f"The sign-in at {self._options.authority_host} gave an answer that is none",
                remedy="Check the network and the sign-in's address; a proxy or a sign-in page"
                " of the network may stand in between",
                code="sign_in.answer",
            ) from None
        finally:
            if self._file is not None and self._cache is not None and self._cache.has_state_changed:
                self._file.save(self._cache.serialize())

    def _application(self) -> Any:
        """Return the library's application, made at the first use: that asks the authority."""
        if self._app is None:
            import msal  # it loads a second HTTP client, which a start-up need not pay for

            options = self._options
            self._cache = msal.SerializableTokenCache()
            kept = self._file.load() if self._file is not None else None
            if kept:
                self._cache.deserialize(kept)
            kind = (
                msal.ConfidentialClientApplication
                if options.unattended
                else msal.PublicClientApplication
            )
            self._app = kind(
                options.client_id,
                authority=options.authority,
                client_credential=self._credential(),
                token_cache=self._cache,
                http_client=self._http,
                instance_discovery=False,
                enable_pii_log=False,
            )
        return self._app

    def _credential(self) -> object:
        options = self._options
        if options.flow == "client_secret" and options.secret is not None:
            return options.secret.get_secret_value()
        if options.flow == "client_certificate" and options.certificate is not None:
            pem = options.certificate.get_secret_value()
            begin = pem.find("-----BEGIN CERTIFICATE-----")
            if begin < 0 or not _has_key(pem):
                raise ConfigurationMistakes(
                    "The certificate of the sign-in is no PEM with private key and certificate",
                    remedy="Put both into one file, each with its BEGIN and END line; the key open",
                    code="sign_in.certificate",
                )
            return {"private_key": pem, "public_certificate": pem[begin:]}
        return None


def _has_key(pem: str) -> bool:
    """Tell whether a PEM begins with a private key that needs no password."""
    try:
        load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
