"""Showing out a phone that has scanned the code of a tenant with another number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa

TELL_SECONDS_MAX = 15.0
"""How long the phone may take to connect and the words to leave; afterwards it is unlinked."""

log = structlog.get_logger("sessions")


async def dismiss(
    driver: wa.Driver,
    tenant_id: TenantId,
    stranger: PhoneNumber,
    *,
    connected: asyncio.Event,
    words: Callable[[], Awaitable[str]],
    now: datetime,
) -> None:
    """Say why in the phone's own chat, where that is possible, and unlink it in any case.

    `connected` is set when the driver reports that the login is up: nothing can be sent before.
    What goes wrong is logged; the pairing has failed in any case.
    """
    ref = f"wrong-number:{now:%Y%m%dT%H%M%S.%f}"
    try:
        try:
            if driver.capabilities.self_chat:
                async with asyncio.timeout(TELL_SECONDS_MAX):
                    await connected.wait()
                    text = await words()
                    await driver.send_text(tenant_id, ChatId(stranger), text, client_ref=ref)
        finally:
            await driver.logout(tenant_id)
    except TimeoutError:
        log.warning("wrong_number_not_told", tenant_id=tenant_id)
    except Exception:
        log.exception("wrong_number_not_unlinked", tenant_id=tenant_id)
