"""All steps that a recipe may use, from top to bottom. To add one, add its row here.

`python -m orchestrator.steps.generate` writes what follows from this table: the catalogue that the
recipe check reads, and the step reference.
"""

from orchestrator.engine.step import StepDefinition
from orchestrator.steps import (
    sphere_identity,
    sphere_images,
    sphere_network,
    sphere_os,
    sphere_ready,
    sphere_restart,
    sphere_sideload,
    sphere_state,
)

STEPS: tuple[StepDefinition, ...] = (
    # Who is it, and may it be worked on?
    sphere_identity.identify,
    sphere_os.expect_os,
    sphere_identity.expect_security_state,
    sphere_state.expect_state,
    sphere_state.expect_capabilities,
    # Load it.
    sphere_images.delete_images,
    sphere_sideload.sideload,
    sphere_images.expect_images,
    sphere_images.expect_app_status,
    sphere_network.expect_no_wifi_networks,
    sphere_restart.restart,
    # Finish it.
    sphere_ready.ready_check,
    sphere_state.set_manufacturing_state,
    sphere_state.verify_finalized,
)


def definitions() -> dict[str, StepDefinition]:
    """Return the steps by name, as the engine looks them up."""
    return {each.signature.name: each for each in STEPS}
