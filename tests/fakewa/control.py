"""The test's line to the fake: one JSON object asks, one JSON object answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.fakewa import pairing, post
from tests.fakewa.connection import cut_all, removed
from tests.fakewa.nodes import Node
from tests.fakewa.pairing import Registration
from tests.fakewa.phones import Phone
from tests.fakewa.shapes import (
    Addressing,
    Content,
    LinkedDevice,
    Receipts,
    Refusing,
)
from tests.fakewa.whatsapp import Unknown, WhatsApp

LINE_BYTES_MAX = 1024 * 1024
Handler = Callable[..., Coroutine[Any, Any, Any]]


class Control:
    """What a test may ask; each public coroutine is a word of the language."""

    def __init__(self, service: WhatsApp, folder: Path) -> None:
        self._service, self._folder = service, folder

    async def open(self) -> asyncio.Server:
        """Listen on a free port."""
        return await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=LINE_BYTES_MAX)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = _Words(self._service, self._folder)
        try:
            while line := await reader.readline():
                asked = json.loads(line)
                handler: Handler = getattr(words, asked.pop("do"))
                try:
                    told = {"told": await handler(**asked)}
                except (Unknown, pairing.PairingFailed, ValueError, KeyError) as error:
                    told = {"failed": f"{type(error).__name__}: {error}"}
                writer.write(json.dumps(told).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


class _Words:
    def __init__(self, service: WhatsApp, folder: Path) -> None:
        self._service, self._folder = service, folder

    # --- people -----------------------------------------------------------------------------------

    async def phone(
        self, number: str, name: str | None, lid: str | None, on_whatsapp: bool
    ) -> None:
        phone = self._service.phone(number)
        phone.on_whatsapp = on_whatsapp
        if name is not None:
            phone.name = name
        if lid is not None:
            phone.lid = lid

    async def write(
        self,
        *,
        sender: str,
        receiver: str,
        content: dict[str, Any],
        message_id: str | None,
        at: int | None,
        addressing: str,
        group: str,
    ) -> str:
        errand = post.Errand(
            sender=self._service.phone(sender),
            receiver=self._service.phone(receiver),
            content=Content.of(content),
            message_id=message_id or post.new_message_id(),
            at=int(time.time()) if at is None else at,
            addressing=Addressing(addressing),
            group=group,
        )
        await post.write(self._service, errand)
        return errand.message_id

    async def again(self, message_id: str, fresh: bool) -> None:
        await post.send_again(self._service, message_id, fresh=fresh)

    async def receipt(self, message_id: str, kind: str) -> None:
        await post.send_receipt(self._service, message_id, Receipts(kind))

    async def messages(
        self, number: str, *, chat: str | None, after: int, count: int, seconds: float
    ) -> list[dict[str, Any]]:
        phone = self._service.phone(number)

        def found() -> list[dict[str, Any]]:
            return [
                one.as_json()
                for one in phone.shown
                if one.number > after and chat in (None, one.chat)
            ]

        await self._service.bell.until(lambda: len(found()) >= count, seconds)
        return found()

    async def file(self, number: str, message_id: str) -> str:
        """Decrypt what was received into a file, for the test to read."""
        reference = self._service.phone(number).files.get(message_id)
        if reference is None:
            raise Unknown(f"{message_id} brought {number} no file")
        plain = self._service.media.get(
            reference.direct_path, reference.media_key, reference.media_type
        )
        path = self._folder / f"{number}-{message_id}"
        path.write_bytes(plain)
        return str(path)

    # --- linking ----------------------------------------------------------------------------------

    def _waiting(self) -> list[Registration]:
        found = (one.registration for one in self._service.connections)
        return [one for one in found if one is not None]

    async def scan(self, code: str, number: str, passkey: bool) -> str:
        registration, secret = pairing.find_scanned(self._waiting(), code)
        if passkey:
            await pairing.demand_passkey(registration)
            return ""
        return await self._link(self._service.phone(number), registration, secret)

    async def enter_pair_code(self, number: str, code: str) -> str:
        phone = self._service.phone(number)
        for registration in self._waiting():
            if registration.offer is not None and registration.offer.number == number:
                secret = await pairing.type_code(phone, registration, code)
                return await self._link(phone, registration, secret)
        raise Unknown(f"no device waits for a code on {number}")

    async def _link(self, phone: Phone, registration: Registration, secret: bytes) -> str:
        device = await pairing.link(phone, registration, secret)
        self._service.count("pairings")
        return str(device.jid)

    async def unlink(self, number: str) -> None:
        phone = self._service.phone(number)
        devices, phone.devices = list(phone.devices.values()), {}
        for device in devices:
            if device.connection is not None:
                await device.connection.end(removed())

    async def linked(self, number: str) -> list[dict[str, Any]]:
        return [
            LinkedDevice(
                jid=str(device.jid),
                online=device.listening,
                logins=device.logins,
                waiting=len(list(device.unacked())),
            ).as_json()
            for device in self._service.phone(number).devices.values()
        ]

    async def online(self, number: str, online: bool, logins: int, seconds: float) -> bool:
        phone = self._service.phone(number)

        def holds() -> bool:
            devices = phone.devices.values()
            return any(device.listening and device.logins >= logins for device in devices) == online

        return await self._service.bell.until(holds, seconds)

    # --- what linked devices did ------------------------------------------------------------------

    async def deliveries(
        self, message_id: str, acked: bool, receipt: str | None, seconds: float
    ) -> list[dict[str, Any]]:
        """Waits, if asked, until every device acknowledged or sent that receipt."""

        def found() -> list[dict[str, Any]]:
            told = (one.delivery_of(message_id) for one in self._service.devices())
            return [one.as_json() for one in told if one is not None]

        def holds() -> bool:
            return all(
                (one["acked"] or not acked) and (receipt is None or receipt in one["receipts"])
                for one in found()
            )

        await self._service.bell.until(holds, seconds)
        return found()

    async def acts(self, number: str, kind: str | None, count: int, seconds: float) -> list[Any]:
        phone = self._service.phone(number)

        def found() -> list[Any]:
            return [one.as_json() for one in phone.acts if kind in (None, one.kind)]

        await self._service.bell.until(lambda: len(found()) >= count, seconds)
        return found()

    async def counts(self, at_least: dict[str, int], seconds: float) -> dict[str, Any]:
        def found() -> dict[str, Any]:
            return self._service.counts.as_json()

        await self._service.bell.until(
            lambda: all(found()[what] >= enough for what, enough in at_least.items()), seconds
        )
        return found()

    # --- trouble ----------------------------------------------------------------------------------

    async def mode(self, number: str, changes: dict[str, Any]) -> None:
        self._service.modes[number] = replace(self._service.mode(number), **changes)

    async def refuse(self, how: str) -> None:
        self._service.refusing = Refusing(how)

    async def drop(self, number: str | None) -> None:
        if number is None:
            cut_all(self._service)
            return
        for device in self._service.phone(number).devices.values():
            if device.connection is not None:
                device.connection.cut()

    async def stream_error(self, number: str, code: str, conflict: str) -> None:
        attrs = {"code": code} if code else {}
        inside = (Node("conflict", {"type": conflict}),) if conflict else None
        for device in list(self._service.phone(number).devices.values()):
            if device.connection is not None:
                await device.connection.end(Node("stream:error", attrs, inside))
