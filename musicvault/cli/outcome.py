"""What a command came to: the values and words of its last line, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping

from musicvault.cli import phrases
from musicvault.domain.notices import Finished

_FIRST = (20, 22, 3)
"""Of several jobs' exit codes, the one that counts."""


class Outcome:
    """Gathered while jobs run and answers are given. `values` are the keys of the summary."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.text = ""
        self._codes: set[int] = set()
        self._counted = False

    def add(self, values: Mapping[str, object], text: str) -> None:
        """What the last line says, too. Later values take the place of earlier ones; texts follow each other."""
        self.values.update(values)
        self.text = "\n".join(part for part in (self.text, text) if part)

    def finished(self, notice: Finished) -> None:
        """A job ended: its counts add up with those of the jobs before it."""
        self._counted = True
        self._codes.add(notice.exit_code)
        for key, value in notice.counts.items():
            before = self.values.get(key, 0)
            self.values[key] = value + (before if isinstance(before, int) else 0)

    def end_with(self, exit_code: int) -> None:
        """The exit code of something that isn't a job."""
        self._codes.add(exit_code)

    def forget_counts(self) -> None:
        """What ran so far was only in preparation of something else."""
        self._codes.clear()
        self.values.clear()
        self._counted = False

    @property
    def exit_code(self) -> int:
        """By the jobs that ran; 0 where nothing is amiss."""
        return next((code for code in _FIRST if code in self._codes), max(self._codes, default=0))

    def count_line(self, *, stopped: bool, dry_run: bool) -> str:
        """The counts of all jobs in one line; empty where none ran."""
        numbers = {key: value for key, value in self.values.items() if type(value) is int}
        if not self._counted or (stopped and not any(numbers.values())):
            return ""  # "Nothing to do" would be untrue of a job that could not do it
        return phrases.counts(numbers, dry_run=dry_run)
