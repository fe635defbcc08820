"""/openapi.json, and /docs: Swagger UI from our own files; nothing is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse

FOLDER = Path(__file__).parent / "docs"

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def document(request: Request) -> JSONResponse:
    """The OpenAPI document of every mounted route."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs_page() -> FileResponse:
    """The page."""
    return FileResponse(FOLDER / "index.html", media_type="text/html")


@router.get("/docs/start.js")
async def docs_script() -> FileResponse:
    """What starts it."""
    return FileResponse(FOLDER / "start.js", media_type="text/javascript")
