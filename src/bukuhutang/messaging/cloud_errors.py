"""What the codes of the Cloud API mean for us: one table.

Source of the codes: Meta's page "Cloud API error codes" and `pywa.errors` 4.5, which follows it.
The same codes come as the answer to a request and inside the webhook of a failed status.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import httpx

from bukuhutang.messaging.driver import Outcome, Rejected, Unknown


class Trouble(StrEnum):
    """What a code says about more than the one message."""

    TOKEN = "token"  # noqa: S105  the kind of trouble: every number of the app is cut off
    NUMBER = "number"  # this phone id is not ours to use
    BANNED = "banned"  # the business account is locked
    BUSY = "busy"  # too fast for the number: all its sends pause
    PAIR_BUSY = "pair_busy"  # too fast for one chat


@dataclass(frozen=True)
class Meaning:
    """Why it did not go out, whether the same send may succeed later, and what else follows."""

    reason: str
    retry: bool = False
    trouble: Trouble | None = None


MEANINGS = {
    0: Meaning("token_invalid", True, Trouble.TOKEN),
    1: Meaning("meta_unavailable", True),
    2: Meaning("meta_unavailable", True),
    3: Meaning("permission_missing", True, Trouble.TOKEN),
    4: Meaning("rate_limited", True, Trouble.BUSY),
    10: Meaning("permission_missing", True, Trouble.TOKEN),
    33: Meaning("phone_id_unknown", True, Trouble.NUMBER),
    190: Meaning("token_invalid", True, Trouble.TOKEN),
    368: Meaning("policy_violation", True, Trouble.BANNED),
    80007: Meaning("rate_limited", True, Trouble.BUSY),
    130429: Meaning("rate_limited", True, Trouble.BUSY),
    130472: Meaning("not_delivered_by_meta"),
    130497: Meaning("country_not_allowed"),
    131000: Meaning("meta_unavailable", True),
    131005: Meaning("permission_missing", True, Trouble.TOKEN),
    131016: Meaning("meta_unavailable", True),
    131021: Meaning("chat_is_own_number"),
    131026: Meaning("not_on_whatsapp"),
    131030: Meaning("not_in_test_list"),
    131031: Meaning("policy_violation", True, Trouble.BANNED),
    131042: Meaning("payment_missing"),
    131047: Meaning("window_closed"),
    131048: Meaning("spam_limit"),
    131049: Meaning("not_delivered_by_meta"),
    131050: Meaning("opted_out_of_marketing"),
    131051: Meaning("kind_not_supported"),
    131053: Meaning("file_not_accepted"),
    131056: Meaning("pair_rate_limited", True, Trouble.PAIR_BUSY),
    132000: Meaning("template_unfit"),
    132001: Meaning("template_unknown"),
    132005: Meaning("template_too_long"),
    132007: Meaning("template_against_policy"),
    132012: Meaning("template_unfit"),
    132015: Meaning("template_paused"),
    132016: Meaning("template_disabled"),
    132018: Meaning("template_unfit"),
    133004: Meaning("meta_unavailable", True),
    133010: Meaning("number_not_registered", True, Trouble.NUMBER),
}
PERMISSION_CODES = range(200, 300)
GATEWAY_CODES = range(500, 600)
"""pywa takes the HTTP status for the code when the body is not Graph's: a proxy answered."""

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""No connection, so no request: it certainly did not leave."""


def meaning_of(code: int) -> Meaning:
    """What a code means; one we do not know is a refusal of this one message."""
    if code in PERMISSION_CODES:
        return Meaning("permission_missing", True, Trouble.TOKEN)
    return MEANINGS.get(code, Meaning(f"code_{code}"))


def refused(code: int) -> Outcome:
    """The outcome of a send that was answered with an error."""
    if code in GATEWAY_CODES:
        return Unknown(f"gateway answered {code}")
    meaning = meaning_of(code)
    return Rejected(meaning.reason, retry=meaning.retry)


def broken(fault: httpx.HTTPError) -> Outcome:
    """The outcome of a send whose connection failed."""
    if isinstance(fault, NOT_SENT):
        return Rejected("network", retry=True)
    return Unknown(f"no answer: {type(fault).__name__}")
