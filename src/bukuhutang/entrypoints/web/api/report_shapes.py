"""The JSON of reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import Field

from bukuhutang.entrypoints.web.api.shapes import ApiOut, PersonRef
from bukuhutang.ledger.aging import AgingBucket
from bukuhutang.ledger.money import Direction
from bukuhutang.store.reports import MonthSums
from bukuhutang.usecases.overview import Status, StatusEmpty, StatusLine
from bukuhutang.usecases.reports import Aged, AgedPerson, Aging, MonthReport, MonthTotals


class StatusLineOut(ApiOut):
    name: str = Field(examples=["Budi"])
    outstanding: int = Field(examples=[450_000])
    due_date: date
    days_past_due: int = Field(examples=[5])
    agreement: int | None = Field(examples=[None], description="its number, if installments")

    @classmethod
    def of(cls, line: StatusLine) -> StatusLineOut:
        """The line as JSON."""
        return cls(
            name=line.name,
            outstanding=line.outstanding,
            due_date=line.due_date,
            days_past_due=line.days_past_due,
            agreement=line.agreement,
        )


class StatusOut(ApiOut):
    """Totals both ways; of each list the five first by due date, and how many more there are."""

    receivable_total: int = Field(examples=[1_730_000])
    receivable_people: int = Field(examples=[4])
    overdue_total: int = Field(examples=[280_000])
    overdue: Sequence[StatusLineOut]
    overdue_more: int
    upcoming: Sequence[StatusLineOut]
    upcoming_more: int
    payable_total: int = Field(examples=[1_250_000])
    payables: Sequence[StatusLineOut]
    payables_more: int

    @classmethod
    def of(cls, status: Status | StatusEmpty) -> StatusOut:
        """The status as JSON; an empty book is one of noughts."""
        if isinstance(status, StatusEmpty):
            status = Status(0, 0, 0, (), 0, (), 0, 0, (), 0)
        return cls(
            receivable_total=status.receivable_total,
            receivable_people=status.receivable_people,
            overdue_total=status.overdue_total,
            overdue=[StatusLineOut.of(one) for one in status.overdue],
            overdue_more=status.overdue_more,
            upcoming=[StatusLineOut.of(one) for one in status.upcoming],
            upcoming_more=status.upcoming_more,
            payable_total=status.payable_total,
            payables=[StatusLineOut.of(one) for one in status.payables],
            payables_more=status.payables_more,
        )


class BucketsOut(ApiOut):
    """Whole rupiah by days past due."""

    current: int = Field(examples=[450_000], description="not past due")
    days_1_to_30: int = Field(alias="days1To30", examples=[280_000])
    days_31_to_60: int = Field(alias="days31To60", examples=[0])
    days_61_to_90: int = Field(alias="days61To90", examples=[0])
    days_over_90: int = Field(alias="daysOver90", examples=[0])
    total: int = Field(examples=[730_000])


def _buckets(aged: Aged | AgedPerson) -> dict[str, int]:
    return {
        "current": aged.buckets[AgingBucket.CURRENT],
        "days_1_to_30": aged.buckets[AgingBucket.TO_30],
        "days_31_to_60": aged.buckets[AgingBucket.TO_60],
        "days_61_to_90": aged.buckets[AgingBucket.TO_90],
        "days_over_90": aged.buckets[AgingBucket.OVER_90],
        "total": aged.total,
    }


class AgedPersonOut(BucketsOut):
    borrower: PersonRef


class AgedOut(BucketsOut):
    """All of one direction, and by person; who owes most comes first."""

    people: Sequence[AgedPersonOut]

    @classmethod
    def of(cls, aged: Aged) -> AgedOut:
        """One direction as JSON."""
        people = [
            AgedPersonOut(borrower=PersonRef(id=one.borrower_id, name=one.name), **_buckets(one))
            for one in aged.people
        ]
        return cls(people=people, **_buckets(aged))


class AgingOut(ApiOut):
    on: date
    receivable: AgedOut
    payable: AgedOut

    @classmethod
    def of(cls, aging: Aging) -> AgingOut:
        """The report as JSON."""
        return cls(
            on=aging.on,
            receivable=AgedOut.of(aging.receivable),
            payable=AgedOut.of(aging.payable),
        )


class MonthTotalsOut(ApiOut):
    """What was taken back in the month is taken off, so that a figure may be below nothing."""

    lent: int = Field(examples=[1_500_000], description="debts recorded, agreements begun")
    collected: int = Field(examples=[700_000], description="payments")
    new: int = Field(examples=[3], description="how many debts and agreements")
    settled: int = Field(examples=[1], description="how many were paid in full")

    @classmethod
    def of(cls, totals: MonthTotals) -> MonthTotalsOut:
        """The totals as JSON."""
        return cls(
            lent=totals.lent,
            collected=totals.collected,
            new=totals.new,
            settled=totals.settled,
        )


class MonthPersonOut(MonthTotalsOut):
    direction: Direction
    borrower: PersonRef

    @classmethod
    def with_person(cls, sums: MonthSums) -> MonthPersonOut:
        """One person's month as JSON."""
        return cls(
            direction=sums.direction,
            borrower=PersonRef(id=sums.borrower_id, name=sums.name),
            lent=sums.lent,
            collected=sums.collected,
            new=sums.new,
            settled=sums.settled,
        )


class MonthOut(ApiOut):
    month: str = Field(examples=["2026-03"], description="a calendar month in the tenant's zone")
    receivable: MonthTotalsOut
    payable: MonthTotalsOut
    people: Sequence[MonthPersonOut]

    @classmethod
    def of(cls, report: MonthReport) -> MonthOut:
        """The report as JSON."""
        return cls(
            month=report.month,
            receivable=MonthTotalsOut.of(report.receivable),
            payable=MonthTotalsOut.of(report.payable),
            people=[MonthPersonOut.with_person(one) for one in report.people],
        )
