"""Sending mail: what a provider must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Mail:
    """One plain text mail. `reference` is the same each time it is sent, so a double is known."""

    recipient: str
    subject: str
    body: str
    reference: str
    written_at: datetime


@dataclass(frozen=True)
class Sent:
    """The provider has taken it."""


@dataclass(frozen=True)
class NotSent:
    """It did not go out. `retry`: the same mail may go later; `reason` holds no secret."""

    reason: str
    retry: bool


Outcome = Sent | NotSent


class MailGateway(Protocol):
    """Takes mail to where it is delivered."""

    async def send(self, mail: Mail) -> Outcome:
        """Hand one mail over, within a minute; what the network does is an outcome."""
        ...
