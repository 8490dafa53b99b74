"""Track and disc numbers with their totals: "3", "3/12"."""

from __future__ import annotations


def joined(number: str, total: str) -> str:
    """ "3" and "12" give "3/12"; a number that already names its total stays as it is."""
    if not total or "/" in number:
        return number
    return f"{number}/{total}"


def split(value: str) -> tuple[str, str]:
    """ "3/12" gives ("3", "12"); "3" gives ("3", "")."""
    number, _, total = value.partition("/")
    return number.strip(), total.strip()


def pair(value: str) -> tuple[int, int]:
    """As whole numbers from 0 to 65,535, where a format only stores such. Raises ValueError for anything else."""
    number, total = split(value)
    numbers = int(number or 0), int(total or 0)
    if not all(0 <= each <= 0xFFFF for each in numbers):
        raise ValueError(f"not between 0 and 65535: {value}")
    return numbers
