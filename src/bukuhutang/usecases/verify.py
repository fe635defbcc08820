"""Whether a paper is what two people agreed on: asked by anybody who holds its address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from secrets import compare_digest
from zoneinfo import ZoneInfo

from bukuhutang.base.ids import TenantId
from bukuhutang.rendering.initials import initials
from bukuhutang.store import verification
from bukuhutang.store.scope import Database

# Where the agreement is, then the secret: whoever has the address may look, and nobody else.
_ADDRESS = re.compile(r"([1-9][0-9]{0,9})-([1-9][0-9]{0,9})-([A-Za-z0-9_-]{20,80})")
_NOTHING = "-" * 43


@dataclass(frozen=True)
class Paper:
    """A document that was sent. `counts`: it is the one in force, or the receipt that stands."""

    kind: str
    version: int
    sha256: str
    made_on: date
    counts: bool


@dataclass(frozen=True)
class Verified:
    """What a stranger may see: number, state, dates and hashes; of names the initials."""

    number: int
    status: str
    lender: str
    borrower: str
    made_on: date
    accepted_on: date | None
    completed_on: date | None
    papers: tuple[Paper, ...]

    def paper(self, sha256: str) -> Paper | None:
        """The document with this hash, in hexadecimal; None when none was ever sent."""
        return next((one for one in self.papers if one.sha256 == sha256), None)


async def verify(database: Database, address: str) -> Verified | None:
    """What the address opens; None for every address that is not right, whatever is wrong with it.

    Raises TransientFault.
    """
    parts = _ADDRESS.fullmatch(address)
    tenant_id, number, secret = (0, 0, "") if parts is None else parts.groups()
    async with database.tenant_tx(TenantId(int(tenant_id))) as tx:
        known = await verification.known(tx, int(number))
    expected = _NOTHING if known is None or known.secret is None else known.secret
    if not compare_digest(expected.encode(), secret.encode()) or known is None:
        return None
    zone = ZoneInfo(known.timezone)
    papers = tuple(
        Paper(
            one.kind,
            one.version,
            one.sha256.hex(),
            one.made_at.astimezone(zone).date(),
            _counts(known, one),
        )
        for one in known.documents
    )
    completed = known.completed_at
    return Verified(
        known.number,
        known.status,
        initials(known.lender),
        initials(known.borrower),
        known.created_at.astimezone(zone).date(),
        known.accepted_on,
        None if completed is None else completed.astimezone(zone).date(),
        papers,
    )


def _counts(known: verification.KnownAgreement, one: verification.KnownDocument) -> bool:
    if one.kind == "settlement":
        later = [paper for paper in known.documents if paper.kind == "settlement"]
        return known.status == "completed" and one is later[-1]
    if known.status not in ("active", "completed", "written_off"):
        return False
    return one.version == known.plan_version and one.answer == "accepted"
