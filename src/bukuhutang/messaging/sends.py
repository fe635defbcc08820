"""What goes out through a login that is held here: only while it is up and surely still ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.relevance import SentIds


class Sends:
    """The sending half of a SessionManager."""

    def __init__(
        self,
        driver: wa.Driver,
        capabilities_of: Callable[[TenantId], wa.Capabilities] | None = None,
    ) -> None:
        self._driver = driver
        # Tenants may differ, when the driver serves them through several kinds of WhatsApp.
        self.capabilities_of = capabilities_of or (lambda _: driver.capabilities)
        self._sent = SentIds()

    def may_send(self, tenant_id: TenantId) -> bool:
        """Whether the login is connected and certainly still ours."""
        raise NotImplementedError

    def needs_pairing(self, tenant_id: TenantId) -> bool:
        """Whether a person links this login to a phone."""
        return self.capabilities_of(tenant_id).needs_pairing

    def is_paced(self, tenant_id: TenantId) -> bool:
        """Whether this number is banned when it sends too fast or to too many new people."""
        return self.capabilities_of(tenant_id).paced

    @property
    def paces(self) -> bool:
        """Whether any number here may have to be sent through slowly."""
        return self._driver.capabilities.paced

    async def send_message(
        self, tenant_id: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> wa.Outcome:
        """Send one text; the outcome says what is known of it."""
        return await self._send(
            tenant_id,
            client_ref,
            lambda: self._driver.send_text(tenant_id, chat, text, client_ref=client_ref),
        )

    async def send_document(
        self,
        tenant_id: TenantId,
        chat: ChatId,
        document: wa.Document,
        caption: str,
        *,
        client_ref: str,
    ) -> wa.Outcome:
        """Send one file with its bytes; the outcome says what is known of it."""
        return await self._send(
            tenant_id,
            client_ref,
            lambda: self._driver.send_document(
                tenant_id, chat, document, caption, client_ref=client_ref
            ),
        )

    async def _send(
        self, tenant_id: TenantId, client_ref: str, act: Callable[[], Awaitable[wa.Outcome]]
    ) -> wa.Outcome:
        if not self.may_send(tenant_id):
            return wa.Rejected("not_connected", retry=True)
        self._sent.remember(tenant_id, client_ref)
        outcome = await act()
        if isinstance(outcome, wa.Accepted):
            self._sent.remember(tenant_id, outcome.provider_id)
        return outcome

    async def download(
        self, tenant_id: TenantId, document: wa.Document, bytes_max: int
    ) -> wa.Fetched:
        """The content of a received file."""
        return await self._driver.download(tenant_id, document, bytes_max=bytes_max)

    async def typing(self, tenant_id: TenantId, chat: ChatId, *, on: bool) -> None:
        """Show the other side that somebody types, or no longer; nothing while not connected."""
        if self.may_send(tenant_id):
            await self._driver.typing(tenant_id, chat, on=on)

    async def check_number(self, tenant_id: TenantId, number: PhoneNumber) -> bool | None:
        """Whether the number has WhatsApp; None while nobody can be asked."""
        if not self.may_send(tenant_id):
            return None
        return await self._driver.check_number(tenant_id, number)
