"""A process in which the clock stands and chance is drawn by lot that anyone can draw again: so that what comes of two
points can be compared."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
import threading
import time
import uuid
from collections import Counter
from inspect import Parameter, signature
from itertools import count
from typing import Any

from musicvault.engine.timekeeping import TrustedClock
from musicvault.storage import machine


class Moment:
    """The moment at which all runs of a stage happen, one after the other `later` by some seconds."""

    def __init__(self) -> None:
        self._wall, self._steady = time.time(), machine.steady()

    def hold(self, later: float) -> None:
        """Stop this process's clock there, and let its random names be the same in each run of the same moment."""
        wall, steady = self._wall + later, self._steady + later
        init: Any = TrustedClock.__init__
        still = {"wall": lambda: wall, "steady": lambda: steady, "synchronised": lambda: None}
        asked = [one for one in signature(init).parameters.values() if one.default is not Parameter.empty]
        init.__defaults__ = tuple(still.get(one.name, one.default) for one in asked)
        drawn: Counter[str] = Counter()

        def token(size: int = 16) -> str:
            thread = threading.current_thread().name
            drawn[thread] += 1
            return hashlib.sha256(f"{later} {thread} {drawn[thread]}".encode()).hexdigest()[: 2 * size]

        system: Any = time
        system.time = lambda: wall
        names: Any = tempfile
        names._name_sequence = (token(4) for _ in count())
        made: Any = secrets
        made.token_hex = token
        ids: Any = uuid
        ids.uuid4 = lambda: uuid.UUID(hex=token())
