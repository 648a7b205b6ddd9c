"""The whole corpus, made anew each time: no binary is kept in the repository."""

from functools import lru_cache

from . import images, office, pdfs
from .samples import Sample


@lru_cache(maxsize=1)
def bombs() -> tuple[Sample, ...]:
    """Return files built to eat memory or time."""
    return (*images.bombs(), *office.bombs(), *pdfs.bombs())


@lru_cache(maxsize=1)
def corpus() -> tuple[Sample, ...]:
    """Return every file, bombs left out."""
    parts = (images, office, pdfs)
    return tuple(s for part in parts for s in (*part.hostile(), *part.harmless()))
