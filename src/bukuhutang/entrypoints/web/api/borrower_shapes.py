"""The JSON of the people of a book."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bukuhutang.entrypoints.web.api.shapes import ApiIn, ApiOut, PageQuery
from bukuhutang.entrypoints.web.shapes import SEARCH_CHARACTERS_MAX, Text
from bukuhutang.store.borrowers import BorrowerRow


class BorrowerIn(ApiIn):
    name: Text = Field(examples=["Budi"])
    phone_number: Text | None = Field(default=None, examples=["0812-3456-7890"])
    namesake: bool = Field(
        default=False, description="true: another person of a name that is in the book already"
    )


class BorrowerChangeIn(ApiIn):
    """What is to be known from now on."""

    phone_number: Text = Field(examples=["0812-3456-7890"])


class BorrowersQuery(PageQuery):
    search: Text | None = Field(
        default=None,
        max_length=SEARCH_CHARACTERS_MAX,
        description="anywhere in the name, or the beginning of the phone number",
    )


class BorrowerOut(ApiOut):
    """Amounts are what is open on debts, in whole rupiah; agreements have lists of their own."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["Budi"])
    phone_number: str | None = Field(examples=["6281234567890"], description="E.164 digits")
    opted_out_at: datetime | None = Field(description="since when reminders are unwanted")
    receivable: int = Field(examples=[500_000], description="what this person owes the lender")
    payable: int = Field(examples=[0], description="what the lender owes this person")
    credit_receivable: int = Field(examples=[0], description="paid in advance by this person")
    credit_payable: int = Field(examples=[0], description="paid in advance by the lender")
    created_at: datetime

    @classmethod
    def of(cls, row: BorrowerRow) -> BorrowerOut:
        """The person as JSON."""
        borrower = row.borrower
        return cls(
            id=borrower.id,
            name=borrower.name,
            phone_number=borrower.phone,
            opted_out_at=borrower.opted_out_at,
            receivable=row.receivable,
            payable=row.payable,
            credit_receivable=borrower.credit_receivable,
            credit_payable=borrower.credit_payable,
            created_at=row.created_at,
        )
