"""The cloud connection of an edge computer: loaded, and seen to stand."""

from decimal import Decimal

from pydantic import SecretStr

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    Mismatch,
    StationMisuse,
)
from orchestrator.engine.step import Duration, Measures, Secret, StepContext, step
from orchestrator.steps.secret_marks import fingerprint
from orchestrator.steps.waiting import Patience, Stopwatch, rounded, until
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.client import AdvantechHost

_WITHIN = Duration(Decimal(60))
_POLL = Duration(Decimal(1))
_TLS_PORT = 8883


def _secret(given: Secret) -> SecretStr:
    return SecretStr(given.reveal())


def _config(
    credential: Secret | None,
    broker: str | None,
    port: int,
    username: str | None,
    password: Secret | None,
) -> models.ConnCfgRequest:
    account = (broker, username, password)
    if (credential is None) == (None in account) or (credential and any(account)):
        raise StationMisuse(
            "The cloud connection needs a device token, or broker, name and password",
            remedy="Give either of both in the recipe",
            code="NO_CONNECTION_SETTING",
        )
    if credential is not None:
        # The host checks its cloud's certificate; nothing here lets it do otherwise.
        return models.ConnCfgToken(deviceTokenCredential=_secret(credential), skipCertVerify=False)
    assert password is not None
    return models.ConnCfgMqtt(
        username=username or "",
        password=_secret(password),
        mqttHost=broker or "",
        mqttPort=port,
        enableTLS=True,
        overWebSocket=False,
    )


class _Watching:
    """Asks for the state of the connection and remembers what was said last."""

    def __init__(self, host: AdvantechHost) -> None:
        self._host = host
        self.state: models.ConnectionState | None = None

    async def stands(self) -> bool:
        """Say whether it stands; one that the cloud has turned away never will."""
        self.state = await self._host.get_connection()
        if self.state.certRevoked:
            raise Mismatch(
                "The cloud has revoked the host's certificate",
                remedy="Give the host new keys, then run it again",
                code="CERTIFICATE_REVOKED",
            )
        return self.state.enabled and self.state.status == "connected"

    @property
    def words(self) -> str:
        """What was said last."""
        if self.state is None:
            return "not known"
        return self.state.status if self.state.enabled else "switched off"


async def _wait(ctx: StepContext, host: AdvantechHost, patience: Patience) -> None:
    """Wait until the connection stands and measure how long; FAIL when it does not."""
    watching, watch = _Watching(host), Stopwatch(ctx.clock)
    if not await until(watching.stands, ctx.clock, patience):
        storm = watching.state is not None and watching.state.stormDetected
        raise Mismatch(
            f"The host's cloud connection is {watching.words} after {patience.within} s"
            + (", it connects and breaks again and again" if storm else ""),
            remedy="Check the host's way to its cloud and the keys that it was given",
            code="NOT_CONNECTED",
        )
    ctx.measure("connect_seconds", rounded(watch.elapsed))


_SECONDS = Measures("connect_seconds", "Time until the connection stood", uom="s")


@step(
    "advantech.connect_edgehub",
    summary="Loads the cloud connection into the host and waits until it stands.",
    measures=(_SECONDS, Measures("key", "Fingerprint of the token or password", kind="text")),
    timeout_seconds=120,
)
async def connect_edgehub(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    credential: Secret | None = None,
    broker: str | None = None,
    port: int = _TLS_PORT,
    username: str | None = None,
    password: Secret | None = None,
    within: Duration = _WITHIN,
    poll: Duration = _POLL,
) -> None:
    """Give the host its setting and connect it; a connection that does not stand is FAIL.

    Give the device token alone, or broker, name and password. The host always checks the
    certificate of its cloud. An answer that is lost does not matter: the connection is asked.

    Args:
        credential: Token of the device.
        broker: Host name of the broker.
        port: Port of the broker, with TLS.
        username: Name to log in to the broker with.
        password: Password for the broker.
        within: How long it may take until the connection stands.
        poll: How long to wait before asking again.
    """
    config = _config(credential, broker, port, username, password)
    ctx.measure("key", fingerprint(credential or password))
    try:
        await host.set_connection(True, config)
    except (ConnectionLost, DeadlineExceeded):
        # What was lost, the request or its answer, shows in the state. Once more does no harm.
        await host.set_connection(True, config)
    await _wait(ctx, host, Patience(within, poll))


@step(
    "advantech.expect_connected",
    summary="Checks that the host is connected to its cloud.",
    measures=(_SECONDS,),
    timeout_seconds=90,
)
async def expect_connected(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    within: Duration = _WITHIN,
    poll: Duration = _POLL,
) -> None:
    """Ask the host again and again. A connection that does not stand in time is FAIL.

    Args:
        within: How long to wait for it.
        poll: How long to wait before asking again.
    """
    await _wait(ctx, host, Patience(within, poll))
