"""One table of figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A figure, its floor of the same run, and the target (a maximum for times and sizes)."""

    what: str
    value: float
    unit: str
    floor: float
    floor_is: str
    target: float | None
    note: str = ""

    @property
    def ratio(self) -> float:
        """How the figure stands to its floor; for a rate 1 is as fast as the floor."""
        return self.value / self.floor if self.floor else float("nan")

    @property
    def verdict(self) -> str:
        """Whether the target is met, and else by how much it is missed."""
        if self.target is None:
            return ""
        met = self.value >= self.target if self.unit == "/s" else self.value <= self.target
        off = abs(self.value - self.target) / self.target
        return "met" if met else f"missed by {off:.0%}"


def print_table(lines: list[Line]) -> None:
    """To standard output, aligned."""
    head = ("what", "value", "floor (what it is)", "ratio", "target", "", "note")
    rows = [head] + [
        (
            one.what,
            f"{one.value:,.1f} {one.unit}",
            f"{one.floor:,.1f} ({one.floor_is})",
            f"{one.ratio:.2f}",
            "" if one.target is None else f"{one.target:,.0f}",
            one.verdict,
            one.note,
        )
        for one in lines
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())  # noqa: T201  the command's purpose
