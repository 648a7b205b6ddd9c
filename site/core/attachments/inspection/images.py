"""Decode a photograph and write it anew: what is kept holds pixels and nothing else.

A decoded and re-encoded image carries no position, no camera, no thumbnail of an uncropped
original, no comment, and nothing behind its end.  The orientation is applied to the pixels,
colours of a wide profile are turned into sRGB.
"""

import io
import struct
import warnings

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from .limits import MAX_PIXELS, MAX_SIDE, Refused

KINDS = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp"}

# Words that have no business in a photograph, wherever they stand.
SCRIPTS = (b"<?php", b"<script", b"<!doctype", b"<html", b"<svg", b"<iframe", b"#!/bin/")
END_OF_ZIP = b"PK\x05\x06"
LONGEST_ZIP_TAIL = 65_557


def looks_like(content: bytes) -> bool:
    """Return whether the first bytes are those of a kind of image that is taken."""
    return (
        content.startswith(b"\xff\xd8\xff")
        or content.startswith(b"\x89PNG\r\n\x1a\n")
        or (content.startswith(b"RIFF") and content[8:12] == b"WEBP")
    )


def end_of_image(content: bytes) -> int:
    """Return where the image's own structure ends; the length where that is not told."""
    if content.startswith(b"\x89PNG"):
        at = 8
        while at + 8 <= len(content):
            (length,) = struct.unpack(">I", content[at : at + 4])
            kind = content[at + 4 : at + 8]
            at += 12 + length
            if kind == b"IEND":
                return at
        return len(content)
    if content.startswith(b"RIFF"):
        (length,) = struct.unpack("<I", content[4:8])
        return min(8 + length + (length & 1), len(content))
    last = content.rfind(b"\xff\xd9")
    return len(content) if last < 0 else last + 2


def refuse_second_nature(content: bytes) -> None:
    """Refuse a file that is an image and something else as well.

    Raises:
        Refused: It is a web page, a program, an archive or a PDF too.
    """
    lowered = content.lower()
    tail = content[end_of_image(content) :]
    two_faced = (
        any(word in lowered for word in SCRIPTS)
        or END_OF_ZIP in content[-LONGEST_ZIP_TAIL:]
        or b"%PDF-" in content[:1024]
        or b"%PDF-" in tail
        or tail[:2] == b"MZ"
    )
    if two_faced:
        raise Refused("polyglot")


def check_size(image: Image.Image) -> None:
    """Refuse what the header says is too large, before a pixel is decoded.

    Raises:
        Refused: More pixels or a longer side than is taken.
    """
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Refused("too_many_pixels", limit=MAX_PIXELS // 1_000_000)


def open_image(content: bytes) -> Image.Image:
    """Read the header of an image of one of the kinds that are taken.

    Raises:
        Refused: It is none, or too large, or moves.
    """
    refuse_second_nature(content)
    # Our own limit is checked below; Pillow's would warn at another one.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"])
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error):
        raise Refused("damaged") from None
    check_size(image)
    frames = getattr(image, "n_frames", 1)
    if image.format not in KINDS or (frames > 1 and image.format != "MPO"):
        raise Refused("animated")
    return image


def in_srgb(image: Image.Image) -> Image.Image:
    """Return the image with plain colours, whatever profile it carried."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode=image.mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image  # a damaged profile says nothing about the pixels
        return converted or image
    return image


def plain_mode(image: Image.Image, *, alpha: bool) -> Image.Image:
    """Return the image in grey, colour, or colour with transparency."""
    if image.mode in {"L", "RGB"}:
        return image
    transparent = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    if alpha and transparent:
        return image.convert("RGBA")
    if image.mode in {"1", "I", "I;16", "F"}:
        return image.convert("L")
    return image.convert("RGB")


def clean(content: bytes) -> tuple[str, bytes]:
    """Return the kind of an image and the image written anew.

    Raises:
        Refused: It is damaged, too large, moving, or something else besides.
    """
    image = open_image(content)
    kind = KINDS[str(image.format)]
    lossless = image.format == "PNG" or (image.format == "WEBP" and b"VP8L" in content[:64])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            turned = ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, struct.error, IndexError, TypeError):
        raise Refused("damaged") from None
    except MemoryError:
        raise Refused("too_heavy") from None
    pixels = plain_mode(in_srgb(turned), alpha=kind != "jpg")
    # Nothing but pixels: encoders write what they find in here.
    pixels.info.clear()
    target = io.BytesIO()
    if kind == "jpg":
        pixels.save(target, "JPEG", quality=90, optimize=False)
    elif kind == "png":
        pixels.save(target, "PNG", compress_level=6)
    else:
        pixels.save(target, "WEBP", quality=90, lossless=lossless, method=2)
    return kind, target.getvalue()
