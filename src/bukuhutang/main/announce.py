"""What a person who starts the service reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bukuhutang.main.address import own_address
from bukuhutang.main.drivers import SIMULATOR

if TYPE_CHECKING:
    from bukuhutang.main.serve import Serve


def announce(request: Serve, web: bool) -> None:
    """One line on standard output when we answer; the secrets' line and the rest beside it."""
    if not web:
        return
    here = own_address(request.host, request.port)
    print(f"ready {here}", flush=True)  # noqa: T201  the command's promise
    key = request.admin_keys[0] if request.show_key else None
    lines = [f"Super-admin key: {key or 'the one in SUPER_ADMIN_API_KEY'}"]
    if request.driver.name == SIMULATOR:
        lines.append(f"Try it here:     {here}/simulator{f'#key={key}' if key else ''}")
    lines.append(f"Admin API:       {here}/docs")
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201  for the person who starts us
