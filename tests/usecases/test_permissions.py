"""Every use case asks first whether whoever acts may: found by walking, so none is forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import pytest

import bukuhutang.usecases
from bukuhutang.tenancy.roles import BY_ROLE, NOTHING, Permission, Role
from bukuhutang.usecases.refusals import NotPermitted

STEPS = "a step of use cases, which have asked already; also of what borrowers and the clock do"
BORROWER = "a borrower answers for himself"
RATE = "how often somebody may write, before it is known what he writes"
SERVICE = "the service's own act: nobody asks for it"
BY_OTHERS = {
    "agreement_consent.hear_consent": BORROWER,
    "borrower_talk.own_balance": BORROWER,
    "borrower_talk.opt_out": BORROWER,
    "borrower_talk.opt_in": BORROWER,
    "agreement_consent.expire": SERVICE,
    "agreement_documents.caption_of": SERVICE,
    "agreement_documents.settlement_caption": SERVICE,
    "agreement_voice.tell_borrower": STEPS,
    "agreement_voice.speak_to": STEPS,
    "agreement_voice.tell_lender": STEPS,
    "agreement_voice.answer_until": STEPS,
    "agreement_voice.local_date": STEPS,
    "agreement_dues.expected_dues": STEPS,
    "agreement_dues.dues_of": STEPS,
    "agreement_dues.people_with_dues": STEPS,
    "agreement_reading.agreement_of": STEPS,
    "agreement_reading.running": STEPS,
    "agreement_facts.open_agreement": STEPS,
    "agreement_facts.want_document": STEPS,
    "agreement_facts.append": STEPS,
    "agreement_facts.replan": STEPS,
    "agreement_facts.change_head": STEPS,
    "agreement_facts.ask_borrower": STEPS,
    "agreement_facts.close_request": STEPS,
    "agreement_facts.replace_request": STEPS,
    "rates.chat_window": RATE,
    "rates.count_answered": RATE,
    "rates.count_chat": RATE,
    "rates.hold_back": RATE,
    "rates.refuse_chat": RATE,
    "rates.outbox_is_full": RATE,
    "rates.refuse_outbox": RATE,
    "reports.month_now": STEPS,
    "quotas.month_of": STEPS,
    "quotas.room_for_agreement": STEPS,
    "quotas.room_for_debt": STEPS,
    "quotas.room_for_pdf": STEPS,
    "quotas.took_place": STEPS,
    "quotas.spend_ai_credit": "what a message costs to read, before it is known what it means",
    "reminders.words_of": STEPS,
}
"""What needs no permission, and why. Whoever adds a line here must be able to say it."""

DEMANDED = {
    "record_debt.record_debt": Permission.RECORD,
    "pay_person.pay_person": Permission.RECORD,
    "undo.undo_last": Permission.RECORD,
    "reminders.remind": Permission.RECORD,
    "interview.draft_agreement": Permission.RECORD,
    "agreement_payments.forgive": Permission.REMOVE,
    "agreement_payments.write_off": Permission.REMOVE,
    "overview.show_status": Permission.READ,
    "agreement_views.show_agreement": Permission.READ,
    "members.add_member": Permission.MEMBERS,
    "members.list_members": Permission.MEMBERS,
    "members.remove_member": Permission.MEMBERS,
}


def use_cases() -> dict[str, Callable[..., Any]]:
    """Every public function of the room that works on an open book."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(bukuhutang.usecases.__path__):
        loaded = importlib.import_module(f"bukuhutang.usecases.{module.name}")
        for name, one in inspect.getmembers(loaded, inspect.isfunction):
            if name.startswith("_") or one.__module__ != loaded.__name__:
                continue
            parameters = list(inspect.signature(one).parameters.values())
            if parameters and parameters[0].annotation == "Book":
                found[f"{module.name}.{name}"] = one
    return found


class Locked:
    """A book that lets nobody do anything, and breaks when it is touched before it was asked."""

    class occasion:
        permissions = NOTHING

    def require(self, permission: Permission) -> None:
        raise NotPermitted(permission)


async def refused(one: Callable[..., Any]) -> Permission:
    """Which permission it demands, before it has looked at anything."""
    needed = [
        each
        for each in list(inspect.signature(one).parameters.values())[1:]
        if each.default is inspect.Parameter.empty
    ]
    by_place = [object() for each in needed if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    by_name = {
        each.name: object() for each in needed if each.kind is inspect.Parameter.KEYWORD_ONLY
    }

    async def asked() -> None:
        done = one(Locked(), *by_place, **by_name)
        if inspect.isawaitable(done):
            await done

    with pytest.raises(NotPermitted) as no:
        await asked()
    permission = no.value.permission
    assert isinstance(permission, Permission)
    return permission


def test_the_walk_finds_the_use_cases() -> None:
    assert set(DEMANDED) <= set(use_cases())
    assert set(BY_OTHERS) <= set(use_cases()), "a name on the list is no use case any more"


@pytest.mark.parametrize("name", sorted(set(use_cases()) - set(BY_OTHERS)))
async def test_a_use_case_asks_first_whether_it_is_permitted(name: str) -> None:
    permission = await refused(use_cases()[name])
    assert DEMANDED.get(name, permission) is permission


OWN_LOGINS = {"sign_ins.sign_out_all": "everybody may end the own logins"}
STAGES = re.compile(
    r"book\.(seal|send|changes|counters|add_\w+|set_balance|change_borrower|meter)\b"
    r"|\b(append|replan|change_head|ask_borrower|close_request|replace_request)\(book\b"
    r"|\b(insert|write|update|delete|revoke|void)\w*\(book\.tx"
)


@pytest.mark.parametrize("name", sorted(set(use_cases()) - set(BY_OTHERS) - set(OWN_LOGINS)))
async def test_what_a_viewer_may_do_writes_nothing(name: str) -> None:
    """To ask for a permission is not enough: it must be the one that the act needs."""
    one = use_cases()[name]
    if await refused(one) is Permission.READ:
        assert not STAGES.search(inspect.getsource(one)), "a viewer would write by this"


def test_roles_hold_what_they_promise() -> None:
    assert BY_ROLE[Role.OWNER] == frozenset(Permission)
    assert BY_ROLE[Role.STAFF] == {Permission.READ, Permission.RECORD}
    assert BY_ROLE[Role.VIEWER] == {Permission.READ}
