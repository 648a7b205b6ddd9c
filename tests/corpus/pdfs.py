"""PDFs, good and hostile, made with pikepdf and by hand."""

import io
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from .samples import Sample, bad, good


def made(change: Callable[[pikepdf.Pdf], Any] | None = None, **options: Any) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    page.Contents = pdf.make_stream(b"BT /F1 12 Tf 72 720 Td (Invented) Tj ET")
    if change is not None:
        change(pdf)
    target = io.BytesIO()
    pdf.save(target, **options)
    return target.getvalue()


IN_STREAMS = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
SCRIPT = "app.alert('x')"


def js(pdf: pikepdf.Pdf) -> Any:
    return pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String(SCRIPT)))


def annotate(pdf: pikepdf.Pdf, **values: Any) -> None:
    annotation = Dictionary(Type=Name.Annot, Rect=[0, 0, 10, 10], **values)
    pdf.pages[0].Annots = pdf.make_indirect(Array([pdf.make_indirect(annotation)]))


def act(**values: Any) -> Callable[[pikepdf.Pdf], None]:
    """Put an action on a link."""

    def change(pdf: pikepdf.Pdf) -> None:
        annotate(pdf, Subtype=Name.Link, A=Dictionary(**values))

    return change


def subtype(name: str) -> Callable[[pikepdf.Pdf], None]:
    return lambda pdf: annotate(pdf, Subtype=Name(name))


def root(**values: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, value in values.items():
            pdf.Root[f"/{name}"] = value(pdf) if callable(value) else value

    return change


def names_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), js(pdf)])))


def attached(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.exe"] = b"MZ" + b"\0" * 50


def page_script(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj["/AA"] = Dictionary(O=js(pdf))


def next_script(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]), Next=js(pdf))
    annotate(pdf, Subtype=Name.Link, A=action)


def field_script(pdf: pikepdf.Pdf) -> None:
    field = Dictionary(FT=Name.Tx, T=String("a"), AA=Dictionary(K=js(pdf)))
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]))


def orphan_script(pdf: pikepdf.Pdf) -> None:
    # Nobody refers to it directly; a reader that repairs the file would find it.
    pdf.Root.Extra = Dictionary(Hidden=Array([Array([js(pdf)])]))


def giant_picture(pdf: pikepdf.Pdf) -> None:
    stream = pikepdf.Stream(pdf, zlib.compress(b"\0" * 1000))
    stream.Filter, stream.Subtype = Name.FlateDecode, Name.Image
    stream.Width, stream.Height, stream.BitsPerComponent = 90_000, 90_000, 8
    pdf.pages[0].Resources = Dictionary(XObject=Dictionary(Im0=pdf.make_indirect(stream)))


def by_hand(objects: list[bytes], root_number: int = 1) -> bytes:
    """Return a PDF with a table of references, from the bodies of its objects."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + table + trailer % (len(objects) + 1, root_number, len(out))


def simple_objects(catalog: bytes = b"") -> list[bytes]:
    return [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]


def packed_thrice() -> bytes:
    """Return a PDF whose page unpacks, unpacked three times, to 100 MB."""
    packed = b"\0" * 100_000_000
    for _ in range(3):
        packed = zlib.compress(packed)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    filters = b"/Filter [/FlateDecode /FlateDecode /FlateDecode]"
    stream = b"<< %s /Length %d >>\nstream\n%s\nendstream" % (filters, len(packed), packed)
    return by_hand([*simple_objects()[:2], page, stream])


def object_stream_bomb(megabytes: int = 600) -> bytes:
    """Return a PDF whose only object stream unpacks to that many megabytes."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"4 0 << /A 1 >> ")
    block = b" " * 1024 * 1024
    for _ in range(megabytes):
        packed += packer.compress(block)
    packed += packer.flush()
    out, places = b"%PDF-1.7\n", {}
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Extra 4 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        5: b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (len(packed), packed),
    }
    for number, body in bodies.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    rows = b"\0" + b"\0" * 4 + b"\xff"
    for number in (1, 2, 3):
        rows += b"\1" + places[number].to_bytes(4, "big") + b"\0"
    rows += b"\2" + (5).to_bytes(4, "big") + b"\0"
    rows += b"\1" + places[5].to_bytes(4, "big") + b"\0"
    rows += b"\1" + start.to_bytes(4, "big") + b"\0"
    table = zlib.compress(rows)
    out += (
        b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 1] /Root 1 0 R /Filter /FlateDecode /Length %d "
        b">>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
    ) % (len(table), table, start)
    return out


def hostile() -> list[Sample]:
    changes: dict[str, Callable[[pikepdf.Pdf], Any]] = {
        "script by name": names_script,
        "script at opening": root(OpenAction=js),
        "script at closing": root(AA=lambda pdf: Dictionary(WC=js(pdf))),
        "script on a page": page_script,
        "script behind another action": next_script,
        "script in a field": field_script,
        "script nobody refers to": orphan_script,
        "program started": act(S=Name.Launch, F=String("cmd.exe")),
        "program started at opening": root(
            OpenAction=Dictionary(S=Name.Launch, F=String("cmd.exe"))
        ),
        "form sent away": act(S=Name.SubmitForm, F=String("http://example.invalid/")),
        "data fetched": act(S=Name.ImportData, F=String("a.fdf")),
        "other file opened": act(S=Name.GoToR, F=String("\\\\host\\a.pdf"), D=Array([0])),
        "embedded file opened": act(S=Name.GoToE, D=Array([0])),
        "address of a file": act(S=Name.URI, URI=String("file:///etc/passwd")),
        "address of a script": act(S=Name.URI, URI=String("javascript:alert(1)")),
        "address at opening": root(
            OpenAction=Dictionary(S=Name.URI, URI=String("http://example.invalid/"))
        ),
        "embedded file": attached,
        "file as annotation": subtype("/FileAttachment"),
        "rich media": subtype("/RichMedia"),
        "film": subtype("/Movie"),
        "sound": subtype("/Sound"),
        "screen": subtype("/Screen"),
        "3D": subtype("/3D"),
        "film by action": act(S=Name.Rendition, OP=0),
        "form with a program": root(AcroForm=Dictionary(Fields=Array([]), XFA=String("<xdp/>"))),
        "associated file": root(AF=Array([Dictionary(Type=Name.Filespec, F=String("a.xml"))])),
        "giant picture": giant_picture,
    }
    found = []
    for what, change in changes.items():
        found.append(bad(f"PDF: {what}", "通知.pdf", made(change)))
    for what in ("script by name", "script behind another action", "embedded file", "3D"):
        content = made(changes[what], **IN_STREAMS)
        found.append(bad(f"PDF, in object streams: {what}", "通知.pdf", content))
    plain = made()
    for what, options in {
        "password to open": pikepdf.Encryption(user="a", owner="b"),
        "password to change": pikepdf.Encryption(user="", owner="b"),
    }.items():
        found.append(bad(f"PDF: {what}", "密.pdf", made(encryption=options)))
    spelt = by_hand(simple_objects(b"/OpenAction << /S /J#61vaScript /J#53 (x) >>"))
    spelt_keys = by_hand(simple_objects(b"/N << /#4a#53 (x) >>"))
    found += [
        bad("PDF: script spelt with codes", "a.pdf", spelt),
        bad("PDF: key spelt with codes", "a.pdf", spelt_keys),
        bad("PDF: cut off", "a.pdf", plain[: len(plain) // 2]),
        bad("PDF: only a head", "a.pdf", b"%PDF-1.7\n"),
        bad("PDF: web page behind the head", "a.pdf", b"%PDF-1.4\n<script>alert(1)</script>"),
        bad("PDF: not at the start", "a.pdf", b"GIF89a" + plain),
        bad(
            "PDF: archive behind it",
            "a.pdf",
            plain + b"PK\x03\x04" + b"\0" * 30 + b"PK\x05\x06" + b"\0" * 18,
        ),
    ]
    return found


def bombs() -> list[Sample]:
    return [
        bad("bomb: PDF object stream", "b.pdf", object_stream_bomb(), bomb=True),
        bad("bomb: PDF compression on compression", "b.pdf", packed_thrice(), bomb=True),
    ]


def harmless() -> list[Sample]:
    def pages(count: int) -> Callable[[pikepdf.Pdf], None]:
        def change(pdf: pikepdf.Pdf) -> None:
            for _ in range(count):
                pdf.add_blank_page()

        return change

    def opens_at_page(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])

    def outline(pdf: pikepdf.Pdf) -> None:
        with pdf.open_outline() as tree:
            tree.root.append(pikepdf.OutlineItem("一", 0))

    def plain_form(pdf: pikepdf.Pdf) -> None:
        field = Dictionary(FT=Name.Tx, T=String("姓名"), V=String("某"))
        pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]))

    def titled(pdf: pikepdf.Pdf) -> None:
        with pdf.open_metadata() as words:
            words["dc:title"] = "示例"

    changes: list[Callable[[pikepdf.Pdf], Any] | None] = [
        None,
        opens_at_page,
        root(OpenAction=lambda pdf: Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]))),
        outline,
        plain_form,
        titled,
        act(S=Name.URI, URI=String("https://www.example.invalid/")),
        act(S=Name.URI, URI=String("mailto:office@example.invalid")),
        *(pages(count) for count in range(1, 8)),
    ]
    found = []
    for number, change in enumerate(changes):
        found.append(good("PDF", f"文件{number}.pdf", made(change)))
        found.append(good("PDF in object streams", f"文件{number}.PDF", made(change, **IN_STREAMS)))
    found.append(good("PDF by hand", "手.pdf", by_hand(simple_objects())))
    return found
