"""What the browser's copy of the product runs with: as ``make run``, but files are kept.

While somebody works on the product, a browser asks for each static file anew on each page; sixty
of them on each of some thousand pages would be most of what the tests do.
"""

from config.settings.dev import *  # noqa: F403

WHITENOISE_MAX_AGE = 3600
