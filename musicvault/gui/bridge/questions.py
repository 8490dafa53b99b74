"""Short reads, one after another on a thread of their own, whose answers come back to the Qt thread."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from musicvault.errors import ItemError, UsageError, VaultError

Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Question:
    work: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[Exception], None] | None
    key: str


class Questions(QObject):
    """One thread for short reads, in order. A question with a `key` replaces a waiting one of the same key."""

    failed = Signal(str)
    """A question failed that brought no way to say so itself."""
    _answered = Signal(object, object, object)

    def __init__(self, name: str = "questions", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[_Question] = deque()
        self._bell = threading.Condition()
        self._closed = False
        self._busy = False
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def ask(
        self,
        work: Callable[[], Answer],
        then: Callable[[Answer], None],
        failed: Callable[[Exception], None] | None = None,
        key: str = "",
    ) -> None:
        """Run `work` on the thread, then `then` (or `failed`) with its outcome on the Qt thread."""
        with self._bell:
            if key:
                self._waiting = deque(q for q in self._waiting if q.key != key)
            self._waiting.append(_Question(work, then, failed, key))
            self._bell.notify()

    def close(self, seconds: float = 5.0) -> None:
        """Answer nothing more."""
        with self._bell:
            self._closed = True
            self._waiting.clear()
            self._bell.notify()
        self._thread.join(seconds)

    def idle(self) -> bool:
        """Whether nothing waits and nothing runs (an answer may still be on its way)."""
        with self._bell:
            return not self._waiting and not self._busy

    def _work(self) -> None:
        while True:
            with self._bell:
                self._busy = False
                while not self._waiting and not self._closed:
                    self._bell.wait()
                if self._closed:
                    return
                question = self._waiting.popleft()
                self._busy = True
            answer, error = None, None
            try:
                answer = question.work()
            except Exception as caught:  # told on the Qt thread
                error = caught
            with self._bell:
                if self._closed:
                    return
            self._answered.emit(question, answer, error)

    def _deliver(self, question: _Question, answer: object, error: Exception | None) -> None:
        if self._closed:
            return
        if error is None:
            question.then(answer)
        elif question.failed is not None:
            question.failed(error)
        else:
            if not isinstance(error, (VaultError, UsageError, ItemError)):
                _log.error("a question failed", exc_info=error)
            self.failed.emit(str(error))
