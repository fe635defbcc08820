"""Files of a tenant: bytes under an id nobody can guess, read only in the tenant's scope."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import Connection, TenantTx

FILE_BYTES_MAX = 16 * 1024 * 1024
"""The largest file we take or send."""

FILE_NAME_MAX = 255


@dataclass(frozen=True)
class NewFile:
    """A file to store; `id` is drawn at random by the caller."""

    id: UUID
    file_name: str
    mime_type: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        assert len(self.content) <= FILE_BYTES_MAX
        assert 1 <= len(self.file_name) <= FILE_NAME_MAX

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    @property
    def sha256(self) -> bytes:
        """Of the content, 32 bytes."""
        return hashlib.sha256(self.content).digest()


@dataclass(frozen=True)
class StoredFile:
    """A file as it was stored."""

    file_name: str
    mime_type: str
    size: int
    content: bytes = field(repr=False)


READ = "select file_name, mime_type, size, content from files where tenant_id = $1 and id = $2"


async def insert(tx: TenantTx, file: NewFile, now: datetime) -> None:
    """Store a file of this tenant."""
    await tx.db.execute(
        "insert into files (tenant_id, id, file_name, mime_type, size, sha256, content,"
        " created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tx.tenant_id,
        file.id,
        file.file_name,
        file.mime_type,
        file.size,
        file.sha256,
        file.content,
        now,
    )


async def read(tx: TenantTx, file_id: UUID) -> StoredFile | None:
    """A file of this tenant, or None."""
    row = await tx.db.fetchrow(READ, tx.tenant_id, file_id)
    return None if row is None else StoredFile(*row)


async def to_send(db: Connection, tenant_id: TenantId, file_id: UUID) -> StoredFile | None:
    """A file that an outbound message carries; for the courier."""
    row = await db.fetchrow(READ, tenant_id, file_id)
    return None if row is None else StoredFile(*row)
