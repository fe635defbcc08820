"""The OpenAPI document as it is checked in: `python -m tests.web.openapi_file` renews it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from bukuhutang.entrypoints.web.app import WebDeps, build_app
from bukuhutang.store.scope import Database
from tests.web.rig import KEY, StandingClock

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"


def document() -> str:
    """What /openapi.json answers on a real driver, in one stable order; no database is needed."""

    async def wake() -> None:
        """Nobody sleeps here."""

    deps = WebDeps(cast(Database, None), StandingClock(), (KEY,), wake)
    told = build_app(deps).openapi()
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(document())
