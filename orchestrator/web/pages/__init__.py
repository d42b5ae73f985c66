"""What people see: the pages of the panel, added to the application as routes."""

from fastapi import FastAPI

from orchestrator.web.surface import Surface


def add_pages(application: FastAPI, surface: Surface) -> None:
    """Add the pages of the panel to `application`."""
    del application, surface
