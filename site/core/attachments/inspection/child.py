"""The program of the child process: read a file from standard input, answer, end.

    python -I child.py <kind>

The answer is one line of JSON and, for a file that may be kept, its content.  The limits are
set before the first byte is read; the process has no environment, no network of its own to
speak of and writes no file.  A file that makes it die is refused like any other.
"""

import json
import resource
import sys
from pathlib import Path

# Started by path and isolated, so the way to the modules beside this one is told here.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from core.attachments.inspection import limits
from core.attachments.inspection.limits import Refused


def address_space() -> int:
    """Return the bytes of address space this process takes now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def hold_to(spare: int) -> None:
    """Let the process take so many bytes more than it has, and no file."""
    most = address_space() + spare
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def inspect(kind: str, content: bytes) -> tuple[str, bytes]:
    """Return the kind found and the content to keep.

    Raises:
        Refused: It is not taken.
    """
    if kind == "image":
        from core.attachments.inspection import images

        images.open_image(content).close()
        hold_to(limits.SPARE_BYTES_FOR_PIXELS)
        return images.clean(content)
    if kind == "pdf":
        from core.attachments.inspection import pdf

        return pdf.check(content), content
    from core.attachments.inspection import office

    return office.check(content, kind), content


def load(kind: str) -> None:
    """Import what the kind needs before memory is held down."""
    if kind == "image":
        from core.attachments.inspection import images

        images.Image.init()
    elif kind == "pdf":
        from core.attachments.inspection import pdf  # noqa: F401
    else:
        from core.attachments.inspection import office  # noqa: F401


def main() -> None:
    kind = sys.argv[1]
    load(kind)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.SECONDS, limits.SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read(limits.MAX_FILE_BYTES + 1)
    hold_to(limits.SPARE_BYTES)
    answer: dict[str, object]
    try:
        found, kept = inspect(kind, content)
        answer = {"kind": found, "bytes": len(kept)}
    except Refused as refused:
        answer, kept = {"refused": refused.code, "params": refused.params}, b""
    except MemoryError:
        answer, kept = {"refused": "too_heavy", "params": {}}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
