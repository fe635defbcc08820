"""What the page that verifies a document may know of an agreement."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class KnownDocument:
    """A document that was sent; `answer` is what the borrower said to it, if it asked."""

    kind: str  # agreement, settlement
    version: int
    sha256: bytes
    made_at: datetime
    answer: str | None


@dataclass(frozen=True)
class KnownAgreement:
    """One agreement with the secret of its address, and every document that was sent of it."""

    number: int
    status: str
    lender: str
    borrower: str
    timezone: str
    accepted_on: date | None
    created_at: datetime
    completed_at: datetime | None
    plan_version: int
    secret: str | None = field(repr=False)
    documents: tuple[KnownDocument, ...] = ()


HEAD = """
select l.id, l.status, t.name as lender, b.name as borrower, s.timezone, l.accepted_on,
    l.created_at, l.completed_at, l.plan_version, l.verify_token
  from loan_agreements l
  join tenants t on t.id = l.tenant_id
  join tenant_settings s on s.tenant_id = l.tenant_id
  join borrowers b on b.tenant_id = l.tenant_id and b.id = l.borrower_id
 where l.tenant_id = $1 and l.id = $2"""

DOCUMENTS = """
select j.kind, j.version, f.sha256, f.created_at,
    (select r.answer from agreement_requests r where r.tenant_id = j.tenant_id
        and r.agreement_id = j.agreement_id and r.file_id = j.file_id
        order by r.id desc limit 1) as answer
  from document_jobs j join files f on f.tenant_id = j.tenant_id and f.id = j.file_id
 where j.tenant_id = $1 and j.agreement_id = $2 order by j.id"""


async def known(tx: TenantTx, number: int) -> KnownAgreement | None:
    """The agreement of this number, or None."""
    row = await tx.db.fetchrow(HEAD, tx.tenant_id, number)
    if row is None:
        return None
    sent = await tx.db.fetch(DOCUMENTS, tx.tenant_id, number)
    return replace(KnownAgreement(*row), documents=tuple(KnownDocument(*one) for one in sent))
