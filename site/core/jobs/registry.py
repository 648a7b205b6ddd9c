"""Which function does which kind of job."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .services import Run

Handler = Callable[["Run"], dict[str, Any] | None]

_handlers: dict[str, Handler] = {}


def job(kind: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of a kind of job.

    It gets a ``Run`` (parameters, progress, cancel) and returns a result without
    personal data.  It must be safe to start again from the beginning.

    Raises:
        ValueError: The kind has a handler already.
    """

    def register(handler: Handler) -> Handler:
        if _handlers.get(kind, handler) is not handler:
            raise ValueError(f"two handlers for jobs of kind {kind!r}")
        _handlers[kind] = handler
        return handler

    return register


def handler_for(kind: str) -> Handler:
    """Return the handler of a kind.

    Raises:
        LookupError: No handler is registered.
    """
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"no handler for jobs of kind {kind!r}") from None
