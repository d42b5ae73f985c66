"""All steps that a recipe may use, from top to bottom. To add one, add its row here.

`python -m orchestrator.steps.generate` writes what follows from this table: the catalogue that the
recipe check reads, and the step reference.
"""

from orchestrator.engine.step import StepDefinition
from orchestrator.steps import (
    advantech_accounts,
    advantech_burn_in,
    advantech_disks,
    advantech_display,
    advantech_edgehub,
    advantech_etp,
    advantech_gpio,
    advantech_identity,
    advantech_network,
    advantech_programs,
    advantech_restart,
    advantech_sensors,
    advantech_terminal,
    advantech_watchdog,
    cloud_devices,
    operator,
    portal_checks,
    portal_register,
    sphere_apps,
    sphere_certificates,
    sphere_identity,
    sphere_images,
    sphere_logs,
    sphere_network,
    sphere_os,
    sphere_proxy,
    sphere_ready,
    sphere_restart,
    sphere_sideload,
    sphere_state,
    sphere_wifi_networks,
    sphere_wifi_radio,
)

STEPS: tuple[StepDefinition, ...] = (
    # Who is it, and may it be worked on?
    sphere_identity.identify,
    sphere_os.expect_os,
    sphere_identity.expect_security_state,
    sphere_state.expect_state,
    sphere_state.expect_capabilities,
    sphere_apps.expect_abi,
    # Load it.
    sphere_images.delete_images,
    sphere_sideload.sideload,
    sphere_images.expect_images,
    sphere_apps.expect_app_status,
    sphere_apps.start_app,
    sphere_apps.stop_app,
    sphere_apps.expect_quota,
    sphere_apps.memory_statistics,
    sphere_restart.restart,
    # Connect it.
    sphere_certificates.add_certificate,
    sphere_certificates.expect_certificates,
    sphere_certificates.remove_certificates,
    sphere_wifi_networks.add_wifi_network,
    sphere_wifi_networks.expect_wifi_connected,
    sphere_wifi_networks.remove_wifi_networks,
    sphere_wifi_networks.expect_no_wifi_networks,
    sphere_wifi_radio.scan_wifi,
    sphere_wifi_radio.expect_wifi_interface,
    sphere_wifi_radio.set_wifi_power_saving,
    sphere_proxy.set_proxy,
    sphere_proxy.clear_proxy,
    sphere_proxy.expect_proxy,
    sphere_network.expect_interfaces,
    sphere_network.set_interface,
    sphere_network.expect_network_status,
    sphere_network.expect_firewall,
    # Keep what it says of itself.
    sphere_logs.collect_log,
    sphere_logs.collect_telemetry,
    # Finish it.
    sphere_ready.ready_check,
    sphere_state.set_manufacturing_state,
    sphere_state.verify_finalized,
    # Ask the person at the slot.
    operator.confirm,
    operator.choose,
    operator.enter_number,
    operator.enter_text,
    operator.scan,
    operator.look,
    operator.checklist,
    # Make it known to the cloud.
    cloud_devices.claim,
    cloud_devices.expect_owner,
    cloud_devices.assign,
    cloud_devices.expect_deployment,
    cloud_devices.download_capability,
    # Register it in the IoT portal.
    portal_checks.expect_model,
    portal_register.register_device,
    portal_register.register_gateway,
    portal_register.register_concentrator,
    portal_checks.expect_connected,
    portal_checks.send_command,
    portal_checks.connection_string,
    # An edge computer: who is it, and is it healthy?
    advantech_identity.login,
    advantech_identity.expect_host,
    advantech_identity.expect_profile,
    advantech_sensors.expect_sensors,
    advantech_burn_in.burn_in,
    advantech_disks.expect_disk,
    # What is built in.
    advantech_gpio.set_gpio,
    advantech_gpio.expect_gpio,
    advantech_gpio.gpio_loopback,
    advantech_watchdog.set_watchdog,
    advantech_watchdog.expect_watchdog,
    advantech_display.set_led,
    advantech_display.set_brightness,
    advantech_display.display_test,
    # What runs on it.
    advantech_network.set_network,
    advantech_network.expect_network,
    advantech_programs.expect_service,
    advantech_programs.control_service,
    advantech_programs.expect_process,
    advantech_programs.stop_process,
    advantech_terminal.run_command,
    advantech_restart.reboot_and_wait,
    # Finish it.
    advantech_etp.write_etp,
    advantech_etp.lock_etp,
    advantech_etp.expect_etp,
    advantech_accounts.set_admin_password,
    advantech_edgehub.connect_edgehub,
    advantech_edgehub.expect_connected,
)


def definitions() -> dict[str, StepDefinition]:
    """Return the steps by name, as the engine looks them up."""
    return {each.signature.name: each for each in STEPS}
