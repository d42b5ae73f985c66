"""Makes the fixture that the settings describe: the one place that knows every kind of it."""

from orchestrator.app.portals import account_of, trust_of
from orchestrator.domain.fixture import Fixture
from orchestrator.station.daemon import Timing
from orchestrator.station.figures import Observers, nobody
from orchestrator.station.prepare import secret_value
from orchestrator.station.settings import Settings
from orchestrator.station.settings_fixture import AdvantechSection, AzureSphereSection
from orchestrator.systems.advantech_portal.fixture import HostFixture
from orchestrator.systems.azure_sphere_device.fixture import SphereFixture
from orchestrator.transport.exchange import Exchanged


def make_fixture(settings: Settings, observers: Observers = nobody) -> Fixture:
    """Return the fixture that the settings describe. Raises ConfigurationMistakes."""
    kind = settings.fixture.pace
    if isinstance(kind, AzureSphereSection):
        return _sphere(kind, observers("azure_sphere_device"))
    return _hosts(kind, observers("advantech_portal"))


def words(settings: Settings) -> tuple[str, str]:
    """Return how a check names what the fixture trusts, and the way to its units."""
    if settings.fixture.azure_sphere is not None:
        return "certificate of the boards", "local service"
    return "certificate and account of the computers", "network ports"


def timing(settings: Settings) -> Timing:
    """Return how fast the fixture is looked at, whatever kind it is."""
    pace = settings.fixture.pace
    return Timing(
        poll_seconds=pace.poll_seconds,
        gone_seconds=pace.gone_seconds,
        ready_seconds=pace.ready_seconds,
        swap_check_seconds=pace.swap_check_seconds,
        ask_seconds=settings.start.ask_seconds,
    )


def fixture_secrets(settings: Settings) -> set[str]:
    """Return every secret of the fixture that can be read, for the log to hide."""
    hosts = settings.fixture.advantech
    given = () if hosts is None else (hosts.password, hosts.password_after)
    return {value for one in given if one is not None and (value := secret_value(one))}


def _sphere(section: AzureSphereSection, exchanged: Exchanged) -> Fixture:
    return SphereFixture(
        service_url=section.service_url,
        ca_file=section.ca_file,
        https_port=section.https_port,
        exchanged=exchanged,
    )


def _hosts(section: AdvantechSection, exchanged: Exchanged) -> Fixture:
    return HostFixture(
        hosts=section.hosts,
        addresses=section.addresses,
        labels=section.labels,
        https_port=section.https_port,
        restart_seconds=section.restart_seconds,
        context=trust_of(section),
        exchanged=exchanged,
        accounts=[
            account_of(section, reference, f"fixture.advantech.{key}")
            for key, reference in (
                ("password", section.password),
                ("password_after", section.password_after),
            )
            if reference is not None
        ],
    )
