"""Invented photographs that carry what cameras write: place, maker, owner, thumbnail."""

import io
import random

from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

MAKER = "CANARYCAM"
OWNER = "CANARY-OWNER"
CANARIES = (b"CANARYCAM", b"CANARY-OWNER", b"GPSLatitude", b"exif:GPS")
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    'syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    f'exif:GPSLatitude="99,1N" exif:Owner="{OWNER}"/></rdf:RDF></x:xmpmeta>'
).encode()
FORMATS = ("jpeg", "progressive", "png", "webp", "lossless")
ENDINGS = {"jpeg": "jpg", "progressive": "jpeg", "png": "png", "webp": "webp", "lossless": "webp"}


def picture(number: int, *, mode: str = "RGB", size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Return a drawing, different for each number, red in its upper left corner."""
    chance = random.Random(number)
    image = Image.new("RGB", size, (chance.randrange(200), 120, chance.randrange(200)))
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        box = sorted(chance.randrange(size[0]) for _ in range(2))
        tall = sorted(chance.randrange(size[1]) for _ in range(2))
        draw.rectangle((box[0], tall[0], box[1], tall[1]), fill=(chance.randrange(255), 90, 60))
    draw.rectangle((0, 0, size[0] // 4, size[1] // 4), fill=(230, 20, 20))
    return image.convert(mode)


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B], exif[0x0112] = MAKER, MAKER, OWNER, orientation
    exif[0x9286] = OWNER
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (99.0, 1.0, 2.0)
    place[3], place[4] = "E", (101.0, 3.0, 4.0)
    return exif


def photo(number: int, form: str, *, orientation: int = 1, mode: str = "RGB") -> bytes:
    """Return a photograph with position, camera, owner, XMP and a colour profile."""
    image = picture(number, mode=mode)
    target = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    common = {"exif": exif_of(orientation)}
    if mode in {"RGB", "RGBA"}:
        common["icc_profile"] = profile
    if form in {"jpeg", "progressive"}:
        image.save(
            target,
            "JPEG",
            quality=85,
            progressive=form == "progressive",
            comment=OWNER.encode(),
            xmp=XMP,
            **common,
        )
    elif form == "png":
        words = PngInfo()
        words.add_text("Author", OWNER)
        words.add_itxt("XML:com.adobe.xmp", XMP.decode())
        image.save(target, "PNG", pnginfo=words, **common)
    else:
        image.save(target, "WEBP", lossless=form == "lossless", xmp=XMP, **common)
    return target.getvalue()


def photos(count: int = 30) -> list[tuple[str, bytes, int]]:
    """Return names, contents and orientations of photographs in five formats."""
    found = []
    for number in range(count):
        form = FORMATS[number % len(FORMATS)]
        orientation = 1 + number % 8
        content = photo(number, form, orientation=orientation)
        found.append((f"照片{number}.{ENDINGS[form]}", content, orientation))
    return found


def traces(content: bytes) -> list[str]:
    """Return what an image tells besides its pixels."""
    image = Image.open(io.BytesIO(content))
    exif = image.getexif()
    found = [f"tag {tag:#x}" for tag in exif]
    found += [f"place {tag}" for tag in exif.get_ifd(0x8825)]
    found += [name for name in ("exif", "xmp", "icc_profile", "comment") if image.info.get(name)]
    found += list(getattr(image, "text", {}))
    found += [word.decode() for word in CANARIES if word in content]
    return found
