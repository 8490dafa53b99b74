"""Numbers as people write them: `1990`, `>=4`, `3:30`, `10m`, `700MB`, `<30d`, `1980..1989`, `2024-05`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from musicvault.domain.query.fields import NUMBERS, Form, Number
from musicvault.domain.query.tree import Range
from musicvault.language import tr

_AMOUNT = re.compile(r"(\d{1,16}(?:\.\d{1,20})?)\s*([^\W\d_]*)")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2})")
_DATE = re.compile(r"((?:19|20)\d\d)(?:-(\d\d?)(?:-(\d\d?))?)?")
_MOMENT = re.compile(r"@(\d{1,12}(?:\.\d{1,20})?)")


class NotAnAmount(ValueError):  # noqa: N818  (becomes a QueryError, which knows the position)
    """The text says no number of this field; the message says what would. `at` is where, from its start."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at


def amount_range(name: str, text: str) -> Range:
    """What a numeric field was compared with. Raises NotAnAmount."""
    for sign in ("<=", ">=", "<", ">", "="):
        if text.startswith(sign):
            start, stop, dated = _span(name, text[len(sign) :], len(sign))
            return _compared(name, sign, start, stop, dated)
    low, dots, high = text.partition("..")
    if not dots:
        return _compared(name, "=", *_span(name, text, 0))
    return _between(name, low, high)


def _compared(name: str, sign: str, start: float, stop: float, dated: bool) -> Range:
    """A single value is its whole step (a day, a second) where only that makes sense."""
    if sign == "<":
        return Range(name, None, start, below=True, dated=dated)
    if sign == ">=":
        return Range(name, start, None, dated=dated)
    if sign == "<=":
        return Range(name, None, stop, below=True, dated=True) if dated else Range(name, None, start)
    if sign == ">":
        return Range(name, stop, None, dated=True) if dated else Range(name, start, None, above=True)
    if start == stop:
        return Range(name, start, stop, dated=dated)
    return Range(name, start, stop, below=True, dated=dated)


def _between(name: str, low: str, high: str) -> Range:
    below = high.startswith("<")
    offset = len(low) + 2 + below
    high = high.removeprefix("<")
    first = _span(name, low, 0) if low else None
    last = _span(name, high, offset) if high else None
    if first is None and last is None:
        raise NotAnAmount(_wanted(name))
    if first is not None and last is not None and first[2] != last[2]:
        raise NotAnAmount(tr("a range is of two dates or of two ages, not of one each"), offset)
    dated = (first or last or (0, 0, False))[2]
    upper = None
    if last is not None:
        # "2024..2025" ends with 2025, not where it begins.
        upper, below = (last[1], True) if dated and not below and last[1] > last[0] else (last[0], below)
    if first is not None and upper is not None and first[0] > upper:
        raise NotAnAmount(tr("the range runs backwards"), offset)
    return Range(name, first[0] if first else None, upper, below=below and upper is not None, dated=dated)


def _span(name: str, text: str, at: int) -> tuple[float, float, bool]:
    """Where the value starts and ends (equal for an exact one), and whether it is a time instead of an age."""
    number = NUMBERS[name]
    if number.form is Form.DATE and (span := _date(text, at)) is not None:
        return (*span, True)
    clock = _CLOCK.fullmatch(text) if number.form is Form.CLOCK else None
    if clock is not None:
        hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        value = hours * 3600 + minutes * 60 + seconds
        return value, value + 1, False
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise NotAnAmount(tr('{field} can\'t be "{text}": {wanted}', field=name, text=text, wanted=_wanted(name)), at)
    unit = found[2].casefold()
    if unit not in number.units:
        raise NotAnAmount(tr("{field} has no unit {unit}: {wanted}", field=name, unit=unit, wanted=_wanted(name)), at)
    worth = number.units[unit]
    value = float(found[1]) * worth
    if value > number.highest:
        raise NotAnAmount(tr("{field} goes up to {highest}", field=name, highest=f"{number.highest:g}"), at)
    return value, value + (_width(found[1], worth) if number.step else 0.0), False


def _width(digits: str, worth: float) -> float:
    """How much one written value covers: a whole unit, or a tenth of it for each digit behind the point."""
    return max(worth * 10.0 ** -len(digits.partition(".")[2]), 1e-6)


def _date(text: str, at: int) -> tuple[float, float] | None:
    """Year, month or day (in UTC) as its first moment and that of the next; None where the text is none."""
    moment = _MOMENT.fullmatch(text)
    if moment is not None:
        return float(moment[1]), float(moment[1])
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    try:
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        raise NotAnAmount(tr("there is no such day"), at) from None
    if day:
        return start.timestamp(), start.timestamp() + 86400
    following = (year + 1, 1) if month in (0, 12) else (year, month + 1)
    return start.timestamp(), datetime(*following, 1, tzinfo=UTC).timestamp()


def _wanted(name: str) -> str:
    """What can be written there."""
    number: Number = NUMBERS[name]
    examples = {
        Form.CLOCK: tr("for example length:>10m, length:3:30, length:2m..4m (units s m h)"),
        Form.DATE: tr("for example {field}:<30d, {field}:>1y, {field}:2024-05 (units s m h d w y)", field=name),
    }
    if number.form in examples:
        return examples[number.form]
    if name == "size":
        return tr("for example size:>100MB, size:<2GiB")
    if name == "rating":
        return tr("for example rating:>=4, rating:2..3.5 (0 to 5 stars)")
    return tr("for example {field}:{one}, {field}:>{one}, {field}:{one}..{two}", field=name, **_numbers(name))


def _numbers(name: str) -> dict[str, str]:
    return {
        "year": {"one": "1980", "two": "1989"},
        "bits": {"one": "16", "two": "24"},
        "samplerate": {"one": "44.1k", "two": "96k"},
        "bitrate": {"one": "192", "two": "320"},
    }.get(name, {"one": "1", "two": "3"})
