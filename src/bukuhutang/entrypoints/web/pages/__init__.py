"""The pages people open in a browser: HTML shells without secrets; the data comes through the API.

A shell loads only files of /static and sets no styles or scripts in place, so that the strict
Content-Security-Policy of every answer fits it.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

SIMULATOR_SHELL = Path(__file__).with_name("simulator.html")


def simulator_page_router() -> APIRouter:
    """GET /simulator: the page with two phones, readable by anybody and empty without the key."""
    router = APIRouter(include_in_schema=False)

    @router.get("/simulator")
    async def simulator_page() -> FileResponse:
        """The page's shell."""
        return FileResponse(SIMULATOR_SHELL, media_type="text/html; charset=utf-8")

    return router
