"""The simulator: a WhatsApp of our own behind the same interface as the real libraries.

It is as strict as they are: messages of a chat in order, at least once, held while a side is
offline, codes that expire, numbers that are banned or restricted, and the phone's echo of what the
service sent. Its network outlives the service (`simulator_journal`), the connections do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from bukuhutang.base.clock import MovableClock
from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging.driver import (
    Accepted,
    Capabilities,
    Document,
    Event,
    OnEvent,
    Outcome,
    Rejected,
    WorkerMeasure,
)
from bukuhutang.messaging.drivers.simulator_documents import DocumentFolder
from bukuhutang.messaging.drivers.simulator_hands import Hands
from bukuhutang.messaging.drivers.simulator_journal import JOURNAL_BYTES_MAX, Journal
from bukuhutang.messaging.drivers.simulator_network import SimulatedNetwork
from bukuhutang.messaging.drivers.simulator_pairing import Pairings
from bukuhutang.messaging.drivers.simulator_reporting import (
    RETRY_SECONDS,
    Reporter,
    WaSession,
)
from bukuhutang.messaging.simulated import (
    TEXT_MAX,
    DocumentTooLarge,
    MessageUnknown,
    NewChatBarred,
    NumberInvalid,
    PhoneBanned,
    PhoneState,
    SimulatorFull,
    StoredDocument,
    Ticks,
)


def open_simulator(
    folder: Path,
    clock: MovableClock,
    new_token: Callable[[], str],
    *,
    retry_seconds: float = RETRY_SECONDS,
    journal_bytes_max: int = JOURNAL_BYTES_MAX,
) -> SimulatorDriver:
    """The simulator with all that `folder` remembers; `clock` is moved to where it was.

    `new_token` gives unguessable names for codes and files; an event that the service fails to
    take is reported again after `retry_seconds`. Raises ConfigurationProblem when the
    folder's journal is damaged, OSError when it cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    documents = DocumentFolder(folder / "documents", new_token)
    journal = Journal(folder / "journal.jsonl", journal_bytes_max)
    try:
        network = SimulatedNetwork(journal, clock, documents)
    except ConfigurationProblem:
        journal.close()
        raise
    reporter = Reporter(network, documents, retry_seconds)
    return SimulatorDriver(network, documents, reporter, clock=clock, new_token=new_token)


class SimulatorDriver:
    """The `Driver`; `whatsapp` is the other side of it, the phones, for the web door."""

    capabilities = Capabilities(
        needs_pairing=True,
        templates=False,
        free_text_window=False,
        own_message_id=True,
        phone_echo=True,
        self_chat=True,
        paced=False,
    )

    def __init__(
        self,
        network: SimulatedNetwork,
        documents: DocumentFolder,
        reporter: Reporter,
        *,
        clock: MovableClock,
        new_token: Callable[[], str],
    ) -> None:
        self._network = network
        self._world = network.world
        self._documents = documents
        self._reporter = reporter
        self._pairings = Pairings(clock, new_token, self._report_to_tenant)
        self.whatsapp = Hands(network, documents, reporter, clock=clock, pairings=self._pairings)

    # --- the service's side: Driver ---

    async def open(self, on_event: OnEvent) -> None:
        """Report to `on_event`; nothing is connected yet."""
        self._reporter.open(on_event)

    async def aclose(self) -> None:
        """End pairings, reports and waits, and close the journal."""
        self.whatsapp.end_waits()
        self._pairings.end_all()
        await self._reporter.aclose()
        self._network.close()

    async def create_session(self, tenant: TenantId, phone_number: PhoneNumber) -> None:
        """Make the login known; a link to another phone, from an unfinished scan, is dropped."""
        if tenant not in self._reporter.sessions:
            self._reporter.sessions[tenant] = WaSession(tenant, phone_number)
        link = self._world.links.get(tenant)
        if link is not None and link.number != phone_number:
            self._network.unlink(link)

    async def is_linked(self, tenant: TenantId) -> bool:
        """Whether the tenant's own phone is linked."""
        wa = self._session(tenant)
        link = self._reporter.link_of(wa)
        return link is not None and link.number == wa.phone_number

    async def start_pairing(self, tenant: TenantId, how: Literal["qr", "code"] = "qr") -> None:
        """Show codes; once a phone has taken one and was kept, the session connects by itself."""
        self._drop(self._session(tenant))
        self._pairings.begin(tenant, how)

    async def start(self, tenant: TenantId) -> None:
        """Connect: Connected, or Disconnected while the phone is offline, Banned, LoggedOut."""
        self._reporter.connect(self._session(tenant))

    async def stop(self, tenant: TenantId) -> None:
        """Disconnect and keep the login, without an event; mail waits for the next `start`."""
        self._pairings.end(tenant)
        self._reporter.stop(self._session(tenant))

    async def logout(self, tenant: TenantId) -> None:
        """Unlink the device, without an event. Declines a link that was just scanned."""
        self._drop(self._session(tenant))

    async def send_text(
        self, tenant: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> Outcome:
        """Send a text of at most TEXT_MAX characters; `client_ref` becomes its id."""
        return self._send(tenant, chat, text, None, client_ref)

    async def send_document(
        self, tenant: TenantId, chat: ChatId, document: Document, caption: str, *, client_ref: str
    ) -> Outcome:
        """Send a file with its bytes and a caption that may be empty."""
        if (refused := self._refused(tenant)) is not None:
            return refused  # before the bytes are stored
        try:
            stored = await self._documents.save(document)
        except (DocumentTooLarge, SimulatorFull) as no:
            return Rejected(no.code)
        except OSError:
            return Rejected("storage_failed", retry=True)
        return self._send(tenant, chat, caption, stored, client_ref)

    async def send_image(
        self, tenant: TenantId, chat: ChatId, image: Document, caption: str, *, client_ref: str
    ) -> Outcome:
        """Send a picture; the simulated phones show it as a document."""
        return await self.send_document(tenant, chat, image, caption, client_ref=client_ref)

    async def mark_read(self, tenant: TenantId, chat: ChatId, ids: tuple[str, ...]) -> None:
        """Give the senders blue ticks; ids that this phone never received are passed over."""
        if self._refused(tenant) is not None:
            return
        for message_id in ids:
            with suppress(MessageUnknown, SimulatorFull, OSError):
                self._network.receipt(self._session(tenant).phone_number, message_id, Ticks.READ)

    async def typing(self, tenant: TenantId, chat: ChatId, *, on: bool) -> None:
        """Nothing: the simulated phones do not show it."""

    async def check_number(self, tenant: TenantId, number: PhoneNumber) -> bool:
        """Every number that somebody can hold has WhatsApp here."""
        try:
            self._network.read_number(number)
        except NumberInvalid:
            return False
        return True

    async def resolve_identity(self, tenant: TenantId, lid: str) -> PhoneNumber | None:
        """None: the simulated WhatsApp has no LIDs."""
        return None

    async def download(
        self, tenant: TenantId, document: Document, *, bytes_max: int
    ) -> bytes | None:
        """What the phone sent, by the token in the document's handle."""
        if document.handle is None or document.size > bytes_max:
            return None
        content = await self._documents.content(document.handle.decode())
        return content if content is not None and len(content) <= bytes_max else None

    def measures(self) -> Sequence[WorkerMeasure]:
        """None: the simulator has no child processes."""
        return ()

    def _session(self, tenant: TenantId) -> WaSession:
        wa = self._reporter.sessions.get(tenant)
        assert wa is not None, "create_session comes first"
        return wa

    def _drop(self, wa: WaSession) -> None:
        self._pairings.end(wa.tenant)
        self._reporter.stop(wa)
        wa.restricted = False
        if (link := self._world.links.get(wa.tenant)) is not None:
            self._network.unlink(link)

    def _refused(self, tenant: TenantId) -> Rejected | None:
        wa = self._reporter.sessions.get(tenant)
        if wa is not None and self._reporter.connected_link(wa) is not None:
            return None
        if wa is not None and self._world.phone(wa.phone_number).state is PhoneState.BANNED:
            return Rejected("banned")
        return Rejected("not_connected", retry=True)

    def _send(
        self,
        tenant: TenantId,
        chat: ChatId,
        text: str,
        document: StoredDocument | None,
        client_ref: str,
    ) -> Outcome:
        if (refused := self._refused(tenant)) is not None:
            return refused
        if len(text) > TEXT_MAX:
            return Rejected("too_long")
        link = self._reporter.link_of(self._session(tenant))
        assert link is not None, "not refused, so connected"
        try:
            to = self._network.read_chat(chat)
            self._network.send(link.number, to, text, document, client_ref)
        except NewChatBarred:
            return Rejected("restricted_463")
        except (NumberInvalid, PhoneBanned, SimulatorFull) as no:
            return Rejected(no.code)
        except OSError:
            return Rejected("storage_failed", retry=True)
        return Accepted(client_ref)

    def _report_to_tenant(self, tenant: TenantId, event: Event) -> None:
        self._reporter.report(self._session(tenant), event)
