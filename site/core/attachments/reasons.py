"""Why a file was not taken: codes for machines, sentences for people.

The sentence is made when somebody reads it, in their language, and says what to do.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

REASONS = {
    "empty": gettext_noop("The file is empty. Choose another one."),
    "too_large": gettext_noop(
        "The file is larger than %(limit)s MB. Scan at a lower resolution, or split it."
    ),
    "name_missing": gettext_noop("The file has no name. Rename it and upload it again."),
    "name_long": gettext_noop(
        "The name of the file is longer than %(limit)s characters. Shorten it and upload it again."
    ),
    "name_characters": gettext_noop(
        "The name of the file contains characters that can hide what it is, such as slashes, "
        "line breaks or marks that turn the writing direction. Rename it and upload it again."
    ),
    "name_double": gettext_noop(
        "The name of the file has the ending of a program inside. If it is a document, rename it "
        "and upload it again."
    ),
    "type": gettext_noop(
        "Only JPG, PNG and WebP images and PDF, DOCX and XLSX documents are taken. Save the file "
        "as one of these and upload it again."
    ),
    "type_mismatch": gettext_noop(
        "The content of the file is not what its ending says. Save it anew as JPG, PNG, PDF, DOCX "
        "or XLSX and upload that."
    ),
    "damaged": gettext_noop(
        "The file is damaged or not built as its kind should be. Open it, save or print it as a "
        "new file, and upload that."
    ),
    "polyglot": gettext_noop(
        "The file is two kinds of file in one, which no camera, scanner or office program makes. "
        "It was not taken."
    ),
    "animated": gettext_noop("Moving pictures are not taken. Upload a still image."),
    "too_many_pixels": gettext_noop(
        "The image has more than %(limit)s million pixels. Make it smaller and upload it again."
    ),
    "too_heavy": gettext_noop(
        "Reading the file takes far more than an ordinary file of its size. Print it as a new PDF "
        "or save it anew, and upload that."
    ),
    "unreadable": gettext_noop(
        "The file could not be read safely and was not taken. Save it anew, or upload a "
        "photograph of it."
    ),
    "busy": gettext_noop(
        "Too many files are being read at this moment. Wait a minute and upload it again."
    ),
    "encrypted": gettext_noop(
        "The file is protected by a password. Remove the password and upload it again."
    ),
    "pdf_script": gettext_noop("The PDF contains a script. Print it as a new PDF and upload that."),
    "pdf_action": gettext_noop(
        "The PDF would start or send something when it is opened. Print it as a new PDF and "
        "upload that."
    ),
    "pdf_embedded": gettext_noop(
        "The PDF contains other files. Take them out, or print it as a new PDF, and upload that."
    ),
    "pdf_media": gettext_noop(
        "The PDF contains sound, film or 3D content. Print it as a new PDF and upload that."
    ),
    "pdf_form_program": gettext_noop(
        "The PDF is a form with a program inside (XFA). Print it as a new PDF and upload that."
    ),
    "old_office": gettext_noop(
        "This is an old Word or Excel file. Open it in WPS or Office, save it as DOCX or XLSX, and "
        "upload that."
    ),
    "not_this_kind": gettext_noop(
        "The archive is no %(kind)s document. Open it in WPS or Office, save it as %(kind)s, and "
        "upload that."
    ),
    "macros": gettext_noop(
        "The document contains macros. Save it as DOCX or XLSX without macros and upload that."
    ),
    "office_object": gettext_noop(
        "The document contains embedded objects or controls. Remove them, or save it as PDF, and "
        "upload that."
    ),
    "office_link": gettext_noop(
        "The document fetches content from elsewhere: a template, another workbook or a web "
        "service. Break these links, or save it as PDF, and upload that."
    ),
    "office_part": gettext_noop(
        "The document contains parts an ordinary document does not have. Save it as PDF and "
        "upload that."
    ),
    "declarations": gettext_noop(
        "The document contains declarations that no office program writes. Open it in WPS or "
        "Office, save it anew, and upload that."
    ),
    "too_many_parts": gettext_noop(
        "The document has more than %(limit)s parts. Save it as PDF and upload that."
    ),
    "inflates_too_much": gettext_noop(
        "The document unpacks to far more than its size, which an ordinary one never does. Save "
        "it as PDF and upload that."
    ),
    "malware": gettext_noop(
        "The virus scanner found malware in the file, and it was not kept. Tell your "
        "administrator, and do not open it on your own computer."
    ),
    "record_full": gettext_noop(
        "This record has %(limit)s files already. Delete one that is no longer needed first."
    ),
    "quota": gettext_noop(
        "You have uploaded more than %(limit)s MB today. Go on tomorrow, or ask your administrator."
    ),
    "disk_full": gettext_noop(
        "The server has no room left for files. Nothing was stored; tell your administrator."
    ),
}


class UploadRefused(Exception):
    """A file is not taken; nothing of it was kept.

    Args:
        code: A key of ``REASONS``.
        params: Values the sentence names.
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code)

    @property
    def sentence(self) -> str:
        """Why, and what to do, in the reader's language."""
        return _(REASONS[self.code]) % self.params
