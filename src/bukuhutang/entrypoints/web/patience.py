"""How long a client may take, and how many may be connected: nobody holds the door open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Bounds on slow clients. Long polls and event streams are slow on our side, not on theirs."""

    head_seconds: float = 10.0  # from the connection, or the answer before, to the end of the head
    head_bytes_max: int = 32 * 1024
    body_seconds: float = 30.0  # for a small body; a large one has more, by the rate below
    body_bytes_a_second_min: int = 8 * 1024
    answer_seconds: float = 30.0  # in which the client must read some of what waits for it
    connections_max: int = 400  # beyond it only the probes are answered
    connections_refused: int = 600  # beyond it nothing is

    def __post_init__(self) -> None:
        assert self.connections_max < self.connections_refused

    def body_deadline(self, taken: int) -> float:
        """Seconds in which a body must have come, of which so much is here."""
        return self.body_seconds + taken / self.body_bytes_a_second_min
