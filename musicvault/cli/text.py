"""Plain words for people: a line or two for each thing worth knowing, and one sentence at the end."""

from __future__ import annotations

from collections import Counter

from musicvault.cli import phrases
from musicvault.cli.progress import Progress
from musicvault.cli.sink import Stream, Values
from musicvault.cli.style import Style
from musicvault.domain import wording
from musicvault.domain.notice_wording import why
from musicvault.domain.notices import ItemDone
from musicvault.domain.paths import display
from musicvault.domain.verdict import Finding, Verdict
from musicvault.language import tr, trn

FEW = 10
"""Of harmless findings of one kind, as many lines are shown; damage is always shown whole."""

_HEALED_FROM = frozenset({"healed-from", "healed-with-parity"})
_HARMLESS = frozenset({Verdict.INTACT, Verdict.RETAGGED, Verdict.UPDATED, Verdict.MOVED})


class Text:
    """The sink for people. `verbose` shows every item, not only what needs to be known."""

    def __init__(self, stream: Stream, progress: Progress, style: Style, *, verbose: bool) -> None:
        self._stream = stream
        self._progress = progress
        self._verbose = verbose
        self._style = style
        self._harmless: Counter[Verdict] = Counter()

    def item(self, notice: ItemDone, *, dry_run: bool) -> None:
        if notice.finding is not None:
            self._finding(notice.finding)
        elif notice.action == "failed":
            at = " · ".join(part for part in (notice.where, display(notice.path)) if part)
            self._say(f"{self._style.bad(tr('Could not be done'))}: {at}: {notice.problem}")
        elif notice.action == "noted":
            self._say(f"{self._style.strong(notice.where)}: {notice.reason}" if notice.where else notice.reason)
        elif dry_run or self._verbose or notice.action == "partly-given":
            self._say(_action(notice, dry_run))

    def record(self, kind: str, values: Values, text: str) -> None:
        self._say(text)

    def summary(self, values: Values, text: str) -> None:
        self._more()
        if text:
            self._say(text)
        self._stream.flush()

    def _finding(self, finding: Finding) -> None:
        verdict = finding.verdict
        if verdict in _HARMLESS and not finding.healed and not self._verbose:
            self._harmless[verdict] += 1
            if self._harmless[verdict] > FEW:
                return
        style = self._style
        colour = style.good if verdict in _HARMLESS or finding.healed else style.bad
        if verdict.waits_for_user or verdict is Verdict.MISSING:
            colour = style.short
        title = tr("Healed") if finding.healed else wording.named(finding)
        self._say(f"{colour(title)}\n    {finding.where} · {style.strong(display(finding.path))}")
        told = [fact for fact in finding.evidence if not finding.healed or fact.code in _HEALED_FROM]
        if told:
            self._say("    " + "; ".join(wording.evidence(fact) for fact in told))

    def _more(self) -> None:
        for verdict, count in self._harmless.items():
            if count > FEW:
                more = trn("{count} more file", "{count} more files", count - FEW)
                self._say(
                    tr("… and {more}: {verdict} (--verbose shows all)", more=more, verdict=wording.verdict(verdict))
                )

    def _say(self, text: str) -> None:
        # A live progress bar owns the lowest lines of the terminal: what is said goes above it.
        if self._progress.is_live and self._stream.is_terminal:
            self._progress.print(text)
        else:
            self._stream.write(text + "\n")


def _action(notice: ItemDone, dry_run: bool) -> str:
    done = phrases.action(notice.action, dry_run=dry_run)
    where = f" · {notice.where}" if notice.where else ""
    size = f" ({wording.size(notice.bytes)})" if notice.bytes else ""
    reason = f": {why(notice.reason)}" if notice.reason else ""
    said = notice.details.get("said")
    more = f"\n    {said}" if isinstance(said, str) and said else ""
    return f"{done} {display(notice.path)}{where}{size}{reason}{more}"
