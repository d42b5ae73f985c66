"""A pretend sign-in directory: what the vendor's library asks of one, answered from a few rules.

It knows no HTTP library: a request comes as method, address and form, and the answer goes as
status and JSON. The tokens it gives are those that the pretend cloud admits.
"""

import json
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

from orchestrator.systems.azure_sphere_cloud.simulator.state import Cloud

Answer = tuple[int, dict[str, object]]
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class Directory:
    """One directory. `token_seconds` is how long its tokens are good.

    `refuse` names the error with which every token is refused from now on (`invalid_grant` for a
    withdrawn sign-in), `pending` how often a device code is answered with "not yet".
    """

    def __init__(self, cloud: Cloud, *, token_seconds: float = 3600, secret: str = "") -> None:
        self.cloud = cloud
        self.token_seconds = token_seconds
        self.secret = secret
        self.refuse = ""
        self.pending = 0
        self.asked: Counter[str] = Counter()

    def answer(self, method: str, url: str, form: Mapping[str, str]) -> Answer:
        """Answer one request."""
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}/{parts.path.split('/')[1]}"
        if parts.path.endswith("/.well-known/openid-configuration"):
            return 200, {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        if method == "POST" and parts.path.endswith("/devicecode"):
            return 200, {
                "user_code": "A1B2C3",
                "device_code": "device-code",
                "verification_uri": "https://microsoft.com/devicelogin",
                "expires_in": 900,
                "interval": 0,
                "message": "sign in",
            }
        if method == "POST" and parts.path.endswith("/token"):
            return self._token(form)
        return 404, {"error": "not_found"}

    def _token(self, form: Mapping[str, str]) -> Answer:
        grant = form.get("grant_type", "")
        self.asked[grant] += 1
        if self.refuse:
            return _no(self.refuse, f"AADSTS50173: {form.get('client_secret', '')}")
        if grant == _DEVICE_CODE and self.pending > 0:
            self.pending -= 1
            return _no("authorization_pending", "AADSTS70016: not yet")
        if grant == "client_credentials" and not self._proves_itself(form):
            return _no("invalid_client", f"AADSTS7000215: {form.get('client_secret', '')}")
        token: dict[str, object] = {
            "token_type": "Bearer",
            "access_token": self.cloud.issue(self.token_seconds),
            "expires_in": int(self.token_seconds),
            "scope": form.get("scope", ""),
        }
        if grant != "client_credentials":
            token["refresh_token"] = f"refresh-{sum(self.asked.values())}"
            token["client_info"] = _encoded({"uid": "user", "utid": "directory"})
            token["id_token"] = _id_token(form.get("client_id", ""))
        return 200, token

    def _proves_itself(self, form: Mapping[str, str]) -> bool:
        if form.get("client_assertion"):
            return form["client_assertion"].count(".") == 2
        return bool(self.secret) and form.get("client_secret") == self.secret


def _no(error: str, words: str) -> Answer:
    return 400, {"error": error, "error_description": words, "correlation_id": "0"}


def _encoded(value: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _id_token(client_id: str) -> str:
    claims = {
        "aud": client_id,
        "iss": "https://directory.invalid/v2.0",
        "sub": "user",
        "oid": "user",
        "tid": "directory",
        "preferred_username": "line@example.com",
        "exp": 4102444800,
        "iat": 1,
    }
    return f"{_encoded({'alg': 'none'})}.{_encoded(claims)}.{_encoded({})}"
