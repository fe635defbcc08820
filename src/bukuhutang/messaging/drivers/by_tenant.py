"""Two kinds of WhatsApp side by side: each tenant through the one the operator chose for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging.driver import (
    Capabilities,
    Document,
    Driver,
    Fetched,
    OnEvent,
    Outcome,
    WorkerMeasure,
)


class ByTenantDriver:
    """The `Driver` that passes every call on to the tenant's own.

    The choice is looked up when a session is made, and holds until it is made again: the
    SessionManager does so when the choice changes.
    """

    def __init__(
        self,
        default: Driver,
        cloud: Driver,
        chosen: Callable[[TenantId], Awaitable[str | None]],
    ) -> None:
        self._default = default
        self._cloud = cloud
        self._chosen = chosen
        self._of: dict[TenantId, Driver] = {}
        self.capabilities = default.capabilities

    def capabilities_of(self, tenant: TenantId) -> Capabilities:
        """What the tenant's own driver can do."""
        return self._driver(tenant).capabilities

    def _driver(self, tenant: TenantId) -> Driver:
        return self._of.get(tenant, self._default)

    async def open(self, on_event: OnEvent) -> None:
        """Start both."""
        await self._default.open(on_event)
        await self._cloud.open(on_event)

    async def aclose(self) -> None:
        """Stop both."""
        try:
            await self._cloud.aclose()
        finally:
            await self._default.aclose()

    async def create_session(self, tenant: TenantId, phone_number: PhoneNumber) -> None:
        """Make the login known to the driver that was chosen for the tenant."""
        chosen = await self._chosen(tenant)
        self._of[tenant] = self._cloud if chosen == "cloud" else self._default
        await self._driver(tenant).create_session(tenant, phone_number)

    async def is_linked(self, tenant: TenantId) -> bool:
        """As the tenant's driver says."""
        return await self._driver(tenant).is_linked(tenant)

    async def start_pairing(self, tenant: TenantId, how: Literal["qr", "code"] = "qr") -> None:
        """Through the tenant's driver."""
        await self._driver(tenant).start_pairing(tenant, how)

    async def start(self, tenant: TenantId) -> None:
        """Through the tenant's driver."""
        await self._driver(tenant).start(tenant)

    async def stop(self, tenant: TenantId) -> None:
        """Through the tenant's driver."""
        await self._driver(tenant).stop(tenant)

    async def logout(self, tenant: TenantId) -> None:
        """Through the tenant's driver."""
        await self._driver(tenant).logout(tenant)

    async def send_text(
        self, tenant: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> Outcome:
        """Through the tenant's driver."""
        return await self._driver(tenant).send_text(tenant, chat, text, client_ref=client_ref)

    async def send_document(
        self, tenant: TenantId, chat: ChatId, document: Document, caption: str, *, client_ref: str
    ) -> Outcome:
        """Through the tenant's driver."""
        return await self._driver(tenant).send_document(
            tenant, chat, document, caption, client_ref=client_ref
        )

    async def send_image(
        self, tenant: TenantId, chat: ChatId, image: Document, caption: str, *, client_ref: str
    ) -> Outcome:
        """Through the tenant's driver."""
        return await self._driver(tenant).send_image(
            tenant, chat, image, caption, client_ref=client_ref
        )

    async def mark_read(self, tenant: TenantId, chat: ChatId, ids: tuple[str, ...]) -> None:
        """Through the tenant's driver."""
        await self._driver(tenant).mark_read(tenant, chat, ids)

    async def typing(self, tenant: TenantId, chat: ChatId, *, on: bool) -> None:
        """Through the tenant's driver."""
        await self._driver(tenant).typing(tenant, chat, on=on)

    async def check_number(self, tenant: TenantId, number: PhoneNumber) -> bool:
        """As the tenant's driver says."""
        return await self._driver(tenant).check_number(tenant, number)

    async def resolve_identity(self, tenant: TenantId, lid: str) -> PhoneNumber | None:
        """As the tenant's driver says."""
        return await self._driver(tenant).resolve_identity(tenant, lid)

    async def download(self, tenant: TenantId, document: Document, *, bytes_max: int) -> Fetched:
        """Through the tenant's driver."""
        return await self._driver(tenant).download(tenant, document, bytes_max=bytes_max)

    def measures(self) -> Sequence[WorkerMeasure]:
        """Of both."""
        return (*self._default.measures(), *self._cloud.measures())
