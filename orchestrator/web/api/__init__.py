"""The station API, `/api/v1`: what other programs, and the panel, ask a station and have it do."""

from fastapi import APIRouter, FastAPI

PREFIX = "/api/v1"


def add_api(application: FastAPI) -> None:
    """Add the routes of the API to `application`."""
    router = APIRouter(prefix=PREFIX)

    @router.get("/health/live", operation_id="health_live")
    async def health_live() -> dict[str, str]:
        return {"status": "ok"}

    application.include_router(router)
