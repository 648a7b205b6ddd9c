"""Images, good and hostile."""

import io
import struct
import zlib

from PIL import Image

from .photos import ENDINGS, FORMATS, photo, picture
from .samples import Sample, bad, good, png_chunk, png_of_size, zipped

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def saved(form: str, image: Image.Image | None = None, **options: object) -> bytes:
    target = io.BytesIO()
    (image or picture(1)).save(target, form, **options)  # type: ignore[arg-type]
    return target.getvalue()


def moving(form: str) -> bytes:
    frames = [picture(n) for n in range(3)]
    target = io.BytesIO()
    frames[0].save(target, form, save_all=True, append_images=frames[1:])
    return target.getvalue()


def jpeg_of_size(width: int, height: int) -> bytes:
    content = bytearray(saved("JPEG"))
    at = content.find(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def webp_of_size(width: int, height: int) -> bytes:
    body = b"\0\0\0\0" + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    inner = saved("WEBP")[12:]
    chunks = b"VP8X" + struct.pack("<I", len(body)) + body + inner
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def profile_bomb() -> bytes:
    """Return a PNG whose colour profile unpacks to 300 MB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\0" * 1024 * 1024) for _ in range(300)) + packer.flush()
    plain = saved("PNG")
    return plain[:33] + png_chunk(b"iCCP", b"x\0\0" + packed) + plain[33:]


def hostile() -> list[Sample]:
    jpg, png, webp = saved("JPEG"), saved("PNG"), saved("WEBP")
    archive = zipped({"a.exe": b"MZ"})
    comment = png[:33] + png_chunk(b"tEXt", b"a\0<script>alert(1)</script>") + png[33:]
    found = [
        bad("vector picture under a photo's ending", "a.jpg", SVG),
        bad("vector picture", "a.svg", SVG),
        bad("web page under a photo's ending", "a.png", b"<html><script>1</script></html>"),
        bad("program under a photo's ending", "a.jpg", b"MZ" + b"\0" * 200),
        bad("Linux program under a photo's ending", "a.png", b"\x7fELF" + b"\0" * 200),
        bad("shell script under a photo's ending", "a.webp", b"#!/bin/sh\nrm -rf /\n"),
        bad("text under a photo's ending", "a.jpeg", b"hello"),
        bad("nothing", "a.jpg", b""),
        bad(
            "photo with a PHP comment",
            "a.jpg",
            saved("JPEG", comment=b"<?php system($_GET[0]); ?>"),
        ),
        bad(
            "photo with a web page as comment",
            "a.jpg",
            saved("JPEG", comment=b"<script>alert(1)</script>"),
        ),
        bad("PNG with a script in its text", "a.png", comment),
        bad("photo and archive", "a.jpg", jpg + archive),
        bad("PNG and archive", "a.png", png + archive),
        bad("WebP and archive", "a.webp", webp + archive),
        bad("photo and program", "a.jpg", jpg + b"MZ" + b"\0" * 200),
        bad("photo and PDF", "a.jpg", jpg + b"%PDF-1.7\n%%EOF"),
        bad("photo and web page", "a.jpg", jpg + b"<html><body>1"),
        bad("PNG and PHP", "a.png", png + b"<?php echo 1;"),
        bad("photo cut off", "a.jpg", jpg[: len(jpg) // 3]),
        bad("PNG cut off", "a.png", png[: len(png) // 2]),
        bad("WebP cut off", "a.webp", webp[: len(webp) // 2]),
        bad("photo with a wrong head", "a.jpg", b"\xff\xd8\xff" + b"\0" * 400),
        bad("PNG with a wrong sum", "a.png", png[:20] + b"\xff\xff" + png[22:]),
        bad("moving WebP", "a.webp", moving("WEBP")),
        bad("moving PNG", "a.png", moving("PNG")),
        bad("GIF", "a.gif", saved("GIF")),
        bad("GIF under a photo's ending", "a.jpg", saved("GIF")),
        bad("BMP under a photo's ending", "a.png", saved("BMP")),
        bad("TIFF under a photo's ending", "a.jpg", saved("TIFF")),
        bad("icon under a photo's ending", "a.png", saved("ICO")),
        bad("film under a photo's ending", "a.jpg", b"\0\0\0\x18ftypmp42" + b"\0" * 100),
        bad("PDF under a photo's ending", "a.jpg", b"%PDF-1.7\n%%EOF"),
        bad("photo under a document's ending", "a.pdf", jpg),
        bad("photo under Word's ending", "a.docx", jpg),
    ]
    names = [
        "a.exe", "a.jpg.exe", "a.php.jpg", "a.exe.jpg", "a.html.png", "a.js.jpg", "a.jpg.", "a.jpg ",
        "a", ".jpg", "", "a\x00.jpg", "a\n.jpg", "a\r\nX: y.jpg", "\u202egpj.exe.jpg", "a\u202egpj.jpg",
        "a\u2066b.jpg", "a\u200b.jpg", "\ufeffa.jpg", "../a.jpg", "..\\a.jpg", "/etc/a.jpg", "C:\\a.jpg",
        "a/b.jpg", "con.jpg", "a:b.jpg", 'a"b.jpg', "a*b.jpg", "a|b.jpg", "<a>.jpg", "字" * 200 + ".jpg",
        "a.svg", "a.htm", "a.docm", "a.xlsm", "a.lnk", "a.zip", "a.heic", "a.jpg\u3000", "a.jpg;.exe",
    ]  # fmt: skip
    found += [bad(f"name {name!r}"[:60], name, jpg) for name in names]
    return found


def bombs() -> list[Sample]:
    return [
        bad("bomb: PNG of 3,600 million pixels", "b.png", png_of_size(60_000, 60_000), bomb=True),
        bad("bomb: PNG of 60 million pixels", "b.png", png_of_size(20_000, 3_000), bomb=True),
        bad("bomb: JPEG of 4,290 million pixels", "b.jpg", jpeg_of_size(65_500, 65_500), bomb=True),
        bad("bomb: WebP of 268 million pixels", "b.webp", webp_of_size(16_383, 16_383), bomb=True),
        bad("bomb: profile of 300 MB", "b.png", profile_bomb(), bomb=True),
    ]


def harmless() -> list[Sample]:
    found = []
    for number in range(40):
        form = FORMATS[number % len(FORMATS)]
        mode = "RGBA" if form in {"png", "webp"} and number % 3 == 0 else "RGB"
        content = photo(number, form, orientation=1 + number % 8, mode=mode)
        found.append(good(f"photo, {form}", f"照片{number}.{ENDINGS[form]}", content))
    grey, bits = picture(3, mode="L"), picture(4).convert("1")
    palette, cmyk = picture(5).convert("P"), picture(6).convert("CMYK")
    found += [
        good("grey photo", "灰.jpg", saved("JPEG", grey)),
        good("printer's photo", "印.jpg", saved("JPEG", cmyk)),
        good("PNG of two colours", "黑白.png", saved("PNG", bits)),
        good("PNG with a palette", "调色板.png", saved("PNG", palette)),
        good("PNG of a phone, as JPG", "微信图片_2026.jpg", saved("PNG")),
        good("WebP under JPG", "mmexport1.jpg", saved("WEBP")),
        good("ending in capitals", "IMG_0001.JPG", saved("JPEG")),
        good("name with blanks", "王 家 (2).jpg", saved("JPEG")),
        good("name with dots", "2026.11.25 走访.jpg", saved("JPEG")),
        good("traditional name", "證明.png", saved("PNG")),
    ]
    return found
