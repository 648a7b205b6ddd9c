"""Who answers: the cluster while it is well, the database whenever it is not.

Both hold the same tokens and answer with the same sets in the same order, so a reader
only sees a small notice.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from search.backends.base import Engine, EngineUnavailable

logger = logging.getLogger("tonghu.search")

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0

Answer = TypeVar("Answer")


@dataclass
class Breaker:
    """Keeps requests away from an engine that has just failed.

    One failure opens it, because asking the other engine costs nothing but speed while
    asking a silent one costs its whole timeout.  After the pause one request may try;
    every further failure doubles the pause, up to a minute.
    """

    now: Callable[[], float] = time.monotonic
    _failures: int = 0
    _closed_again_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def allows(self) -> bool:
        """Return whether the engine may be asked; after a pause only the first caller may."""
        with self._lock:
            if not self._failures:
                return True
            if self.now() < self._closed_again_at:
                return False
            self._closed_again_at = self.now() + self._pause()
            return True

    def succeeded(self) -> None:
        """Note an answer: the engine is well."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Note a failure and start the pause."""
        with self._lock:
            self._failures += 1
            self._closed_again_at = self.now() + self._pause()

    def reset(self) -> None:
        """Forget all failures."""
        with self._lock:
            self._failures = 0
            self._closed_again_at = 0.0

    def _pause(self) -> float:
        # The exponent is held down: a night of failures would overflow a float.
        doublings = min(max(self._failures - 1, 0), 10)
        return min(FIRST_PAUSE_SECONDS * 2**doublings, LONGEST_PAUSE_SECONDS)


# One for each process: every worker finds out for itself, within one timeout.
breaker = Breaker()


@dataclass(frozen=True)
class Answered:
    """Which engine answered, and whether it stood in for another."""

    engine: str
    degraded: bool


def answer(
    work: Callable[[Engine], Answer], *, primary: Engine | None, fallback: Engine
) -> tuple[Answer, Answered]:
    """Let the primary engine do the whole work, or the fallback if it cannot.

    Args:
        work: May ask the engine several times; it starts afresh on the fallback, so an
            answer never mixes two engines.
        primary: ``None`` where only the fallback is in use.
        fallback: Always answers.
    """
    if primary is None:
        return work(fallback), Answered(fallback.name, degraded=False)
    if breaker.allows():
        try:
            result = work(primary)
        except EngineUnavailable as error:
            breaker.failed()
            logger.warning("%s cannot answer (%s); %s does", primary.name, error, fallback.name)
        else:
            breaker.succeeded()
            return result, Answered(primary.name, degraded=False)
    return work(fallback), Answered(fallback.name, degraded=True)
