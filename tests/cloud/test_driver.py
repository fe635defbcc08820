"""The driver against the fake Graph: what is sent, what a refusal means, what is fetched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bukuhutang.base.errors import ConfigurationProblem, TransientFault
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.cloud_errors import MEANINGS, Trouble
from bukuhutang.messaging.driver import Accepted, Document, Fetched, Rejected, TooLarge, Unknown
from bukuhutang.messaging.drivers.cloud import CloudDriver, fold
from bukuhutang.messaging.drivers.cloud_download import is_allowed
from bukuhutang.messaging.drivers.cloud_graph import CloudConfig
from tests.cloud.fake_graph import FakeGraph, Refused, running_graph
from tests.cloud.world import config
from tests.store.ground import NOON
from tests.web.rig import StandingClock

ONE, TWO = TenantId(1), TenantId(2)
LINE, OTHER_LINE = "1065001", "1065002"
OWN, OTHER = PhoneNumber("6282211111111"), PhoneNumber("6282222222222")
BUDI = ChatId("6281222222222")
PDF = Document("perjanjian.pdf", "application/pdf", 8, b"%PDF-1.7")
SECONDS_MAX = 10


@dataclass
class Ports:
    """What the database would say."""

    lines: dict[TenantId, str | None]
    heard: datetime | None = NOON
    away: bool = False

    async def phone_id(self, tenant_id: TenantId) -> str | None:
        """As arranged."""
        return self.lines[tenant_id]

    async def last_heard(self, tenant_id: TenantId, chat_id: ChatId) -> datetime | None:
        """As arranged."""
        if self.away:
            raise TransientFault("away")
        return self.heard


@dataclass
class Rig:
    """One driver with two numbers, and what it has reported."""

    graph: FakeGraph
    ports: Ports
    clock: StandingClock
    driver: CloudDriver
    told: list[tuple[TenantId, wa.Event]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_event(self, tenant_id: TenantId, event: wa.Event) -> None:
        """Note it."""
        self.told.append((tenant_id, event))
        self.changed.set()

    async def start(self, tenant_id: TenantId, number: PhoneNumber) -> wa.Event:
        """Use a number; what was reported first."""
        before = len(self.told)
        await self.driver.create_session(tenant_id, number)
        await self.driver.start(tenant_id)
        async with asyncio.timeout(SECONDS_MAX):
            while len(self.told) == before:
                self.changed.clear()
                await self.changed.wait()
        return self.told[-1][1]

    async def send(self, text: str = "halo", ref: str = "in:1:1") -> wa.Outcome:
        """Send Budi a text."""
        return await self.driver.send_text(ONE, BUDI, text, client_ref=ref)


@asynccontextmanager
async def made_rig(**settings: object) -> AsyncIterator[Rig]:
    """A driver whose first number is connected and whose window with Budi is open."""
    clock = StandingClock(NOON)
    async with running_graph(clock.now) as graph:
        graph.numbers = {LINE: "+62 822-1111-1111", OTHER_LINE: "+62 822-2222-2222"}
        graph.windows[LINE, BUDI] = NOON
        ports = Ports({ONE: LINE, TWO: OTHER_LINE})
        driver = CloudDriver(config(graph, **settings), ports, clock)
        rig = Rig(graph, ports, clock, driver)
        await driver.open(rig.on_event)
        try:
            assert await rig.start(ONE, OWN) == wa.Connected()
            yield rig
        finally:
            await driver.aclose()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with made_rig() as made:
        yield made


class TestStates:
    async def test_a_phone_id_of_another_number_is_refused(self, rig: Rig) -> None:
        rig.ports.lines[TWO] = LINE
        assert await rig.start(TWO, OTHER) == wa.LoggedOut("phone_id_of_another")

    async def test_a_phone_id_that_does_not_exist_is_refused(self, rig: Rig) -> None:
        rig.ports.lines[TWO] = "404"
        assert await rig.start(TWO, OTHER) == wa.LoggedOut("phone_id_unknown")

    async def test_without_a_phone_id_nothing_connects(self, rig: Rig) -> None:
        rig.ports.lines[TWO] = None
        assert await rig.start(TWO, OTHER) == wa.LoggedOut("phone_id_missing")
        assert not await rig.driver.is_linked(TWO)

    async def test_a_token_that_is_refused_is_a_logout_with_its_reason(self, rig: Rig) -> None:
        rig.graph.tokens.clear()
        assert await rig.start(TWO, OTHER) == wa.LoggedOut("token_invalid")

    async def test_a_token_refused_at_a_send_logs_every_number_out(self, rig: Rig) -> None:
        assert await rig.start(TWO, OTHER) == wa.Connected()
        rig.graph.tokens.clear()
        assert await rig.send() == Rejected("not_connected", retry=True)
        gone = {(ONE, wa.LoggedOut("token_invalid")), (TWO, wa.LoggedOut("token_invalid"))}
        assert set(rig.told[-2:]) == gone
        asked = len(rig.graph.requests)
        assert await rig.send() == Rejected("not_connected", retry=True)
        assert len(rig.graph.requests) == asked  # it waits, nobody is asked again

    @pytest.mark.parametrize("code", [368, 131031])
    async def test_a_locked_account_is_a_ban(self, rig: Rig, code: int) -> None:
        rig.graph.faults = [Refused(code)]
        assert await rig.send() == Rejected("not_connected", retry=True)
        assert rig.told[-1] == (ONE, wa.Banned("policy_violation"))

    async def test_there_is_nothing_to_pair(self, rig: Rig) -> None:
        await rig.driver.start_pairing(ONE)
        assert rig.told[-1] == (ONE, wa.PairingFailed("error"))

    async def test_meta_out_of_reach_is_a_broken_connection(self, rig: Rig) -> None:
        driver = CloudDriver(CloudConfig("t", base_url="http://127.0.0.1:9"), rig.ports, rig.clock)
        other = Rig(rig.graph, rig.ports, rig.clock, driver)
        await driver.open(other.on_event)
        try:
            assert await other.start(ONE, OWN) == wa.Disconnected("ConnectError")
        finally:
            await driver.aclose()


class TestSending:
    async def test_a_text_goes_out_from_the_tenants_number_with_our_reference(
        self, rig: Rig
    ) -> None:
        outcome = await rig.send("halo\nBudi", "in:7:1")
        (sent,) = rig.graph.sent
        assert outcome == Accepted(sent.id)
        assert (sent.phone_id, sent.to, sent.kind, sent.text) == (LINE, BUDI, "text", "halo\nBudi")
        assert sent.client_ref == "in:7:1"

    async def test_a_document_arrives_byte_for_byte(self, rig: Rig) -> None:
        assert isinstance(
            await rig.driver.send_document(ONE, BUDI, PDF, "Perjanjian", client_ref="a"), Accepted
        )
        (sent,) = rig.graph.sent
        assert (sent.kind, sent.file, sent.text) == ("document", PDF.content, "Perjanjian")
        assert sent.content["filename"] == "perjanjian.pdf"

    async def test_a_picture_arrives_byte_for_byte(self, rig: Rig) -> None:
        picture = Document("struk.png", "image/png", 4, b"\x89PNG")
        assert isinstance(
            await rig.driver.send_image(ONE, BUDI, picture, "", client_ref="a"), Accepted
        )
        (sent,) = rig.graph.sent
        assert (sent.kind, sent.file, set(sent.content)) == ("image", b"\x89PNG", {"id"})

    async def test_a_chat_without_a_number_gets_nothing(self, rig: Rig) -> None:
        outcome = await rig.driver.send_text(ONE, ChatId("ID.99"), "x", client_ref="a")
        assert outcome == Rejected("no_number")

    async def test_a_text_longer_than_whatsapp_takes_is_refused_here(self, rig: Rig) -> None:
        assert await rig.send("x" * 4097) == Rejected("text_too_long")

    async def test_nothing_is_guessed_while_the_database_is_away(self, rig: Rig) -> None:
        rig.ports.away = True
        assert await rig.send() == Rejected("database_away", retry=True)
        assert rig.graph.sent == []


class TestWindow:
    async def test_after_a_day_a_text_goes_into_the_template_as_one_line(self, rig: Rig) -> None:
        rig.clock.at += timedelta(hours=24)
        outcome = await rig.send("Halo Budi,\n\n  jatuh tempo\tbesok.\n")
        (sent,) = rig.graph.sent
        assert outcome == Accepted(sent.id)
        assert (sent.kind, sent.text) == ("template", "Halo Budi, · jatuh tempo besok.")

    async def test_who_never_wrote_has_no_window(self, rig: Rig) -> None:
        rig.ports.heard = None
        assert isinstance(await rig.send(), Accepted)
        assert rig.graph.sent[0].kind == "template"

    async def test_a_document_outside_the_window_goes_into_its_template(self, rig: Rig) -> None:
        rig.ports.heard = None
        outcome = await rig.driver.send_document(ONE, BUDI, PDF, "Ini\nsuratnya", client_ref="a")
        (sent,) = rig.graph.sent
        assert outcome == Accepted(sent.id)
        assert (sent.kind, sent.text, sent.file) == ("template", "Ini · suratnya", PDF.content)

    async def test_without_a_template_the_window_is_the_reason(self) -> None:
        async with made_rig(template_notice=None, template_document=None) as rig:
            rig.ports.heard = None
            assert await rig.send() == Rejected("window_closed")
            outcome = await rig.driver.send_document(ONE, BUDI, PDF, "", client_ref="a")
            assert outcome == Rejected("window_closed")
            assert ("POST", f"{LINE}/media") not in rig.graph.requests

    async def test_a_window_that_meta_sees_closed_falls_back_to_the_template(
        self, rig: Rig
    ) -> None:
        del rig.graph.windows[LINE, BUDI]
        assert isinstance(await rig.send(), Accepted)
        assert [one.kind for one in rig.graph.sent] == ["template"]

    async def test_a_text_too_long_for_a_template_is_refused(self, rig: Rig) -> None:
        rig.ports.heard = None
        assert await rig.send("x" * 1025) == Rejected("template_too_long")

    @pytest.mark.parametrize(("code", "reason"), [(132001, "template_unknown")])
    async def test_a_template_that_meta_does_not_know_is_named(
        self, rig: Rig, code: int, reason: str
    ) -> None:
        rig.graph.templates.clear()
        rig.ports.heard = None
        assert await rig.send() == Rejected(reason)


class TestRefusals:
    @pytest.mark.parametrize(
        "code",
        [code for code, one in MEANINGS.items() if one.trouble is None and code != 131047],
    )
    async def test_each_code_has_its_reason(self, rig: Rig, code: int) -> None:
        rig.graph.faults = [Refused(code)]
        meaning = MEANINGS[code]
        assert await rig.send() == Rejected(meaning.reason, retry=meaning.retry)
        assert rig.told[1:] == []  # nothing but this message is concerned

    @pytest.mark.parametrize(
        "code",
        [code for code, one in MEANINGS.items() if one.trouble in (Trouble.TOKEN, Trouble.NUMBER)],
    )
    async def test_what_concerns_the_login_makes_the_message_wait(
        self, rig: Rig, code: int
    ) -> None:
        rig.graph.faults = [Refused(code)]
        assert await rig.send() == Rejected("not_connected", retry=True)
        assert rig.told[-1] == (ONE, wa.LoggedOut(MEANINGS[code].reason))

    @pytest.mark.parametrize("code", [130429, 80007, 4, 131056])
    async def test_too_fast_is_tried_again_after_a_pause(self, code: int) -> None:
        async with made_rig(pause_seconds=0.2) as rig:
            rig.graph.faults = [Refused(code)]
            refused = await rig.send()
            assert isinstance(refused, Rejected)
            assert refused.retry
            began = asyncio.get_running_loop().time()
            assert isinstance(await rig.send(), Accepted)
            assert asyncio.get_running_loop().time() - began >= 0.15

    async def test_a_code_nobody_knows_is_this_messages_alone(self, rig: Rig) -> None:
        rig.graph.faults = [Refused(999_999)]
        assert await rig.send() == Rejected("code_999999")

    @pytest.mark.parametrize("how", ["gateway", "empty"])
    async def test_an_answer_that_says_nothing_leaves_the_outcome_unknown(
        self, rig: Rig, how: str
    ) -> None:
        rig.graph.faults = [how]
        assert isinstance(await rig.send(), Unknown)
        assert len(rig.graph.sent) == 1  # and yet it went out

    async def test_no_answer_leaves_the_outcome_unknown(self) -> None:
        async with made_rig(answer_seconds=0.3) as rig:
            rig.graph.faults = ["silence"]
            assert await rig.send() == Unknown("no answer: ReadTimeout")

    async def test_no_connection_means_that_it_did_not_leave(self, rig: Rig) -> None:
        driver = CloudDriver(config(rig.graph), rig.ports, rig.clock)
        other = Rig(rig.graph, rig.ports, rig.clock, driver)
        await driver.open(other.on_event)
        try:
            assert await other.start(ONE, OWN) == wa.Connected()
            driver._graph.http.base_url = "http://127.0.0.1:9"
            assert await other.send() == Rejected("network", retry=True)
        finally:
            await driver.aclose()

    async def test_an_upload_that_failed_sends_nothing(self, rig: Rig) -> None:
        rig.graph.tokens.clear()
        outcome = await rig.driver.send_document(ONE, BUDI, PDF, "", client_ref="a")
        assert outcome == Rejected("not_connected", retry=True)
        assert rig.graph.sent == []


class TestFetching:
    async def fetched(self, rig: Rig, content: bytes, *, bytes_max: int = 100) -> Fetched:
        """Fetch a file that lies at Meta's."""
        rig.graph.media["77"] = (content, "application/pdf")
        file = Document("x", "application/pdf", 0, handle=b"77")
        return await rig.driver.download(ONE, file, bytes_max=bytes_max)

    async def test_a_received_file_is_fetched_byte_for_byte(self, rig: Rig) -> None:
        content = bytes(range(100))
        assert await self.fetched(rig, content) == content

    async def test_one_that_is_too_large_is_not_fetched(self, rig: Rig) -> None:
        assert await self.fetched(rig, b"x" * 101) == TooLarge(101)
        assert ("GET", "file") not in rig.graph.requests

    async def test_one_that_is_larger_than_claimed_is_dropped_on_the_way(self, rig: Rig) -> None:
        rig.graph.claimed_size = 5
        assert await self.fetched(rig, b"x" * 100) == b"x" * 100
        assert await self.fetched(rig, b"x" * 101) == TooLarge(101)

    async def test_one_that_is_gone_is_none(self, rig: Rig) -> None:
        file = Document("x", "application/pdf", 0, handle=b"404")
        assert await rig.driver.download(ONE, file, bytes_max=9) is None

    @pytest.mark.parametrize("handle", [None, b"", b"../1065001/messages", b"a?b", b"\xff"])
    async def test_a_handle_that_is_no_media_id_asks_for_nothing(
        self, rig: Rig, handle: bytes | None
    ) -> None:
        asked = len(rig.graph.requests)
        file = Document("x", "application/pdf", 0, handle=handle)
        assert await rig.driver.download(ONE, file, bytes_max=9) is None
        assert len(rig.graph.requests) == asked

    async def test_an_address_inside_our_own_network_is_never_fetched(self, rig: Rig) -> None:
        async with running_graph() as inside:
            inside.media["77"] = (b"secret", "text/plain")
            rig.graph.media_address = f"{inside.base_url}/files/77"
            assert await self.fetched(rig, b"x") is None
            assert inside.requests == []

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "http://lookaside.fbsbx.com/x",
            "https://lookaside.fbsbx.com.evil.example/x",
            "https://evilfbsbx.com/x",
            "https://fbsbx.com@evil.example/x",
            "https://user:pw@lookaside.fbsbx.com/x",
            "https://lookaside.fbsbx.com:8443/x",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "https://lookaside.fbsbx.com\n.evil.example/x",
            "https://graph.facebook.com.evil.example/x",
            "https://[bad/x",
        ],
    )
    async def test_only_metas_own_hosts_are_fetched_from(self, url: str) -> None:
        assert not await is_allowed(url, "https://graph.facebook.com")


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "http://graph.example"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "graph.facebook.com"},
        {"base_url": "https://graph.example/?x=1"},
        {"api_version": "latest"},
        {"api_version": "23.0/../x"},
    ],
)
def test_a_token_is_never_sent_to_an_unsafe_address(changes: dict[str, str]) -> None:
    with pytest.raises(ConfigurationProblem):
        CloudConfig("t", **changes)  # type: ignore[arg-type]


def test_the_token_is_in_no_representation() -> None:
    assert "sesame" not in repr(CloudConfig("sesame"))


def test_folding_leaves_one_line() -> None:
    assert fold("a\n\n b\t c \r\n") == "a · b c"
