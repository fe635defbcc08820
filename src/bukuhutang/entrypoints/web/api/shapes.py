"""What the JSON of the tenant API is made of: camelCase, strict on the way in, nothing coerced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from bukuhutang.entrypoints.web.cursors import CURSOR_CHARACTERS_MAX, ID_MAX
from bukuhutang.entrypoints.web.shapes import PAGE_ROWS_DEFAULT, PageRows, Text, digits_only
from bukuhutang.ledger.money import AMOUNT_MAX, AMOUNT_MIN

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _iso_date(text: object) -> date:
    """Pydantic alone would also read instants and numbers."""
    if isinstance(text, str) and _ISO_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise PydanticCustomError("iso_date", "Only a date as YYYY-MM-DD")


Number = Annotated[int, Field(ge=1, le=ID_MAX)]
NumberInPath = Annotated[
    int, BeforeValidator(digits_only), Path(alias="number", ge=1, le=ID_MAX, examples=[12])
]
NumberInQuery = Annotated[int, BeforeValidator(digits_only), Field(ge=1, le=ID_MAX)]
Amount = Annotated[
    int,
    Field(ge=AMOUNT_MIN, le=AMOUNT_MAX, examples=[500_000], description="whole rupiah"),
]
IsoDate = Annotated[date, BeforeValidator(_iso_date), Field(examples=["2026-03-18"])]
DirectionName = Annotated[
    Literal["piutang", "hutang"],
    Field(
        examples=["piutang"],
        description="piutang: the other person owes the lender; hutang: the lender owes",
    ),
]


def shown_as(**fields: str | int) -> ConfigDict:
    """The example of a body whose fields cannot all be sent at once, as they are spelled here."""
    spelled: JsonDict = {to_camel(name): value for name, value in fields.items()}
    return ConfigDict(json_schema_extra={"examples": [spelled]})


def one_of(*names: str) -> Any:
    """A text of an answer that is one of these; the database sees to it."""
    return Field(json_schema_extra={"enum": list(names)})


class ApiIn(BaseModel):
    """A body: nothing unknown, no text for a number."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class ApiQuery(BaseModel):
    """A query is all text, so it cannot be read strictly; a misspelt filter is refused anyway."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class PageQuery(ApiQuery):
    """What every list takes."""

    limit: PageRows = PAGE_ROWS_DEFAULT
    cursor: Text | None = Field(
        default=None, max_length=CURSOR_CHARACTERS_MAX, description="nextCursor of the page before"
    )


class ApiOut(BaseModel):
    """An answer."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


Item = TypeVar("Item", bound=BaseModel)


class Page(ApiOut, Generic[Item]):
    """One page of a list."""

    items: Sequence[Item]
    next_cursor: str | None = Field(description="null on the last page")


class PersonRef(ApiOut):
    """Whom something is with."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["Budi"])
