"""Why a file or a cell was refused: stable codes for machines, sentences for people.

Only codes and parameters are stored. The sentence is made when somebody reads it, in
the language of that reader, and always says what to do.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _


class FileRefused(Exception):
    """The whole file cannot be read; nothing of it was kept.

    Args:
        code: A key of ``FILE_REASONS``.
        params: Values the sentence names.
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code)

    @property
    def sentence(self) -> str:
        return file_sentence(self.code, self.params)


class CellRefused(ValueError):
    """One cell cannot be taken as it stands.

    A ``ValueError``, so that import-export reports the row instead of failing the file.

    Args:
        code: A key of ``CELL_REASONS``.
        params: Values the sentence names.
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


FILE_REASONS = {
    "needs_approval": gettext_noop(
        "You may not open the record this row would change. Ask for access on its page first, or "
        "leave the row out."
    ),
    "empty": gettext_noop("The file is empty. Choose the file that holds your rows."),
    "too_large": gettext_noop(
        "The file has %(size)s MB; at most %(limit)s MB are read. Split it into several files."
    ),
    "not_a_sheet": gettext_noop(
        "This is neither an XLSX workbook nor a CSV text. Open it in Excel or WPS and save it as "
        "XLSX."
    ),
    "old_xls": gettext_noop(
        "This is an old XLS workbook. Open it in Excel or WPS and save it as XLSX."
    ),
    "encrypted": gettext_noop(
        "The workbook is protected by a password. Remove the password and upload it again."
    ),
    "html_table": gettext_noop(
        "This is a web page with the ending of a workbook. Open it in Excel or WPS and save it as "
        "XLSX."
    ),
    "utf16": gettext_noop(
        "This text is in UTF-16. Save it as XLSX, or as CSV in UTF-8, and upload it again."
    ),
    "macros": gettext_noop(
        "The workbook contains macros. Save it as XLSX without macros and upload it again."
    ),
    "broken_zip": gettext_noop(
        "The workbook is damaged. Open it in Excel or WPS, save it again as XLSX, and upload that."
    ),
    "not_xlsx": gettext_noop(
        "This archive is not an XLSX workbook. Save your sheet as XLSX and upload it again."
    ),
    "too_many_parts": gettext_noop(
        "The workbook has %(count)s parts; at most %(limit)s are read. Copy the sheet into a new "
        "workbook and upload that."
    ),
    "inflates_too_much": gettext_noop(
        "The workbook unpacks to far more than its size, which an ordinary sheet never does. Copy "
        "the rows into a new workbook and upload that."
    ),
    "dtd": gettext_noop(
        "The workbook contains declarations that no spreadsheet program writes. Copy the rows "
        "into a new workbook and upload that."
    ),
    "broken_xml": gettext_noop(
        "Part %(part)s of the workbook is damaged. Open it in Excel or WPS, save it again as XLSX, "
        "and upload that."
    ),
    "far_cell": gettext_noop(
        "Cell %(cell)s lies outside the area that is read (%(columns)s columns, %(rows)s rows). "
        "Delete what stands there, or copy the rows into a new workbook."
    ),
    "too_many_rows": gettext_noop(
        "The file has more than %(limit)s rows. Split it into several files."
    ),
    "encoding": gettext_noop(
        "Byte %(offset)s of the file (line %(line)s) is not text in UTF-8 or GB18030. Open the "
        "file in Excel or WPS, save it as XLSX, and upload that."
    ),
    "csv_broken": gettext_noop(
        "The text cannot be split into columns at row %(row)s: a quotation mark is missing or too "
        "many. Correct the row, or save the sheet as XLSX."
    ),
    "no_rows": gettext_noop(
        "No row with content was found. Check that the first sheet holds your rows."
    ),
    "no_header": gettext_noop(
        "No row with known column names was found among the first %(rows)s rows. Download the "
        "template, copy your rows under its header, and upload that."
    ),
    "too_many_columns": gettext_noop(
        "The sheet has more than %(limit)s columns. Delete the columns that are not needed."
    ),
    "header_missing": gettext_noop(
        "Say which column holds: %(columns)s. Without it no row can be stored."
    ),
    "mapped_twice": gettext_noop(
        "Two columns of the file are both taken as %(columns)s. Choose one of them."
    ),
    "nothing_mapped": gettext_noop("Say for at least one column of the file what it holds."),
}

CELL_REASONS = {
    "required": gettext_noop("This cell must not be empty. Fill it in."),
    "too_long": gettext_noop(
        "The text has %(length)s characters; at most %(limit)s fit. Shorten it."
    ),
    "choice": gettext_noop(
        "“%(value)s” is not one of the choices: %(choices)s. Write one of them."
    ),
    "yes_no": gettext_noop("“%(value)s” is neither yes nor no. Write 是 or 否."),
    "date": gettext_noop("“%(value)s” is not a date. Write it like 2015-04-06 or 2015年4月6日."),
    "integer": gettext_noop("“%(value)s” is not a whole number. Write digits only."),
    "decimal": gettext_noop("“%(value)s” is not a number. Write digits and one point."),
    "moment": gettext_noop(
        "“%(value)s” is not a date with a time. Write it like 2015-04-06 14:30."
    ),
    "digits_lost": gettext_noop(
        "The spreadsheet program has turned this number into %(value)s and lost its last digits. "
        "Set the column to text, type the number again, and upload the file again."
    ),
    "formula": gettext_noop(
        "This cell holds a formula without a result. Replace the formula by its value."
    ),
    "spreadsheet_error": gettext_noop(
        "This cell holds the error %(value)s of the spreadsheet program. Replace it by the value."
    ),
    "territory_unknown": gettext_noop(
        "“%(value)s” is no place you work in. Write the 12-digit code, or town and village like "
        "%(example)s."
    ),
    "territory_ambiguous": gettext_noop(
        "“%(value)s” stands for several places: %(candidates)s. Write one of these in full."
    ),
    "territory_gone": gettext_noop(
        "“%(value)s” no longer exists; it was merged into %(successor)s. Write that instead."
    ),
    "reference_unknown": gettext_noop(
        "No record with the number “%(value)s” was found where you work. Check the number."
    ),
    "key_unknown": gettext_noop(
        "No record with the number “%(value)s” was found where you work. Check the number, or "
        "leave the cell empty to add a new record."
    ),
    "repeated": gettext_noop(
        "Row %(row)s of the file names the same record. Keep one of the two rows."
    ),
    "repeated_value": gettext_noop(
        "Row %(row)s of the file holds the same value, but it can belong to one record only. "
        "Correct one of the two rows."
    ),
    "belongs_to_other": gettext_noop(
        "This value belongs to record %(key)s, not to the record this row names. Correct one of "
        "the two."
    ),
    "not_available": gettext_noop(
        "This value cannot be used here. Check it; if it is right, ask the district office."
    ),
    "out_of_scope": gettext_noop(
        "This row belongs to a place you do not work in. Leave it to the colleagues there."
    ),
    "may_not_add": gettext_noop(
        "Your account may change records but not add new ones. Ask your administrator."
    ),
    "may_not_change": gettext_noop(
        "Your account may add records but not change existing ones. Ask your administrator."
    ),
    "may_not_write": gettext_noop(
        "Your post in this place does not fill in this column. Empty the cell, or leave the column "
        "out."
    ),
    "rule": gettext_noop("The values of this row contradict each other. Check the row."),
    "extra_cells": gettext_noop(
        "The row has more cells than the header. Check that no comma or tab stands inside a value."
    ),
}


def file_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Return the sentence for a refused file in the active language."""
    return _(FILE_REASONS[code]) % dict(params)


def cell_sentence(problem: Mapping[str, Any]) -> str:
    """Return the sentence for a refused cell in the active language.

    Args:
        problem: ``code`` and ``params``, or ``texts`` by language where a rule of the
            model itself refused the value (its sentence has no code of ours).
    """
    texts = problem.get("texts")
    if texts:
        language = get_language() or ""
        return str(texts.get(language) or next(iter(texts.values())))
    return _(CELL_REASONS[problem["code"]]) % dict(problem.get("params") or {})


def rows_sentence(count: int) -> str:
    """Return ``count`` with the word for rows."""
    return ngettext("%(count)d row", "%(count)d rows", count) % {"count": count}
