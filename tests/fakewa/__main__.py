"""`python -m tests.fakewa --folder DIR`: run until standard input ends.

Prints one JSON line when it is ready: `proxy_port`, `control_port`, `ca_path`, `noise_root`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakewa.control import Control
from tests.fakewa.front_door import FrontDoor
from tests.fakewa.keys import new_noise_keys, tls_for_whatsapp
from tests.fakewa.whatsapp import WhatsApp


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakewa")
    parser.add_argument("--folder", type=Path, required=True, help="for certificates and files")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_serve(folder))


async def _serve(folder: Path) -> None:
    tls, ca_path = tls_for_whatsapp(folder)
    service = WhatsApp(new_noise_keys())
    asyncio.get_running_loop().set_exception_handler(_complaining(service))
    door = await FrontDoor(service, tls).open()
    control = await Control(service, folder).open()
    ready = {
        "proxy_port": door.sockets[0].getsockname()[1],
        "control_port": control.sockets[0].getsockname()[1],
        "ca_path": str(ca_path),
        "noise_root": service.noise_keys.root.public.hex(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    # The parent holds the other end: when it dies, however it dies, this ends.
    await asyncio.to_thread(sys.stdin.buffer.read)


def _complaining(service: WhatsApp) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """A defect of this fake fails the test that met it, not only its own connection."""

    def note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        service.complain(f"{context['message']}: {context.get('exception')!r}")
        loop.default_exception_handler(context)

    return note


if __name__ == "__main__":
    main()
