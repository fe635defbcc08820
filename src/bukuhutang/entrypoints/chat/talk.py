"""The open book, and how its tenant is spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.rendering.texts import render
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.book import Book


@dataclass
class Talk:
    """The book, and how this tenant is spoken to."""

    book: Book
    language: Language
    attached: UUID | None = None  # the file that goes with the answer

    def say(self, answer: Answer | Refusal) -> str:
        """The words for an answer or a refusal."""
        fields = answer.fields()
        return render(answer.code, self.language, today=self.book.occasion.today, **fields)

    def say_code(self, code: str, **fields: object) -> str:
        """The words for a bare code."""
        return render(code, self.language, today=self.book.occasion.today, **fields)
