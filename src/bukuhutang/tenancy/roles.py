"""Who may do what in a tenant's book: the one table for chat, API and pages."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """A kind of act. Every use case that changes something demands one of the book."""

    READ = "read"  # look at the book
    RECORD = "record"  # debts, payments, agreements, reminders, numbers; take back one's own last
    REMOVE = "remove"  # forgive, write off, call off: what makes a claim smaller without money
    EXPORT = "export"  # take the book out as a file
    SETTINGS = "settings"  # how the bot speaks and reminds
    MEMBERS = "members"  # who may speak for the tenant, and the tenant's keys


class Role(StrEnum):
    """What a member is to the tenant."""

    OWNER = "owner"
    STAFF = "staff"
    VIEWER = "viewer"


class KeyScope(StrEnum):
    """What a program may do with a tenant's key."""

    READ = "read"
    WRITE = "write"


EVERYTHING = frozenset(Permission)
"""The owner; the operator and the service, which act for the tenant as a whole."""

NOTHING: frozenset[Permission] = frozenset()
"""A borrower, who answers for himself and has no say in the book."""

BY_ROLE: dict[Role, frozenset[Permission]] = {
    Role.OWNER: EVERYTHING,
    Role.STAFF: frozenset((Permission.READ, Permission.RECORD)),
    Role.VIEWER: frozenset((Permission.READ,)),
}

BY_SCOPE: dict[KeyScope, frozenset[Permission]] = {
    KeyScope.READ: frozenset((Permission.READ, Permission.EXPORT)),
    # A program that holds a key must not be able to make itself further ones.
    KeyScope.WRITE: EVERYTHING - {Permission.MEMBERS},
}
