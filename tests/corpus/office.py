"""DOCX and XLSX files, good and hostile."""

import io
import struct
import zipfile
from typing import Any

import docx
import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from .photos import picture
from .samples import Sample, bad, good, with_parts, zipped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def word(number: int = 0, **parts: Any) -> bytes:
    document = docx.Document()
    document.add_heading(f"走访记录 {number}", 1)
    for line in range(number % 5 + 1):
        document.add_paragraph(f"第{line}段：虚构的内容。")
    if parts.get("table"):
        table = document.add_table(rows=2, cols=2)
        table.cell(0, 0).text = "姓名"
    if parts.get("image"):
        target = io.BytesIO()
        picture(number).save(target, "PNG")
        document.add_picture(io.BytesIO(target.getvalue()))
    if parts.get("link"):
        document.part.relate_to(
            "https://www.example.invalid/", f"{RELS}/hyperlink", is_external=True
        )
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def sheet(number: int = 0, **parts: Any) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["姓名", "数量"])
    for row in range(number % 20 + 1):
        page.append([f"某{row}", row])
    page["D1"] = "=SUM(B2:B9)"
    if parts.get("comment"):
        page["A1"].comment = Comment("说明", "某")
    if parts.get("chart"):
        chart = BarChart()
        chart.add_data(Reference(page, min_col=2, min_row=1, max_row=3))
        page.add_chart(chart, "F2")
    if parts.get("link"):
        page["A2"].hyperlink = "https://www.example.invalid/"
    if parts.get("more"):
        book.create_sheet("二")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def in_body(text: str) -> dict[str, tuple[bytes, bytes]]:
    return {"word/document.xml": (b"<w:sectPr", text.encode() + b"<w:sectPr")}


def relation(kind: str, target: str, mode: str = "External") -> bytes:
    mode = f' TargetMode="{mode}"' if mode else ""
    return f'<Relationship Id="rIdX" Type="{RELS}/{kind}" Target="{target}"{mode}/>'.encode()


def related(kind: str, target: str, mode: str = "External") -> dict[str, tuple[bytes, bytes]]:
    end = b"</Relationships>"
    return {"word/_rels/document.xml.rels": (end, relation(kind, target, mode) + end)}


def sheet_related(kind: str, target: str) -> dict[str, tuple[bytes, bytes]]:
    end = b"</Relationships>"
    return {"xl/_rels/workbook.xml.rels": (end, relation(kind, target) + end)}


def field(*pieces: str) -> str:
    runs = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    return f'<w:p>{begin}{runs}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'


def declared(declaration: str, use: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?><!DOCTYPE w [{declaration}]><w:document xmlns:w="urn:x">{use}'
        "</w:document>"
    ).encode()


def with_document(content: bytes, main: str = "word/document.xml") -> bytes:
    source = zipfile.ZipFile(io.BytesIO(word() if main.startswith("word") else sheet()))
    parts = {name: source.read(name) for name in source.namelist()}
    return zipped({**parts, main: content})


def content_type(new: str) -> dict[str, tuple[bytes, bytes]]:
    end = b"</Types>"
    override = f'<Override PartName="/x.bin" ContentType="{new}"/>'.encode()
    return {"[Content_Types].xml": (end, override + end)}


LAUGHS = "".join(
    f'<!ENTITY l{n} "{"".join([f"&l{n - 1};"] * 10)}">' if n else '<!ENTITY l0 "ha">'
    for n in range(10)
)
DECLARATIONS = {
    "entity": ('<!ENTITY a "b">', "&a;"),
    "entity of a file": ('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"),
    "entity of an address": ('<!ENTITY a SYSTEM "http://example.invalid/a">', "&a;"),
    "parameter entity": ('<!ENTITY % a SYSTEM "http://example.invalid/a"> %a;', ""),
    "public entity": ('<!ENTITY a PUBLIC "x" "http://example.invalid/a">', "&a;"),
    "a billion laughs": (LAUGHS, "&l9;"),
    "quadratic growth": (f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 2000),
    "element declaration": ("<!ELEMENT w ANY>", ""),
    "attribute declaration": ('<!ATTLIST w a CDATA "b">', ""),
    "notation": ('<!NOTATION n SYSTEM "cmd.exe">', ""),
}


def hostile() -> list[Sample]:
    plain, table = word(), sheet()
    found = []

    def doc(what: str, content: bytes, name: str = "材料.docx") -> None:
        found.append(bad(f"DOCX: {what}", name, content))

    def book(what: str, content: bytes, name: str = "表.xlsx") -> None:
        found.append(bad(f"XLSX: {what}", name, content))

    doc("macros", with_parts(plain, add={"word/vbaProject.bin": OLE + b"\0" * 100}))
    doc(
        "macros declared",
        with_parts(plain, replace=content_type("application/vnd.ms-office.vbaProject")),
    )
    doc(
        "macro document under a plain ending",
        with_parts(
            plain,
            replace={
                "[Content_Types].xml": (
                    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                    b"application/vnd.ms-word.document.macroEnabled.main+xml",
                )
            },
        ),
    )
    doc("embedded object", with_parts(plain, add={"word/embeddings/oleObject1.bin": OLE}))
    doc("embedded workbook", with_parts(plain, add={"word/embeddings/a.xlsx": table}))
    doc("control", with_parts(plain, add={"word/activeX/activeX1.xml": b"<a/>"}))
    doc(
        "object in the text",
        with_parts(
            plain, replace=in_body("<w:p><w:object><o:OLEObject xmlns:o='urn:o'/></w:object></w:p>")
        ),
    )
    doc("imported part", with_parts(plain, replace=in_body("<w:altChunk/>")))
    doc("web page inside", with_parts(plain, add={"word/a.html": b"<script>1</script>"}))
    doc("program inside", with_parts(plain, add={"word/a.exe": b"MZ"}))
    doc(
        "program under a picture's ending",
        with_parts(plain, add={"word/media/image9.png": b"MZ" + b"\0" * 90}),
    )
    doc(
        "web page under a picture's ending",
        with_parts(plain, add={"word/media/image9.png": b"<svg onload=1>"}),
    )
    doc("vector picture", with_parts(plain, add={"word/media/a.svg": b"<svg/>"}))
    for kind in (
        "attachedTemplate",
        "image",
        "oleObject",
        "frame",
        "subDocument",
        "aFChunk",
        "mailMergeSource",
    ):
        doc(
            f"{kind} from outside",
            with_parts(plain, replace=related(kind, "http://example.invalid/a.dotm")),
        )
    doc(
        "link to a file", with_parts(plain, replace=related("hyperlink", "file://host/share/a.exe"))
    )
    doc("link to a script", with_parts(plain, replace=related("hyperlink", "javascript:alert(1)")))
    doc("link to a handler", with_parts(plain, replace=related("hyperlink", "ms-msdt:/id")))
    doc("part on a share", with_parts(plain, replace=related("image", "\\\\host\\a.png", "")))
    doc("DDE field", with_parts(plain, replace=in_body(field("DDE cmd.exe /c calc"))))
    doc("DDE field in pieces", with_parts(plain, replace=in_body(field("DD", "EAU", "TO cmd"))))
    doc(
        "picture fetched by a field",
        with_parts(plain, replace=in_body(field('INCLUDEPICTURE "http://example.invalid/a"'))),
    )
    doc(
        "text fetched by a field",
        with_parts(plain, replace=in_body(field('INCLUDETEXT "C:\\\\a"'))),
    )
    doc(
        "simple DDE field",
        with_parts(plain, replace=in_body('<w:p><w:fldSimple w:instr="DDEAUTO c a"/></w:p>')),
    )
    doc("toolbar", with_parts(plain, add={"customUI/customUI.xml": b"<a/>"}))
    doc("web extension", with_parts(plain, add={"word/webextensions/webextension1.xml": b"<a/>"}))
    doc("part outside", with_parts(plain, add={"../../evil.xml": b"<a/>"}))
    doc("part at the root", with_parts(plain, add={"/etc/a.xml": b"<a/>"}))
    doc("part with backslashes", with_parts(plain, add={"word\\..\\a.xml": b"<a/>"}))
    doc("archive inside", with_parts(plain, add={"word/media/image1.png": plain}))
    doc("program before it", b"MZ" + b"\0" * 62 + plain)
    doc("picture before it", b"GIF89a" + plain)
    doc("something behind it", plain + b"<?php echo 1; ?>")
    doc("cut off", plain[: len(plain) // 2])
    doc("damaged XML", with_document(b"<w:document"))
    doc("a workbook", table)
    doc("an empty archive", b"PK\x05\x06" + b"\0" * 18)
    doc("a plain archive", zipped({"a.xml": b"<a/>"}))
    doc(
        "a Java program", zipped({"META-INF/MANIFEST.MF": b"Main-Class: a", "a.class": b"\xca\xfe"})
    )
    doc("protected", OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600)
    doc("old Word", OLE + b"\0" * 600)
    doc("HTML under its ending", b"<html><script>1</script></html>")
    doc("RTF under its ending", b"{\\rtf1 \\object}")
    for what, (declaration, use) in DECLARATIONS.items():
        doc(what, with_document(declared(declaration, use)))
        book(what, with_document(declared(declaration, use), "xl/workbook.xml"))
    doc(
        "entity in UTF-16",
        with_document(declared('<!ENTITY a "b">', "&a;").decode().encode("utf-16")),
    )
    book("macros", with_parts(table, add={"xl/vbaProject.bin": OLE}))
    book("macro sheet", with_parts(table, add={"xl/macrosheets/sheet1.xml": b"<a/>"}))
    book("dialogue sheet", with_parts(table, add={"xl/dialogsheets/sheet1.xml": b"<a/>"}))
    book(
        "link to another workbook",
        with_parts(table, add={"xl/externalLinks/externalLink1.xml": b"<a/>"}),
    )
    book("connection", with_parts(table, add={"xl/connections.xml": b"<a/>"}))
    book("query", with_parts(table, add={"xl/queryTables/queryTable1.xml": b"<a/>"}))
    book(
        "external relation",
        with_parts(table, replace=sheet_related("externalLinkPath", "http://example.invalid/")),
    )
    for formula in (
        "WEBSERVICE(&quot;http://example.invalid&quot;)",
        "CALL(&quot;a&quot;)",
        "cmd|'/C calc'!A0",
        "RTD(&quot;a&quot;)",
    ):
        book(
            f"formula {formula[:9]}",
            with_parts(
                table, replace={"xl/worksheets/sheet1.xml": (b"SUM(B2:B9)", formula.encode())}
            ),
        )
    book("a document", plain)
    book("CSV under its ending", "姓名,数量\n某,1\n".encode())
    book("old Excel", OLE + b"\0" * 600)
    return found


def lying_size() -> bytes:
    """Return an archive whose directory hides how much a part unpacks to."""
    content = bytearray(
        with_parts(word(), add={"word/fat.xml": b"<a>" + b" " * 90_000_000 + b"</a>"})
    )
    at = content.rfind(b"word/fat.xml") - 46
    packed_at = at + 24
    content[packed_at : packed_at + 4] = struct.pack("<I", 1000)
    return bytes(content)


def overlapping() -> bytes:
    """Return an archive whose entries all point at the same bytes."""
    content = zipped({f"word/part{n:03d}.xml": b"<a>" + b"x" * 50_000 + b"</a>" for n in range(60)})
    out = bytearray(content)
    at, first = out.find(b"PK\x01\x02"), None
    while at >= 0:
        first = struct.unpack("<I", out[at + 42 : at + 46])[0] if first is None else first
        out[at + 42 : at + 46] = struct.pack("<I", first)
        at = out.find(b"PK\x01\x02", at + 46)
    return bytes(out)


def bombs() -> list[Sample]:
    plain = word()
    fat = b"<a>" + b" " * 150_000_000 + b"</a>"
    many = {f"word/p{n}.xml": b"<a/>" for n in range(2500)}
    laughs = with_document(declared(*DECLARATIONS["a billion laughs"]))
    quadratic = with_document(declared(*DECLARATIONS["quadratic growth"]))
    deep = with_document(b"<a>" * 400_000 + b"</a>" * 400_000)
    return [
        bad(
            "bomb: one part of 150 MB",
            "b.docx",
            with_parts(plain, add={"word/fat.xml": fat}),
            bomb=True,
        ),
        bad("bomb: size hidden", "b.docx", lying_size(), bomb=True),
        bad("bomb: entries that overlap", "b.docx", overlapping(), bomb=True),
        bad("bomb: 2,500 parts", "b.docx", with_parts(plain, add=many), bomb=True),
        bad("bomb: a billion laughs", "b.docx", laughs, bomb=True),
        bad("bomb: quadratic growth", "b.docx", quadratic, bomb=True),
        bad("bomb: 400,000 levels", "b.docx", deep, bomb=True),
    ]


def harmless() -> list[Sample]:
    found = []
    for number in range(16):
        content = word(number, table=number % 2, image=number % 3 == 0, link=number % 4 == 0)
        found.append(good("DOCX", f"材料{number}.docx", content))
        content = sheet(
            number,
            comment=number % 2,
            chart=number % 3 == 0,
            link=number % 4 == 0,
            more=number % 5 == 0,
        )
        found.append(good("XLSX", f"表{number}.xlsx", content))
    return found
