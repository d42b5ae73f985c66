"""Makes the fixture that the settings describe: the one place that knows every kind of it."""

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.domain.fixture import Fixture
from orchestrator.station.daemon import Timing
from orchestrator.station.settings import Settings
from orchestrator.systems.azure_sphere_device.fixture import SphereFixture


def make_fixture(settings: Settings) -> Fixture:
    """Return the fixture that the settings describe. Raises ConfigurationMistakes."""
    sphere = settings.fixture.azure_sphere
    if sphere is None:
        raise ConfigurationMistakes("no such fixture", remedy="Use [fixture.azure_sphere]")
    return SphereFixture(
        service_url=sphere.service_url, ca_file=sphere.ca_file, https_port=sphere.https_port
    )


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
