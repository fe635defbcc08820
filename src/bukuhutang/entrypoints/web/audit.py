"""The audit trail of one tenant: what was done, by whom and when, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from pydantic.alias_generators import to_camel

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.api.shapes import ApiOut, PageQuery
from bukuhutang.entrypoints.web.cursors import ID_MAX, CursorInvalid, read_cursor, write_cursor
from bukuhutang.entrypoints.web.deps import OperatorCall
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.entrypoints.web.shapes import TenantIdInPath, Text
from bukuhutang.usecases.audit import AuditLine, audit_trail
from bukuhutang.usecases.tenants import TenantNotFound

ACTION_CHARACTERS_MAX = 60

router = APIRouter(prefix="/admin", tags=["tenants"])


class AuditQuery(PageQuery):
    action: Text | None = Field(
        default=None,
        min_length=1,
        max_length=ACTION_CHARACTERS_MAX,
        description="only this act, such as plan_set, credits_added, tenant_toggled",
    )


class AuditEntryOut(ApiOut):
    id: int = Field(examples=[41])
    at: datetime
    actor: str = Field(
        examples=["operator:cli"],
        description="operator, operator:cli, operator:chat:N, member:N, key:N, borrower, service",
    )
    chat: str | None = Field(examples=["…890"], description="its last three digits")
    action: str = Field(examples=["plan_set"])
    borrower_id: int | None = Field(examples=[None])
    subject: int | None = Field(
        examples=[None], description="the number of the debt, payment, agreement, member, key"
    )
    detail: dict[str, Any] = Field(examples=[{"from": "free", "to": "basic"}])
    previous_hash: str = Field(description="hex; the hash of the entry before")
    hash: str = Field(description="hex; over this entry and previousHash")

    @classmethod
    def of(cls, line: AuditLine) -> AuditEntryOut:
        """The entry as JSON."""
        return cls(**{**vars(line), "detail": _in_camel_case(line.detail)})


def _in_camel_case(value: Any) -> Any:
    """A detail as it is sealed has our own spelling; JSON has another, at any depth."""
    if isinstance(value, dict):
        return {to_camel(key): _in_camel_case(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_in_camel_case(one) for one in value]
    return value


class AuditPage(ApiOut):
    success: Literal[True] = True
    entries: list[AuditEntryOut]
    next_cursor: str | None = Field(description="null on the last page")


@router.get("/tenant/{id}/audit", responses=refusals(TenantNotFound(7), CursorInvalid()))
async def audit(
    tenant_id: TenantIdInPath, asked: Annotated[AuditQuery, Query()], call: OperatorCall
) -> AuditPage:
    """Every act on the book and on the tenant, hash-chained; newest first."""
    lines = await audit_trail(
        call.deps.database,
        TenantId(tenant_id),
        before=read_cursor("audit", asked.cursor, tenant_id) or ID_MAX,
        limit=asked.limit + 1,  # one more tells whether there is a next page
        action=asked.action,
    )
    shown = lines[: asked.limit]
    more = len(lines) > len(shown)
    return AuditPage(
        entries=[AuditEntryOut.of(one) for one in shown],
        next_cursor=write_cursor("audit", shown[-1].id, tenant_id) if more else None,
    )
