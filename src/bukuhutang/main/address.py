"""Where a process that serves is reached."""

from __future__ import annotations

import socket

from bukuhutang.base.errors import ConfigurationProblem


def own_address(host: str, port: int) -> str:
    """Where this process answers, as an address."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def claim_port(host: str, port: int) -> socket.socket:
    """Take the address before anything is started. Raises ConfigurationProblem."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(512)
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise ConfigurationProblem(f"cannot listen on {host}:{port}: {reason}") from problem
    taken.setblocking(False)
    return taken
