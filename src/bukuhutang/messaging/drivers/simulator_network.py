"""What may happen in the simulated WhatsApp, and the record of what did. Synchronous.

Every act is checked, written to the journal, then applied to the `World`; the journal's entries,
applied again in order, are the restart. The kinds of entry:

    m  a message: at, sender, to, id, text, document or null, sent by the service
    M  one with more: as m, then what it does, what it refers to, the cards in it
    +  a message sent again: number, id
    r  a receipt: number, id, ticks
    s  a phone's switch: number, state
    l  a device linked: number, tenant       u  unlinked: number
    a  the device of a tenant has confirmed its mailbox up to a position (a note)
    c  the business clock: microseconds in front of the machine
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from bukuhutang.base.clock import MovableClock
from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.drivers.simulator_documents import DocumentFolder
from bukuhutang.messaging.drivers.simulator_journal import Entry, Journal
from bukuhutang.messaging.drivers.simulator_phones import (
    GROUP_SUFFIX,
    RANK,
    Link,
    Message,
    Phone,
    is_group,
)
from bukuhutang.messaging.drivers.simulator_world import World
from bukuhutang.messaging.simulated import (
    MessageNotYours,
    MessageTooOld,
    MessageUnknown,
    NewChatBarred,
    NumberInvalid,
    PhoneBanned,
    PhoneOffline,
    PhoneState,
    SimulatorFull,
    StoredDocument,
    Ticks,
)
from bukuhutang.messaging.simulated_acts import (
    DELETE_WITHIN,
    EDIT_WITHIN,
    PLAIN,
    ActKind,
    Card,
    Extras,
)
from bukuhutang.tenancy.phone import read_phone

GROUP_MEMBERS_MAX = 1024
GROUP_ID_MAX = 40
"""WhatsApp's own limits."""

WITHIN = {ActKind.EDIT: EDIT_WITHIN, ActKind.DELETION: DELETE_WITHIN}

SPELLINGS_REMEMBERED = 50_000
"""Reading a number costs more than everything else about a message."""


@lru_cache(maxsize=SPELLINGS_REMEMBERED)
def _spelled(text: str) -> PhoneNumber | None:
    """The number in `text`, also when it is E.164 digits of another country without a plus."""
    return read_phone(text) or (read_phone("+" + text) if text.isdigit() else None)


class SimulatedNetwork:
    """The rules of the network. Its caller reports what lands in a link's mailbox."""

    def __init__(self, journal: Journal, clock: MovableClock, documents: DocumentFolder) -> None:
        self._journal = journal
        self._clock = clock
        self._documents = documents
        self.world = World()
        self._replay()

    def _replay(self) -> None:
        for entry in self._journal.entries():
            try:
                self._apply(entry)
            except (LookupError, TypeError, ValueError) as problem:
                raise ConfigurationProblem(
                    f"the simulator's journal holds an entry of kind {entry[0]!r} that this "
                    "version cannot read"
                ) from problem

    def _apply(self, entry: Entry) -> None:
        kind, world = entry[0], self.world
        if kind in ("m", "M"):
            self.world.accept(self._message(*entry[1:]))
        elif kind == "a":
            # A note may be written after the device it speaks of was unlinked.
            if (link := world.links.get(entry[1])) is not None:
                link.confirm(entry[2])
        elif kind == "r":
            world.mark(world.phone(entry[1]).by_id[entry[2]], Ticks(entry[3]))
        elif kind == "+":
            world.mail_again(world.phone(entry[1]).by_id[entry[2]])
        elif kind == "s":
            world.switch(world.phone(entry[1]), PhoneState(entry[2]))
        elif kind == "l":
            world.link(world.phone(entry[1]), TenantId(entry[2]))
        elif kind == "u":
            world.unlink(world.phone(entry[1]))
        elif kind == "c":
            self._clock.advance(timedelta(microseconds=entry[1]) - self._clock.ahead)
        else:
            raise KeyError(kind)

    def _message(
        self, at: str, sender: str, to: str, message_id: str, text: str, *more: object
    ) -> Message:
        document, by_service, *extras = more
        stored = None
        if isinstance(document, list):
            stored = StoredDocument(*document)
            self._documents.add(stored)
        when = datetime.fromisoformat(at)
        number = PhoneNumber(sender)
        message = Message(message_id, number, to, text, when, stored, bool(by_service))
        if extras:
            [act, refers_to, cards] = extras
            message.extras = Extras(
                None if act is None else ActKind(str(act)),
                None if refers_to is None else str(refers_to),
                tuple(Card(*one) for one in cards),  # type: ignore[attr-defined]
            )
        return message

    def _do(self, *entry: object) -> None:
        """Write, then apply: what is told to anybody is in the journal."""
        self._journal.write(list(entry))
        self._apply(list(entry))

    def _accept(self, message: Message) -> None:
        self._journal.write(_entry_of(message))
        self.world.accept(message)

    # --- numbers ---

    def read_number(self, text: str) -> PhoneNumber:
        """The number in any spelling. Raises NumberInvalid."""
        if self.world.has_phone(text):
            return PhoneNumber(text)
        number = _spelled(text)
        if number is None:
            raise NumberInvalid(text)
        return number

    def read_chat(self, text: str) -> str:
        """A number in any spelling, or a group's id as it is. Raises NumberInvalid."""
        if not is_group(text):
            return self.read_number(text)
        name = text.removesuffix(GROUP_SUFFIX)
        if not (name.isascii() and name.replace("-", "").isdigit() and len(name) <= GROUP_ID_MAX):
            raise NumberInvalid(text)
        return text

    # --- messages ---

    def write(
        self,
        number: PhoneNumber,
        to: str,
        text: str,
        *,
        document: StoredDocument | None = None,
        asked_id: str | None = None,
        extras: Extras = PLAIN,
    ) -> tuple[Message, bool]:
        """The message typed on a phone, and whether it was sent before under the same id.

        Raises PhoneBanned, NewChatBarred, SimulatorFull, MessageUnknown, MessageNotYours,
        MessageTooOld.
        """
        phone = self.world.phone(number)
        if asked_id is not None:
            earlier = phone.own(asked_id) or phone.own(f"{asked_id}.{number}")
            if earlier is not None:
                self._resend(phone, earlier)
                return earlier, True
        self._check_may_write(phone, to)
        self._check_reference(phone, to, extras)
        now = self._clock.now()
        message = Message(asked_id or "", number, to, text, now, document, False, extras)
        message.id = self._free_id(phone, message)
        self._accept(message)
        return message, False

    def send(
        self, number: PhoneNumber, to: str, text: str, document: StoredDocument | None, ref: str
    ) -> None:
        """The device linked to `number` sends a message, under the id `ref`.

        WhatsApp does not compare it with earlier ones: the same `ref` twice is shown twice, which
        is how a fault of ours becomes visible. Raises as `write` does.
        """
        self._check_may_write(self.world.phone(number), to)
        self._accept(Message(ref, number, to, text, self._clock.now(), document, True))

    def _check_may_write(self, phone: Phone, to: str) -> None:
        if phone.state is PhoneState.BANNED:
            raise PhoneBanned(phone.number)
        if self.world.barred(phone, to):
            raise NewChatBarred(phone.number, to)
        if is_group(to):
            members = self.world.groups.get(to, {})
            if len(members) >= GROUP_MEMBERS_MAX and phone.number not in members:
                raise SimulatorFull("group")
        else:
            self.world.phone(PhoneNumber(to))  # it exists before anything is written about it

    def _check_reference(self, phone: Phone, to: str, extras: Extras) -> None:
        """Whether the message referred to is there, and may be edited or deleted."""
        if extras.refers_to is None:
            return
        target = phone.by_id.get(extras.refers_to)
        is_there = (
            target is not None
            and target.is_in_chat(phone.number, to)
            and phone.seq_of(target) is not None
            and not (target in phone.overlays and phone.overlays[target].deleted)
        )
        if target is None or not is_there:
            raise MessageUnknown(extras.refers_to)
        within = WITHIN.get(extras.act) if extras.act is not None else None
        if within is None:
            return
        if target.sender != phone.number:
            raise MessageNotYours(target.id)
        if self._clock.now() - target.at > within:
            raise MessageTooOld(within // timedelta(minutes=1))

    def _free_id(self, sender: Phone, message: Message) -> str:
        """An id that is unique in every phone concerned: the service tells messages apart by it.

        Two phones may ask for the same id; the second then gets its number appended.
        """
        phones = [sender, *self.world.others(message)]
        wanted = message.id or f"3EB0{self.world.messages:012X}"
        while any(wanted in one.by_id for one in phones):
            wanted = f"{wanted}.{message.sender}"
        return wanted

    def _resend(self, phone: Phone, message: Message) -> None:
        # What has not left the phone yet leaves it once, however often it was tapped.
        if phone.reachable and message.ticks not in (Ticks.PENDING, Ticks.FAILED):
            self._do("+", phone.number, message.id)

    def receipt(self, number: PhoneNumber, message_id: str, ticks: Ticks) -> Message:
        """The phone confirms what it received. Raises MessageUnknown, PhoneOffline, PhoneBanned."""
        phone = self.world.phone(number)
        message = phone.by_id.get(message_id)
        if message is None or message.sender == number:
            raise MessageUnknown(message_id)
        if phone.state is PhoneState.BANNED:
            raise PhoneBanned(number)
        if not phone.reachable:
            raise PhoneOffline(number)
        if RANK[ticks] > RANK[message.ticks]:
            self._do("r", number, message_id, ticks.value)
        return message

    # --- switches, links, clock ---

    def set_state(self, number: PhoneNumber, state: PhoneState) -> None:
        """Turn a phone's switch. Raises SimulatorFull."""
        self._do("s", number, state.value)

    def link(self, number: PhoneNumber, tenant: TenantId) -> Link:
        """Link a device of the tenant to the phone; one it had before is forgotten."""
        self._do("l", number, tenant)
        return self.world.links[tenant]

    def unlink(self, link: Link) -> None:
        """Forget the linked device and its mailbox; does nothing when it is no longer linked."""
        if self.world.links.get(link.tenant) is link:
            self._do("u", link.number)

    def confirm(self, link: Link, position: int) -> None:
        """The service has dealt with the mailbox up to `position`.

        Only a note: lost with the process, the items are reported again, as WhatsApp would.
        """
        link.confirm(position)
        if self.world.links.get(link.tenant) is link:
            self._journal.note(["a", link.tenant, position])

    def move_clock(self, by: timedelta) -> None:
        """Move business time forward and remember it over restarts."""
        self._do("c", (self._clock.ahead + by) // timedelta(microseconds=1))

    def close(self) -> None:
        """Close the journal; nothing may happen afterwards."""
        self._journal.close()


def _entry_of(message: Message) -> Entry:
    stored = message.document
    document = stored and [stored.token, stored.file_name, stored.mime_type, stored.size]
    if document and stored and stored.kept is not None:
        document.append(stored.kept)
    at = message.at.isoformat()
    by_service = int(message.by_service)
    entry: Entry = [at, message.sender, message.to, message.id, message.text, document, by_service]
    extras = message.extras
    if extras == PLAIN:
        return ["m", *entry]
    return [
        "M",
        *entry,
        extras.act,
        extras.refers_to,
        [[one.name, one.phone] for one in extras.cards],
    ]
