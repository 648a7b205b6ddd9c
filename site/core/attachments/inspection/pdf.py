"""Read a PDF the way readers do, and refuse one that does more than show pages.

Names are compared as a parser reads them, so that ``/J#61vaScript`` is JavaScript, and the
objects inside compressed object streams are walked like all others.
"""

import io
from collections.abc import Iterator
from typing import Any

import pikepdf

from .limits import MAX_PDF_DEPTH, MAX_PDF_OBJECTS, MAX_PDF_PAGES, MAX_PIXELS, Refused

# Kinds of action that do something, whatever they hang on.
ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToE",
    "/GoToR",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/RichMediaExecute",
    "/GoTo3DView",
}
KEYS = {
    "/JS": "pdf_script",
    "/JavaScript": "pdf_script",
    "/XFA": "pdf_form_program",
    "/EF": "pdf_embedded",
    "/EmbeddedFiles": "pdf_embedded",
    "/AF": "pdf_embedded",
    "/RichMediaContent": "pdf_media",
}
SUBTYPES = {
    "/FileAttachment": "pdf_embedded",
    "/RichMedia": "pdf_media",
    "/Movie": "pdf_media",
    "/Sound": "pdf_media",
    "/Screen": "pdf_media",
    "/3D": "pdf_media",
}
PLAIN_ADDRESSES = ("http://", "https://", "mailto:", "tel:")
IMAGE_PIXELS = 10 * MAX_PIXELS


def looks_like(content: bytes) -> bool:
    """Return whether the first bytes are those of a PDF."""
    return content.startswith(b"%PDF-")


def check(content: bytes) -> str:
    """Return ``"pdf"`` for one that may be kept as it is.

    Raises:
        Refused: It is damaged, protected, or holds scripts, programs, media or files.
    """
    if b"PK\x05\x06" in content[-65_557:] or b"<script" in content[:1024].lower():
        raise Refused("polyglot")
    try:
        with pikepdf.open(
            io.BytesIO(content), attempt_recovery=False, suppress_warnings=True
        ) as pdf:
            if pdf.is_encrypted:
                raise Refused("encrypted")
            for holder in everything(pdf):
                check_dictionary(holder)
            # Objects that could not be read are left out with a warning, not an error; a
            # reader with more memory or patience would see what was not looked at here.  A
            # page without its table of fonts is set right and hides nothing.
            if any("repairing" not in str(warning) for warning in pdf.get_warnings()):
                raise Refused("damaged")
            if len(pdf.pages) > MAX_PDF_PAGES:
                raise Refused("too_heavy")
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except MemoryError:
        raise Refused("too_heavy") from None
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, RecursionError):
        raise Refused("damaged") from None
    return "pdf"


def everything(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield every dictionary of the file, in streams, arrays and other dictionaries too.

    Raises:
        Refused: There are more than any letter or form has.
    """
    count = 0
    stack: list[tuple[Any, int]] = [(pdf.trailer, 0)]
    for found in pdf.objects:
        stack.append((found, 0))
        while stack:
            thing, depth = stack.pop()
            count += 1
            if count > 20 * MAX_PDF_OBJECTS or depth > MAX_PDF_DEPTH:
                raise Refused("too_heavy")
            if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
                yield thing
                values = [value for _key, value in thing.items()]
            elif isinstance(thing, pikepdf.Array):
                values = list(thing)
            else:
                continue
            for value in values:
                # What is referred to stands in the list of objects itself.
                nested = isinstance(value, pikepdf.Dictionary | pikepdf.Array)
                if nested and not value.is_indirect:
                    stack.append((value, depth + 1))


def check_dictionary(holder: Any) -> None:
    """Judge one dictionary by its keys and by what it says it is.

    Raises:
        Refused: It does something, or carries something.
    """
    for key in holder.keys():  # noqa: SIM118  a stream is no mapping
        if key in KEYS:
            raise Refused(KEYS[key])
    action = name_at(holder, "/S")
    if action in ACTIONS:
        raise Refused("pdf_script" if action == "/JavaScript" else "pdf_action")
    subtype = name_at(holder, "/Subtype")
    if subtype in SUBTYPES:
        raise Refused(SUBTYPES[subtype])
    if name_at(holder, "/Type") == "/EmbeddedFile":
        raise Refused("pdf_embedded")
    if action == "/URI":
        check_address(holder.get("/URI"))
    if "/OpenAction" in holder:
        check_opening(holder.get("/OpenAction"))
    if isinstance(holder, pikepdf.Stream):
        check_stream(holder, subtype)


def name_at(holder: Any, key: str) -> str:
    """Return the name a dictionary has at a key, or nothing."""
    value = holder.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def check_address(value: Any) -> None:
    """Let ordinary web and mail addresses pass.

    Raises:
        Refused: It leads to a file, a script or a program.
    """
    if not str(value).strip().lower().startswith(PLAIN_ADDRESSES):
        raise Refused("pdf_action")


def check_opening(value: Any) -> None:
    """Let a file say which page it opens at, and nothing else.

    Raises:
        Refused: Opening it does something.
    """
    if isinstance(value, pikepdf.Dictionary) and name_at(value, "/S") not in {"/GoTo", ""}:
        raise Refused("pdf_action")


def check_stream(stream: Any, subtype: str) -> None:
    """Refuse compression piled on compression, and pictures no paper is large enough for.

    Raises:
        Refused: Unpacking it would take more than any reader has.
    """
    filters = stream.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        packed = [str(name) for name in filters]
        if len(packed) > 3 or sum(name in {"/FlateDecode", "/LZWDecode"} for name in packed) > 1:
            raise Refused("too_heavy")
    if subtype == "/Image":
        try:
            pixels = int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))
        except (TypeError, ValueError):
            raise Refused("damaged") from None
        if pixels > IMAGE_PIXELS:
            raise Refused("too_heavy")
