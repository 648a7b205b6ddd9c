"""What happens to a file before it is kept: name, size, kind, and a look inside.

The look inside is taken by a child process without environment, with little memory and
little time, because the libraries that read images and PDFs are the likeliest to be
attacked.  Its answer is the only thing that comes back.
"""

import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from .enums import IMAGES, FileType
from .inspection.limits import MAX_FILE_BYTES, MEGABYTE, SECONDS
from .names import check_name
from .reasons import REASONS, UploadRefused

logger = logging.getLogger("tonghu.attachments")

CHILD = Path(__file__).with_name("inspection") / "child.py"
AT_ONCE = 2
WAIT_SECONDS = 30
_slots = threading.BoundedSemaphore(AT_ONCE)

JPEG, PNG, PDF, ZIP, OLE = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"%PDF-",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
)
IMAGE_ENDINGS = {"jpg", "jpeg", "png", "webp"}


@dataclass(frozen=True)
class Passed:
    """A file that may be kept.

    Attributes:
        name: Its name, with the ending of what it really is.
        file_type: What it is.
        content: What to keep; images are written anew.
    """

    name: str
    file_type: FileType
    content: bytes


def look_into(name: str, content: bytes) -> Passed:
    """Judge a file by name and content, and return what may be kept of it.

    Raises:
        UploadRefused: It is not taken; the reason tells the person what to do.
    """
    stem, ending = check_name(name)
    if not content:
        raise UploadRefused("empty")
    if len(content) > MAX_FILE_BYTES:
        raise UploadRefused("too_large", limit=MAX_FILE_BYTES // MEGABYTE)
    kind = _claimed_kind(content, ending)
    found, kept = _ask_child(kind, content)
    file_type = FileType(found)
    if (file_type in IMAGES) != (kind == "image"):
        raise UploadRefused("type_mismatch")
    if len(kept) > 2 * MAX_FILE_BYTES:
        raise UploadRefused("too_large", limit=MAX_FILE_BYTES // MEGABYTE)
    # An image under another image's ending is what telephones make of it; it gets its own.
    keeps_ending = (
        file_type not in IMAGES or ending == file_type or {ending, found} == {"jpeg", "jpg"}
    )
    return Passed(f"{stem}.{ending if keeps_ending else found}", file_type, kept)


def _claimed_kind(content: bytes, ending: str) -> str:
    """Return which inspection a file gets, by its first bytes and its ending together."""
    is_webp = content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    is_image = content.startswith((JPEG, PNG)) or is_webp
    if ending in IMAGE_ENDINGS:
        fits, kind = is_image, "image"
    elif ending == "pdf":
        fits, kind = content.startswith(PDF), "pdf"
    else:
        fits, kind = content.startswith((ZIP, OLE)), ending
    if not fits:
        raise UploadRefused("type_mismatch")
    return kind


def _ask_child(kind: str, content: bytes) -> tuple[str, bytes]:
    """Let a child process read the file, and return its answer.

    Raises:
        UploadRefused: The child refuses it, dies of it, or takes too long.
    """
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise UploadRefused("busy")
    try:
        # Nothing of our environment goes along: it names keys and passwords.
        done = subprocess.run(  # noqa: S603  our own program, one word as argument
            [sys.executable, "-I", str(CHILD), kind],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
            timeout=SECONDS + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UploadRefused("too_heavy") from None
    finally:
        _slots.release()
    head, _, kept = done.stdout.partition(b"\n")
    try:
        answer = json.loads(head)
    except ValueError:
        logger.warning("an inspection of kind %s ended with code %s", kind, done.returncode)
        raise UploadRefused("too_heavy" if done.returncode < 0 else "unreadable") from None
    if refused := answer.get("refused"):
        code = refused if refused in REASONS else "unreadable"
        raise UploadRefused(code, **answer.get("params", {}))
    if answer.get("bytes") != len(kept):
        raise UploadRefused("unreadable")
    return str(answer["kind"]), kept
