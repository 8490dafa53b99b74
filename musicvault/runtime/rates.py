"""How fast a job goes, and how long it will still take."""

from __future__ import annotations

from collections import deque

WINDOW_S = 20.0


class Rate:
    """Bytes a second over the last 20 s, and the time left. `now` is in seconds of a steady clock."""

    def __init__(self, total: int | None) -> None:
        self.total = total
        self._points: deque[tuple[float, int]] = deque()

    def advance(self, now: float, done: int) -> None:
        self._points.append((now, done))
        while len(self._points) > 2 and now - self._points[0][0] > WINDOW_S:
            self._points.popleft()

    @property
    def per_second(self) -> float:
        """0 while it is unknown."""
        if len(self._points) < 2:
            return 0.0
        (start, before), (end, after) = self._points[0], self._points[-1]
        return (after - before) / (end - start) if end > start else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None while it is unknown."""
        if self.total is None or not self._points or not self.per_second:
            return None
        return max(0.0, (self.total - self._points[-1][1]) / self.per_second)
