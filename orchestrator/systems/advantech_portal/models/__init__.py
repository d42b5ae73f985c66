"""What goes over the wire to and from a host, member names as the vendor spells them.

Files follow the vendor's categories. Bodies that are no object are a `root`. Request models say the
shape only: limits are the client's to check and the host's to refuse.
"""

from orchestrator.systems.advantech_portal.models.auth import (
    ADMIN_ACCOUNT,
    OS_ACCOUNT,
    AccountType,
    ApiVersion,
    Credentials,
    LoginResult,
    LogoutResult,
    PasswordChange,
)
from orchestrator.systems.advantech_portal.models.brightness import (
    Brightness,
    BrightnessSet,
)
from orchestrator.systems.advantech_portal.models.common import (
    AccountAuthError,
    Action,
    AgentInfo,
    AnyValue,
    AuthError,
    ErrorsByModule,
    MessageError,
    Scalar,
    ServiceState,
)
from orchestrator.systems.advantech_portal.models.control import (
    DisplaySwitch,
    RemoteDesktop,
)
from orchestrator.systems.advantech_portal.models.devices import (
    HwDevice,
    HwDevices,
)
from orchestrator.systems.advantech_portal.models.disk import (
    Disk,
    Disks,
    Partition,
    Partitions,
    SmartAttribute,
)
from orchestrator.systems.advantech_portal.models.edgehub import (
    ApphubLogConfig,
    ApphubStatus,
    BootstrapConfig,
    BrokerStatus,
    ConnCfg,
    ConnCfgMqtt,
    ConnCfgRequest,
    ConnCfgSent,
    ConnCfgToken,
    ConnectionRequest,
    ConnectionState,
    Deviceon,
    EdgebusConfig,
    EdgebusStatus,
    PemResult,
    Profile,
    TagData,
)
from orchestrator.systems.advantech_portal.models.etp import (
    EtpDeviceData,
    EtpLock,
    EtpLockSet,
    EtpUserData,
    EtpUserSpaces,
)
from orchestrator.systems.advantech_portal.models.gpio import (
    INPUT,
    OUTPUT,
    Direction,
    GpioCount,
    GpioDir,
    GpioLev,
    GpioPin,
    GpioPins,
    Level,
)
from orchestrator.systems.advantech_portal.models.host import (
    DisplayCount,
    HostInfo,
    Screenshot,
)
from orchestrator.systems.advantech_portal.models.hwmon import (
    HwMonitor,
    HwReading,
    HwReadings,
)
from orchestrator.systems.advantech_portal.models.led import (
    LedLevel,
    LedLevels,
    LedStatus,
)
from orchestrator.systems.advantech_portal.models.network import (
    IoCounters,
    Ipv4Config,
    NetInterface,
    NetInterfaces,
    RouteOrder,
    WifiAdapter,
    WifiAdapters,
    WifiNetwork,
    WifiNetworks,
    WifiProfile,
)
from orchestrator.systems.advantech_portal.models.performance import (
    Cpu,
    CpuInfo,
    Memory,
    SystemPerf,
)
from orchestrator.systems.advantech_portal.models.power import (
    PowerInputs,
)
from orchestrator.systems.advantech_portal.models.process import (
    Process,
    Processes,
)
from orchestrator.systems.advantech_portal.models.service import (
    Service,
    ServiceAction,
    Services,
    ServiceStatus,
)
from orchestrator.systems.advantech_portal.models.terminal import (
    TerminalInfo,
    TerminalPreferences,
    TerminalSize,
)
from orchestrator.systems.advantech_portal.models.watchdog import (
    Watchdog,
    WatchdogSet,
    WatchdogState,
    WatchdogTimeout,
)

__all__ = [
    "ADMIN_ACCOUNT",
    "AccountAuthError",
    "AccountType",
    "Action",
    "AgentInfo",
    "AnyValue",
    "ApiVersion",
    "ApphubLogConfig",
    "ApphubStatus",
    "AuthError",
    "BootstrapConfig",
    "Brightness",
    "BrightnessSet",
    "BrokerStatus",
    "ConnCfg",
    "ConnCfgMqtt",
    "ConnCfgRequest",
    "ConnCfgSent",
    "ConnCfgToken",
    "ConnectionRequest",
    "ConnectionState",
    "Cpu",
    "CpuInfo",
    "Credentials",
    "Deviceon",
    "Direction",
    "Disk",
    "Disks",
    "DisplayCount",
    "DisplaySwitch",
    "EdgebusConfig",
    "EdgebusStatus",
    "ErrorsByModule",
    "EtpDeviceData",
    "EtpLock",
    "EtpLockSet",
    "EtpUserData",
    "EtpUserSpaces",
    "GpioCount",
    "GpioDir",
    "GpioLev",
    "GpioPin",
    "GpioPins",
    "HostInfo",
    "HwDevice",
    "HwDevices",
    "HwMonitor",
    "HwReading",
    "HwReadings",
    "INPUT",
    "IoCounters",
    "Ipv4Config",
    "LedLevel",
    "LedLevels",
    "LedStatus",
    "Level",
    "LoginResult",
    "LogoutResult",
    "Memory",
    "MessageError",
    "NetInterface",
    "NetInterfaces",
    "OS_ACCOUNT",
    "OUTPUT",
    "Partition",
    "Partitions",
    "PasswordChange",
    "PemResult",
    "PowerInputs",
    "Process",
    "Processes",
    "Profile",
    "RemoteDesktop",
    "RouteOrder",
    "Scalar",
    "Screenshot",
    "Service",
    "ServiceAction",
    "ServiceState",
    "ServiceStatus",
    "Services",
    "SmartAttribute",
    "SystemPerf",
    "TagData",
    "TerminalInfo",
    "TerminalPreferences",
    "TerminalSize",
    "Watchdog",
    "WatchdogSet",
    "WatchdogState",
    "WatchdogTimeout",
    "WifiAdapter",
    "WifiAdapters",
    "WifiNetwork",
    "WifiNetworks",
    "WifiProfile",
]
