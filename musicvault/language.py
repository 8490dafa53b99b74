"""Every sentence that a person sees passes through `tr`, so that it can be translated (gettext underneath)."""

from __future__ import annotations

import gettext
from pathlib import Path

_LOCALES = Path(__file__).resolve().parent.parent / "resources" / "translations"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def use(languages: list[str] | None) -> None:
    """Choose the language; None takes it from the environment. Missing translations stay English."""
    global _catalogue  # noqa: PLW0603  (one process speaks one language)
    _catalogue = gettext.translation("musicvault", _LOCALES, languages, fallback=True)


def tr(text: str, /, **values: object) -> str:
    """The text in the user's language with its named placeholders filled in."""
    return _catalogue.gettext(text).format(**values) if values else _catalogue.gettext(text)


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Singular or plural by the language's rule; `{count}` is grouped by thousands."""
    return _catalogue.ngettext(one, many, count).format(count=f"{count:,}", **values)
