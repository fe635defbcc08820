"""A yes, in words or as a reaction: it answers a question of the bot and means nothing else."""

from __future__ import annotations

_WORDS = frozenset(
    "ya iya iyaa yaa y yes yep yup ok oke okay okey oks sip siap betul benar boleh".split()
)
_SIGNS = frozenset("👍✅👌")
"""Thumbs up, a check mark, the ring of thumb and finger. A 🙏 says thanks, a ❤️ says more."""

_UNSEEN = dict.fromkeys((*range(0x1F3FB, 0x1F400), 0xFE0E, 0xFE0F, 0x200D), None)
"""Skin tones and what chooses how an emoji looks."""

_LENGTH_MAX = 20


def is_sign_of_assent(emoji: str) -> bool:
    """Whether a reaction says yes, in any skin tone."""
    return len(emoji) <= _LENGTH_MAX and emoji.translate(_UNSEEN) in _SIGNS


def is_assent(folded: str) -> bool:
    """Whether a whole message in its read form is a yes and nothing more."""
    if len(folded) > _LENGTH_MAX:
        return False
    return folded.strip(" .,!") in _WORDS or is_sign_of_assent(folded.strip())
