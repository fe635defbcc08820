"""Agreements and receipts to print, and ways to read what was printed."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

from pypdf import PdfReader

from bukuhutang.rendering.documents.agreement import agreement_pdf
from bukuhutang.rendering.documents.shapes import (
    AgreementDocument,
    InstallmentRow,
    Party,
    SettledPayment,
    SettlementDocument,
)
from bukuhutang.tenancy.tenant import Language

VERIFY_URL = "https://buku.example/verify/3q2-7wAbCdEfGhIjKlMnOpQrStUvWx"
MONTHLY = 416_667

SCRIPTS = {
    "Javanese": "ꦧꦸꦢꦶ",
    "Balinese": "ᬩᬸᬤᬶ",
    "Arabic": "ابو بكر",
    "Hebrew": "יוסף",
    "Chinese": "王小明",
    "Japanese": "さくら",
    "Korean": "김철수",
    "Devanagari": "क्षमा",
    "Bengali": "বাংলা",
    "Tamil": "தமிழ்",
    "Telugu": "తెలుగు",
    "Kannada": "ಕನ್ನಡ",
    "Malayalam": "മലയാളം",
    "Sinhala": "සිංහල",
    "Gujarati": "ગુજરાતી",
    "Gurmukhi": "ਪੰਜਾਬੀ",
    "Odia": "ଓଡ଼ିଆ",
    "Thai": "สมชาย",
    "Lao": "ລາວ",
    "Khmer": "ខ្មែរ",
    "Myanmar": "ကျော်",
    "Ethiopic": "አማርኛ",
    "Georgian": "ქართული",
    "Armenian": "հայերեն",
    "Cyrillic and Greek": "Жанна Ωμέγα",
    "Vietnamese": "Nguyễn Thị Ước",
    "emoji": "😀🇮🇩👍🏽👨‍👩‍👧1️⃣❤️🧿",
    "signs": "★☎✓♥∑→𝒳",
}


def monthly_rows(count: int, principal: int, interest: int = 0) -> tuple[InstallmentRow, ...]:
    """`count` rows on the 25th, the last with the rest."""
    share = principal // count
    return tuple(
        InstallmentRow(
            place + 1,
            date(2026 + (2 + place) // 12, (2 + place) % 12 + 1, 25),
            share if place < count - 1 else principal - share * (count - 1),
            interest,
        )
        for place in range(count)
    )


def an_agreement(
    rows: int = 3,
    *,
    lender: str = "Toko Dani",
    borrower: str = "Budi Santoso",
    interest_each: int = 0,
    **more: Any,
) -> AgreementDocument:
    """Number 7 of 18 February 2026; fields of the document by name."""
    return AgreementDocument(
        number=7,
        version=1,
        agreed_on=date(2026, 2, 18),
        lender=Party(lender, "6281211112222"),
        borrower=Party(borrower, "628129876543"),
        principal=MONTHLY * rows,
        rows=monthly_rows(rows, MONTHLY * rows, interest_each),
        **more,
    )


def a_settlement(payments: int = 3, **more: Any) -> SettlementDocument:
    """The receipt for agreement 7, with a penalty in the second payment."""
    paid = tuple(
        SettledPayment(row.due_on, 5_000 if row.number == 2 else 0, 12_500, row.principal)
        for row in monthly_rows(payments, 1_250_000)
    )
    settlement = SettlementDocument(
        agreement_number=7,
        agreed_on=date(2026, 2, 18),
        settled_on=date(2026, 5, 25),
        lender=Party("Toko Dani", "6281211112222"),
        borrower=Party("Budi Santoso", "628129876543"),
        principal=1_250_000,
        payments=paid,
    )
    return replace(settlement, **more)


def in_indonesian(agreement: AgreementDocument) -> bytes:
    """The agreement's PDF as most read it."""
    return agreement_pdf(agreement, Language.INDONESIAN)


def opened(pdf: bytes) -> Any:
    """The PDF as pypdf sees it (typed loosely, as PDFs are); what is broken in it raises."""
    return PdfReader(io.BytesIO(pdf), strict=True)


def flowing(text: str) -> str:
    """`text` with every run of white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


def pages(pdf: bytes) -> list[str]:
    """The text of each page on one line."""
    return [flowing(one.extract_text()) for one in opened(pdf).pages]


def text_of(pdf: bytes) -> str:
    """All text on one line."""
    return " ".join(pages(pdf))


def letters_of(pdf: bytes) -> str:
    """All text without any white space: where a line or a word was broken does not show."""
    return re.sub(r"\s+", "", text_of(pdf))
