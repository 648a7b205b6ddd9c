"""The one way out: rows of text become a CSV or XLSX file, streamed, safe and marked."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from ..importing.gate import NOTE_MARK
from .safety import escape
from .xlsx import OutSheet, write_xlsx

UTF8_BOM = b"\xef\xbb\xbf"
CSV_ROWS_PER_PIECE = 200


class FileFormat(StrEnum):
    """The three shapes of an export."""

    XLSX = "xlsx"
    CSV = "csv"
    CSV_GB18030 = "csv-gb18030"


@dataclass(frozen=True)
class Watermark:
    """Who took rows out of the product, and when; written into each file."""

    number: str
    who: str
    made_at: datetime

    @property
    def line(self) -> str:
        """The line below the rows. Reading the file back skips it."""
        text = _("%(number)s · taken from the ledger by %(who)s on %(when)s · confidential") % {
            "number": self.number,
            "who": self.who,
            "when": timezone.localtime(self.made_at).strftime("%Y-%m-%d %H:%M"),
        }
        return f"{NOTE_MARK} {text}"


def csv_pieces(
    rows: Iterable[Sequence[str]], *, encoding: str, watermark: Watermark | None
) -> Iterator[bytes]:
    """Yield a CSV file. UTF-8 begins with a byte order mark, or Excel garbles it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if encoding == "utf-8":
        yield UTF8_BOM
    lines: Iterable[Sequence[str]] = rows
    if watermark is not None:
        lines = chain(rows, [[watermark.line]])
    for number, row in enumerate(lines, start=1):
        writer.writerow([escape(cell) for cell in row])
        if number % CSV_ROWS_PER_PIECE == 0:
            yield _taken(buffer, encoding)
    yield _taken(buffer, encoding)


def _taken(buffer: io.StringIO, encoding: str) -> bytes:
    # A lone surrogate is no character in any encoding; nothing else is ever replaced.
    piece = buffer.getvalue().encode(encoding, errors="replace")
    buffer.seek(0)
    buffer.truncate()
    return piece


def file_pieces(
    rows: Iterable[Sequence[str]],
    *,
    file_format: FileFormat,
    title: str,
    watermark: Watermark,
    widths: Sequence[int] = (),
    more_sheets: Sequence[OutSheet] = (),
    styled: frozenset[int] = frozenset(),
) -> Iterator[bytes]:
    """Yield a file in the format asked for.

    Args:
        rows: Texts, header first. A generator is read row by row.
        file_format: CSV or XLSX.
        title: Name of the sheet.
        watermark: Who and when.
        widths: Widths of the columns, XLSX only.
        more_sheets: Further sheets, XLSX only.
        styled: Columns drawn as reasons, XLSX only.
    """
    if file_format is FileFormat.XLSX:
        lines = chain(rows, [[watermark.line]])
        sheet = OutSheet(title, lines, widths, styled)
        yield from write_xlsx(
            [sheet, *more_sheets],
            author=watermark.who,
            note=watermark.line,
            created_at=watermark.made_at,
        )
    else:
        encoding = "gb18030" if file_format is FileFormat.CSV_GB18030 else "utf-8"
        yield from csv_pieces(rows, encoding=encoding, watermark=watermark)


def file_response(
    pieces: Iterable[bytes], *, file_format: FileFormat, name: str
) -> StreamingHttpResponse:
    """Wrap a file for download. The name holds the ledger and the moment, nothing else."""
    is_xlsx = file_format is FileFormat.XLSX
    content_type = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        if is_xlsx
        else "text/csv"
    )
    response = StreamingHttpResponse(pieces, content_type=content_type)
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M")
    ending = "xlsx" if is_xlsx else "csv"
    response["Content-Disposition"] = f'attachment; filename="{name}-{stamp}.{ending}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
