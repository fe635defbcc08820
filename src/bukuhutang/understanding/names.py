"""Who: what may be a person's name, and when two spellings are one name.

A name is what stands where the command has its name, as it was written. Titles belong to it (Pak
Haji Slamet, Bu RT); a leading "si" does not. It needs something visible besides figures and
separators, at most sixty characters, and none of the words below: they show that the sentence
says something else ("ke", "belum", "utang"), and a wrong row costs more than a question. A name
that cannot be written otherwise goes in quotation marks: PINJAM "Toko 99" 500rb.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bukuhutang.understanding import normalise
from bukuhutang.understanding.intents import NAME_MAX
from bukuhutang.understanding.numerals import FOREIGN_MONEY

NAME_KEY_MAX = 180
"""The longest key the store keeps; compatibility folding can make a key longer than its name."""

_SHOWN_MAX = 60

_SEPARATORS = frozenset(("-", "–", "—", "|", "/", "•", "=", ":", ",", ";", "."))
_EDGE = " ,;:"
_UNSEEN_IN_KEY = frozenset(("Cc", "Cf", "Cs"))
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u034f\u2800]")
_ONLY_FIGURES = re.compile(r"[0-9\s.,;:+\-–—/()#*'\"]*")

_TITLES = frozenset(
    "pak bapak pa bu ibu mas mbak mba bang abang kak kakak om tante bude pakde lek mang teh kang"
    " neng haji hajah h hj mr mrs ms".split()
)
_APPROXIMATE = frozenset(
    "sekitar kira-kira kira2 kurang lebih hampir kisaran about around approximately roughly".split()
) | (FOREIGN_MONEY - {"won", "yen", "sar", "rm", "pound"})
_OTHER_WORDS = frozenset(
    # who speaks
    "aku saya sy gue gw gua ane kita kami kamu dia mereka i me my you they we"
    # who gets, and who else
    " ke kpd kepada dari dr dgn dengan sama dan atau and or from to with"
    # not so, not sure, not yet
    " belum blm tidak tdk nggak ngga enggak gak ga gk jangan bukan batal kalau kalo klo jika"
    " misal misalnya mungkin kayaknya katanya boleh gimana bagaimana kenapa apakah kapan berapa"
    " brp siapa not if maybe when how who why"
    # time and manner
    " udah sudah sdh lagi dulu tadi kemarin nanti habis abis gajian lebaran aja saja doang ya yaa"
    " dong deh sih nih tuh kok lho loh please tolong mohon minta katanya tempo"
    # what is done, and with what
    " pinjam pinjem minjam minjem pinjemin pinjamin meminjam dipinjam dipinjami pinjaman utang"
    " hutang ngutang piutang utangnya hutangnya kasbon bayar byr bayarin membayar dibayar"
    " lunas lunasi pelunasan cicil cicilan nyicil angsuran balikin kembali kembalikan transfer tf"
    " semua semuanya sisa sisanya uang duit tagih tagihan ingatkan catat nitip patungan hapus"
    " bunga denda dp perjanjian lend lent borrow borrowed owe owes pay paid money debt loan"
    # what for, and what is paid that is nobody
    " buat bwt untuk utk for listrik pulsa arisan kos kost kontrakan sewa pajak gaji spp bensin"
    " parkir token".split()
)


@dataclass(frozen=True)
class NameProblem:
    """Why words are no name; `about` is the word, or None."""

    code: str  # name_missing, name_too_long, amount_unclear, text_left_over
    about: str | None = None
    length: int = 0


def name_key(name: str) -> str:
    """What two spellings of one person share: NFKC, case folded, one space, nothing invisible."""
    if name.isascii() and name.isprintable():
        return " ".join(name.lower().split())
    folded = unicodedata.normalize("NFD", name).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    folded = _VARIATION_SELECTORS.sub("", normalise.clean(unicodedata.normalize("NFKC", folded)))
    seen = "".join(one for one in folded if unicodedata.category(one) not in _UNSEEN_IN_KEY)
    return unicodedata.normalize("NFKC", " ".join(seen.split()))


def read_name(shown: list[str], words: list[str]) -> str | NameProblem:
    """The name in consecutive words, given in the shown and the read form."""
    start, end = 0, len(words)
    while start < end and (words[start] in _SEPARATORS or (words[start] == "si" and end > 1)):
        start += 1
    while start < end and words[end - 1] in _SEPARATORS:
        end -= 1
    plain = [one.strip(".,;:!?()") for one in words[start:end]]
    for at, word in enumerate(plain):
        if word in _APPROXIMATE:
            return NameProblem("amount_unclear", about=shown[start + at])
        if word in _OTHER_WORDS:
            if all(one in _OTHER_WORDS for one in plain):
                break
            return NameProblem("text_left_over", about=shown[start + at])
    else:
        if any(one not in _TITLES for one in plain):
            return check_name(" ".join(shown[start:end]).strip(_EDGE))
    return NameProblem("name_missing")


def check_name(name: str) -> str | NameProblem:
    """A name by its limits alone, as it stands in quotation marks."""
    if not _is_visible(name):
        return NameProblem("name_missing")
    if len(name) > NAME_MAX or not (name.isascii() or len(name_key(name)) <= NAME_KEY_MAX):
        return NameProblem("name_too_long", length=len(name))
    return name


def shorten(text: str) -> str:
    """`text` as an answer may repeat it; what is cut off shows as an ellipsis."""
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"


def _is_visible(name: str) -> bool:
    if name.isascii():
        return _ONLY_FIGURES.fullmatch(name) is None
    if _ONLY_FIGURES.fullmatch(normalise.fold(name)) or not name_key(name):
        return False
    return any(unicodedata.category(one)[0] in "LSPN" for one in name)
