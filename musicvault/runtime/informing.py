"""Telling the person: what needs them on the desktop, each matter once, and a report by mail or into a file."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

from musicvault.catalog import remembered
from musicvault.domain.notices import ItemDone, Notice
from musicvault.engine import matters
from musicvault.engine.context import Context
from musicvault.engine.matters import Matter
from musicvault.errors import UsageError, VaultError, reason_of
from musicvault.language import tr, trn
from musicvault.runtime import mailing
from musicvault.runtime.mailing import Letter
from musicvault.runtime.plans import Plans
from musicvault.storage import delivery

LOOK_S = 3600.0
"""How often it is looked for matters while nothing happens."""
APART_S = 600.0
"""Notifications are at least so far apart; what comes meanwhile is told together."""
FIRST_RETRY_S = 600.0
LONGEST_RETRY_S = 6 * 3600.0
LONGEST_S = 600.0
"""A report that isn't taken for so long is given up."""
_TOLD = "told "
_REPORTED = "reported"

Report = Callable[[Context], Letter]
"""Makes a report."""
PAGES = (".html", ".htm")
"""A file with such a name gets the page, any other the text."""


class Informing:
    """What was told and what is to be told. `show` puts a notification on the desktop
    and says whether that worked (None: nothing is shown)."""

    def __init__(self, ctx: Context, show: Callable[[str, str], bool] | None, report: Report | None) -> None:
        self._ctx = ctx
        self._show = show
        self._report = report
        self._told: dict[str, float] | None = None
        self._look_at = 0.0
        self._shown_at: float | None = None
        self._matters: list[Matter] = []
        self._sending: _Sending | None = None
        self._refused = 0
        self._retry_at = 0.0
        self._reported_at: float | None = None
        self.report_at = 0.0
        self.problem = ""
        self._alarm = ""

    def soon(self) -> None:
        """Something happened: look anew at the next opportunity."""
        self._look_at = 0.0

    @property
    def texts(self) -> tuple[str, ...]:
        """What needs a person, as last looked at."""
        return tuple(matter.text for matter in self._matters)

    def round(self, plans: Plans) -> Iterator[Notice]:
        """Tell what is new, and hand over the report when it is due."""
        now = self._ctx.now()
        if not self._look_at - LOOK_S <= now < self._look_at:
            self._look_at = now + LOOK_S
            self._matters = matters.matters(self._ctx)
        yield from self._tell(plans, now)
        yield from self._hand_over(plans, now)

    # -- notifications

    def alarm(self, plans: Plans, text: str) -> None:
        """Show what stands in the way of everything, once as long as it does; what was shown can't be recorded then."""
        if text and text != self._alarm and plans.notify and self._show is not None:
            self._show(tr("MusicVault can't go on"), text)
        self._alarm = text

    def _tell(self, plans: Plans, now: float) -> Iterator[Notice]:
        if self._told is None:
            self._told = remembered.recall_all(self._ctx.catalog, _TOLD)
        current = {matter.key for matter in self._matters}
        new = [matter for matter in self._matters if matter.since > self._told.get(matter.key, float("-inf"))]
        over = [key for key in self._told if key not in current]
        if new and self._shown_at is not None and 0 <= now - self._shown_at < APART_S:
            new = []
        if not new and not over:
            return
        told = {matter.key: max(now, matter.since) for matter in new}
        with self._ctx.catalog.transaction(now) as transaction:
            values = {_TOLD + key: None for key in over} | {_TOLD + key: at for key, at in told.items()}
            remembered.remember(transaction, values)
        self._told = {key: at for key, at in self._told.items() if key in current} | told
        if new:
            self._shown_at = now
            if plans.notify and self._show is not None:
                title = trn("MusicVault needs you", "MusicVault needs you for {count} things", len(new))
                self._show(title, "\n".join(matter.text for matter in new))
            for matter in new:
                yield ItemDone("noted", b"", "", reason=matter.text)

    # -- reports

    def _hand_over(self, plans: Plans, now: float) -> Iterator[Notice]:
        if self._sending is not None and self._sending.done:
            done, self._sending = self._sending, None
            yield from self._handed_over(done, now)
        if self._report is None or not plans.report_every or self._sending is not None:
            self.report_at = 0.0 if not plans.report_every else self.report_at
            return
        if self._reported_at is None:
            last = remembered.recall(self._ctx.catalog, _REPORTED)
            self._reported_at = float(last) if isinstance(last, float | int) else 0.0
        last = min(self._reported_at, now)  # a report of the future doesn't silence the next
        self.report_at = max(last + plans.report_every, self._retry_at)
        if now >= self.report_at:
            self._retry_at = now + FIRST_RETRY_S  # also where it can't even be made
            self._sending = _Sending(plans, self._report(self._ctx), now)
            self._sending.begin()

    def _handed_over(self, sending: _Sending, now: float) -> Iterator[Notice]:
        if sending.error is None:
            self._refused, self._retry_at, self._reported_at, self.problem = 0, 0.0, sending.at, ""
            with self._ctx.catalog.transaction(now) as transaction:
                remembered.remember(transaction, {_REPORTED: sending.at})
            yield ItemDone("noted", b"", "", reason=tr("The report was handed over to {to}.", to=sending.to))
            return
        wait = min(FIRST_RETRY_S * 2**self._refused, LONGEST_RETRY_S)
        self._refused += 1
        self._retry_at = now + wait
        if str(sending.error) != self.problem:
            self.problem = str(sending.error)
            yield ItemDone("failed", b"", "", problem=self.problem)

    def wait(self, seconds: float) -> bool:
        """Wait until a report that is under way was handed over or refused; whether there was one."""
        if self._sending is None:
            return False
        self._sending.wait(seconds)
        return True


class _Sending:
    """A report on its way, on a thread of its own: a server that doesn't answer holds nobody up."""

    def __init__(self, plans: Plans, letter: Letter, at: float) -> None:
        self.at = at
        self.error: VaultError | None = None
        self.to = plans.mail.to if plans.mail else plans.report_file
        self._plans, self._letter = plans, letter
        self._until = time.monotonic() + LONGEST_S
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="report", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it came to an end, or is given up: a server may go on talking for ever."""
        alive = self._thread.is_alive()  # before the next question, for it may end between the two
        if self._ended:
            return True
        if alive and time.monotonic() < self._until:
            return False
        self.error = VaultError(tr("The report wasn't taken in time: {to}", to=self.to))
        return True

    def wait(self, seconds: float) -> None:
        self._thread.join(max(0.0, min(seconds, self._until - time.monotonic())))

    def _work(self) -> None:
        try:
            if self._plans.mail is not None:
                mailing.send(self._plans.mail, self._letter, self.at)
            else:
                _write(os.path.expanduser(self._plans.report_file), self._letter)
        except VaultError as error:
            self.error = error
        except UsageError as error:
            self.error = VaultError(str(error))
        except OSError as error:
            self.error = VaultError(
                tr("The report can't be written to {file}: {cause}.", file=self.to, cause=reason_of(error))
            )
        self._ended = True


def _write(place: str, letter: Letter) -> None:
    """In the place of the one before, whole or not at all; a link goes on pointing to it."""
    data = letter.page if place.lower().endswith(PAGES) else f"{letter.text}\n".encode()
    with delivery.new_file(os.fsencode(os.path.realpath(place)), replace=True) as write:
        write(data)
