"""The JSON of the keys of a tenant's programs, for the operator and for the owner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bukuhutang.entrypoints.web.api.shapes import ApiIn, ApiOut, shown_as
from bukuhutang.entrypoints.web.cursors import ID_MAX
from bukuhutang.entrypoints.web.shapes import Text, digits_only
from bukuhutang.store.api_keys import ApiKeyRow
from bukuhutang.tenancy.roles import KeyScope
from bukuhutang.usecases.api_keys import CreateKey, KeyCreated

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)


def _instant(text: object) -> datetime | None:
    """Pydantic alone would also read numbers, and instants without a zone."""
    if text is None:
        return None
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise PydanticCustomError("instant", "Only an instant as 2026-12-31T17:00:00Z")


KeyIdInPath = Annotated[
    int, BeforeValidator(digits_only), Path(alias="keyId", ge=1, le=ID_MAX, examples=[3])
]


class KeyIn(ApiIn):
    """What a new key is to be."""

    model_config = shown_as(name="Kasir", scope="write")

    name: Text = Field(examples=["Kasir"], description="to tell your keys apart")
    scope: Literal["read", "write"] = Field(examples=["write"])
    expires_at: Annotated[datetime | None, BeforeValidator(_instant)] = Field(
        default=None, examples=["2027-03-04T00:00:00Z"], description="null: until it is revoked"
    )

    def wish(self) -> CreateKey:
        """As the use case takes it."""
        return CreateKey(self.name, KeyScope(self.scope), self.expires_at)


class KeyOut(ApiOut):
    """A key without its secret."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["Kasir"])
    hint: str = Field(examples=["x7Qa"], description="its last characters")
    scope: KeyScope
    status: Literal["valid", "expired", "revoked"]
    created_at: datetime
    created_by: str = Field(examples=["operator"], description="operator, or member:1")
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="to the minute")

    @classmethod
    def of(cls, row: ApiKeyRow, now: datetime) -> KeyOut:
        """The key as JSON."""
        return cls(**vars(row), status=row.status(now))


class KeyCreatedOut(KeyOut):
    """A new key. This is the only time that it is told: keep it now."""

    key: str | None = Field(
        examples=["bh_live_7_" + "0" * 39 + "x7Qa"],
        description="null when the answer is repeated: it is shown once and stored nowhere",
    )

    @classmethod
    def told(cls, created: KeyCreated, now: datetime) -> KeyCreatedOut:
        """With the secret."""
        return cls(**vars(created.row), status=created.row.status(now), key=created.key)


class KeyAnswer(ApiOut):
    """The operator's answer for one key."""

    success: Literal[True] = True
    key: KeyOut


class KeyCreatedAnswer(ApiOut):
    """The operator's answer with a new key."""

    success: Literal[True] = True
    key: KeyCreatedOut


class KeysPage(ApiOut):
    """One page of the operator's list."""

    success: Literal[True] = True
    keys: Sequence[KeyOut]
    next_cursor: str | None = Field(description="null on the last page")
