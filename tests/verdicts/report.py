"""The tables: the confusion matrix, and one line for each format and operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.verdicts.campaign import CTIME, Cell, Tally
from tests.verdicts.rot import ROTS

_LIKE_EDITS = frozenset(f"{one.name} ({CTIME.name})" for one in ROTS if one.like_an_edit)


def truth_of(operation: str) -> str:
    """The class that an operation belongs to, a line of the matrix."""
    if operation in _LIKE_EDITS:
        return "rot like an edit"
    for ending in ("(silent)", "(ctime moved)", "(no ctime)"):
        if operation.endswith(ending):
            return f"rot {ending}"
    if operation.startswith(("rename", "to another")):
        return "renamed"
    if operation == "ffmpeg: coded anew":
        return "coded anew"
    if operation.startswith("ffmpeg"):
        return "remuxed"
    if operation == "saved anew":
        return "companion edited"
    return "tags edited" if ":" in operation else "same bytes"


def matrix(tally: Tally) -> list[str]:
    counts: dict[str, Counter[str]] = {}
    wrong: Counter[str] = Counter()
    for cell, outcomes in tally.outcomes.items():
        for outcome in outcomes:
            counts.setdefault(truth_of(cell.operation), Counter())[outcome.said] += 1
            wrong[truth_of(cell.operation)] += not outcome.right
    said = sorted({word for row in counts.values() for word in row})
    lines = [f"{'truth':<20}" + "".join(f"{word[:17]:>18}" for word in said) + f"{'off':>8}"]
    for truth, row in sorted(counts.items()):
        lines.append(f"{truth:<20}" + "".join(f"{row[word] or '·':>18}" for word in said) + f"{wrong[truth]:>8}")
    return lines


def rows(tally: Tally, enough: int) -> Iterator[str]:
    """One line for each cell that has cases or lacks them."""
    for cell in sorted({*tally.outcomes, *tally.refused}, key=lambda cell: (cell.row, cell.operation)):
        outcomes = tally.outcomes[cell]
        said = Counter(outcome.said for outcome in outcomes)
        told = ", ".join(f"{count} {word}" for word, count in said.most_common())
        state = "OFF" if any(not outcome.right for outcome in outcomes) else "ok"
        if len(outcomes) < enough:
            state = f"FEW {dict(tally.refused[cell])}"
        yield f"{cell.row:<11} {cell.operation:<44} {len(outcomes):>3}  {told:<34} {state}"


def not_applicable(tally: Tally) -> Iterator[str]:
    """Reasons, with the formats and operations that they hold for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for cell, reason in tally.unable.items():
        reasons.setdefault((cell.operation, reason), []).append(cell.row)
    for (operation, reason), names in sorted(reasons.items()):
        yield f"{operation:<44} {reason}: {', '.join(sorted(names))}"


def off(tally: Tally) -> Iterator[str]:
    for outcomes in tally.outcomes.values():
        for outcome in outcomes:
            if not outcome.right:
                yield " | ".join(
                    ("OFF", outcome.row, outcome.operation, outcome.source, outcome.said, outcome.evidence)
                )


def few(tally: Tally, enough: int) -> list[Cell]:
    return [cell for cell in {*tally.outcomes, *tally.refused} if len(tally.outcomes[cell]) < enough]
