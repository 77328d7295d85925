"""A text that people write in one language or several, as documents keep it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from travesia.locale import Language, current_language


class Text(BaseModel):
    """A text per language; `any` is for names and words that are the same in every language.

    A plain string is read as `any`, so that a document can say `name: Checkout`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    es: str = ""
    en: str = ""
    any: str = ""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: Any) -> Any:
        return {"any": given} if isinstance(given, str) else given

    def pick(self, language: Language | None = None) -> str:
        """In this language (default: the context's), else in any, else in the other one."""
        wanted = language or current_language()
        order = (self.es, self.any, self.en) if wanted == "es" else (self.en, self.any, self.es)
        return next((text for text in order if text), "")

    def __bool__(self) -> bool:
        return bool(self.es or self.en or self.any)

    def __str__(self) -> str:
        return self.pick()


NOTHING = Text()
