"""How much a file may hold, and how a refusal is told apart from a fault."""

MEGABYTE = 1024 * 1024

MAX_FILE_BYTES = 20 * MEGABYTE
MAX_PIXELS = 40_000_000
MAX_SIDE = 30_000
MAX_UNPACKED_BYTES = 100 * MEGABYTE
MAX_RATIO = 100
RATIO_COUNTS_FROM_BYTES = 1 * MEGABYTE
MAX_PARTS = 2000
MAX_XML_DEPTH = 256
MAX_PDF_OBJECTS = 100_000
MAX_PDF_DEPTH = 200
MAX_PDF_PAGES = 2000

SECONDS = 20
"""Processor time of one inspection, and how long the parent waits at most."""

SPARE_BYTES = 150 * MEGABYTE
"""Memory an inspection may take beyond what the libraries themselves take."""

SPARE_BYTES_FOR_PIXELS = 600 * MEGABYTE
"""The same for an image whose size was found to be within ``MAX_PIXELS``."""


class Refused(Exception):
    """The file is not taken.

    Args:
        code: A key of ``core.attachments.reasons.REASONS``.
        params: Values the sentence names; numbers and fixed words only.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        self.code = code
        self.params = params
        super().__init__(code)
