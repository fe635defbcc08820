"""The shape of one kind of row in the write of a piece of work: columns, types, statement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One kind of row: its columns with their types, and what is done with the rows."""

    columns: dict[str, str]
    text: str  # {rows} stands for the row values, {names} for the columns
    with_tenant: bool = False  # each row begins with the tenant: for inserts

    def rows(self, count: int, numbers: Iterator[int]) -> str:
        """Row values with parameter numbers, as many as there are rows."""
        start = "$1, " if self.with_tenant else ""
        return ", ".join(
            "("
            + start
            + ", ".join(f"${next(numbers)}::{kind}" for kind in self.columns.values())
            + ")"
            for _ in range(count)
        )


def insert(table: str, also: str = "", /, **columns: str) -> Part:
    """New rows of `table`; `also` is what stands behind the values."""
    # S608: every word of it is a constant of this module.
    text = f"insert into {table} (tenant_id, {{names}}) values {{rows}}{also}"  # noqa: S608
    return Part(columns, text, with_tenant=True)


def moved(text: str, /, **columns: str) -> Part:
    """An update or delete; `{moved}` in the text stands for the rows, named `x`."""
    return Part(columns, text.replace("{moved}", "(values {rows}) as x({names})"))
