"""The JSON of who speaks for the tenant."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bukuhutang.entrypoints.web.api.shapes import ApiIn, ApiOut
from bukuhutang.entrypoints.web.shapes import Text
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.members import MemberLine

RoleName = Literal["owner", "staff", "viewer"]


class MemberIn(ApiIn):
    name: Text = Field(examples=["Sari"])
    phone_number: Text = Field(examples=["0812-3456-7890"])
    role: RoleName = Field(
        examples=["staff"],
        description="owner: everything; staff: records and sees; viewer: sees",
    )


class MemberChangeIn(ApiIn):
    """What the member is to be from now on."""

    role: RoleName = Field(examples=["viewer"])


class MemberOut(ApiOut):
    """Somebody who speaks for the tenant now."""

    id: int = Field(examples=[2])
    name: str = Field(examples=["Sari"])
    phone_number: str = Field(examples=["6281234567890"], description="E.164 digits")
    role: Role = Field(examples=["staff"])

    @classmethod
    def of(cls, line: MemberLine) -> MemberOut:
        """The member as JSON."""
        return cls(id=line.id, name=line.name, phone_number=line.phone, role=Role(line.role))


class MemberRemovedOut(ApiOut):
    """Somebody who may say nothing any more."""

    id: int = Field(examples=[2])
    name: str = Field(examples=["Sari"])
    signed_out: int = Field(examples=[1], description="web logins of this member that ended")
