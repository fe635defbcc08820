"""The JSON of WhatsApp logins: the state, what it means, and what is to be done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bukuhutang.rendering.texts import render_login
from bukuhutang.store.mail import LastMail
from bukuhutang.store.tenants import SessionRow
from bukuhutang.store.wa_sessions import LoginRow
from bukuhutang.tenancy.tenant import Language


class _Out(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class MailOut(_Out):
    """The latest mail to the lender, and what became of it."""

    subject: str
    status: Literal["queued", "sent", "failed"]
    reason: str | None
    queued_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, mail: LastMail) -> MailOut:
        """The mail as JSON, without its body."""
        return cls.model_validate(vars(mail))


class LoginOut(_Out):
    """One login; `explanation` and `nextStep` are in the language of Accept-Language."""

    state: str = Field(examples=["logged_out"])
    reason: str | None = Field(examples=[None], description="a code, where the state needs one")
    detail: str | None = Field(description="what WhatsApp said")
    since: datetime
    until: datetime | None = Field(description="when the state ends by itself")
    waiting: int = Field(description="messages that wait for this login")
    explanation: str = Field(examples=["The phone has logged this device out."])
    next_step: str = Field(examples=["Send the lender a new linking page."])
    other_way: Literal["mail"] | None = Field(
        description="how the lender is told while WhatsApp is down; null: no other way"
    )
    last_mail: MailOut | None = None

    @classmethod
    def of(
        cls, login: LoginRow, last_mail: LastMail | None, language: Language, *, by_mail: bool
    ) -> LoginOut:
        """The login as JSON; `by_mail` says whether its lender can be reached so."""
        words = {"state": login.state, "reason": login.reason, "until": login.until}
        return cls(
            state=login.state,
            reason=login.reason,
            detail=login.detail,
            since=login.since,
            until=login.until,
            waiting=login.waiting,
            explanation=render_login("explanation", language, **words),
            next_step=render_login("next_step", language, **words),
            other_way="mail" if by_mail else None,
            last_mail=None if last_mail is None else MailOut.of(last_mail),
        )


class SessionOut(_Out):
    """A login in the list of all; fields as in the tenant's details."""

    tenant_id: int
    name: str
    phone_number: str
    state: str
    reason: str | None
    detail: str | None
    since: datetime
    until: datetime | None
    waiting: int
    explanation: str
    next_step: str
    other_way: Literal["mail"] | None
    linked_at: datetime | None
    owner: str | None = Field(description="the process that holds the login")
    fencing: int = Field(description="grows with every change of owner")
    lease_until: datetime | None

    @classmethod
    def of(cls, row: SessionRow, language: Language, *, has_mail: bool) -> SessionOut:
        """The login as JSON; `has_mail` says whether this service sends mail."""
        words = {"state": row.state, "reason": row.reason, "until": row.until}
        return cls(
            tenant_id=row.tenant_id,
            name=row.name,
            phone_number=row.phone_number,
            state=row.state,
            reason=row.reason,
            detail=row.detail,
            since=row.since,
            until=row.until,
            waiting=row.waiting,
            explanation=render_login("explanation", language, **words),
            next_step=render_login("next_step", language, **words),
            other_way="mail" if has_mail and row.email else None,
            linked_at=row.linked_at,
            owner=row.owner,
            fencing=row.fencing,
            lease_until=row.lease_until,
        )


class SessionsPage(_Out):
    success: Literal[True] = True
    sessions: list[SessionOut]
    next_cursor: str | None = Field(description="null on the last page")
