"""Why something was done to a file, in words for the window and the command line."""

from __future__ import annotations

from musicvault.domain import policy_wording, wording
from musicvault.domain.needs import Reason
from musicvault.domain.verdict import Verdict
from musicvault.language import tr

_WHY = {
    "kept-long-enough": "it was kept as long as the policy asks",
    "rotten-aside": "it was set aside as damaged, and rots on",
}


def why(reason: str) -> str:
    """The `reason` of a notice as a sentence. What is no code (of the planner, of a verdict, of retention) is one."""
    if reason in set(Reason):
        return policy_wording.why(Reason(reason))
    if reason in set(Verdict):
        return wording.verdict(Verdict(reason))
    return tr(_WHY[reason]) if reason in _WHY else reason
