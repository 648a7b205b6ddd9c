"""Ask ClamAV about a file: the INSTREAM command over a unix socket.

Protocol: ``zINSTREAM\\0``, then each chunk with its length in four bytes (big-endian), then
a length of zero; the answer is one line ended by a null byte: ``stream: OK``,
``stream: <name> FOUND`` or ``… ERROR``.
"""

import logging
import socket
import struct
import time
from enum import StrEnum

from django.conf import settings

logger = logging.getLogger("tonghu.attachments")

CHUNK_BYTES = 64 * 1024
SECONDS = 20
LONGEST_ANSWER = 4096


class Verdict(StrEnum):
    """What the scanner says."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "unknown"  # it is down, silent, or could not tell


def is_configured() -> bool:
    """Return whether this installation has a scanner."""
    return bool(settings.CLAMAV_SOCKET)


def scan(content: bytes) -> Verdict:
    """Return what the scanner says about a file; silence is never taken for a yes.

    Without a configured scanner every file counts as clean: the checks of the gate are
    then the only ones, and ``check --deploy`` says so (attachments.I001).
    """
    if not is_configured():
        return Verdict.CLEAN
    try:
        answer = _ask(content)
    except OSError as error:
        logger.warning("virus scanner: %s", type(error).__name__)
        return Verdict.UNKNOWN
    if answer.endswith("FOUND"):
        return Verdict.INFECTED
    if answer == "stream: OK":
        return Verdict.CLEAN
    logger.warning("virus scanner: it could not tell")
    return Verdict.UNKNOWN


def _ask(content: bytes) -> str:
    deadline = time.monotonic() + SECONDS
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(SECONDS)
        line.connect(settings.CLAMAV_SOCKET)
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            line.sendall(struct.pack("!L", len(chunk)) + chunk)
        line.sendall(struct.pack("!L", 0))
        answer = b""
        while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
            # A scanner that drips one byte now and then is a silent one.
            line.settimeout(max(deadline - time.monotonic(), 0.01))
            piece = line.recv(LONGEST_ANSWER)
            if not piece:
                break
            answer += piece
    if b"\0" not in answer:
        raise ConnectionError("the scanner hung up")
    return answer.partition(b"\0")[0].decode(errors="replace").strip()
