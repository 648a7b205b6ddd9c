"""Names of uploaded files: judged, never used for a path."""

import re
import unicodedata

from .enums import EXTENSIONS
from .reasons import UploadRefused

MAX_NAME = 120
# Direction marks, invisible joiners and separators by which a name looks like another.
HIDING = re.compile(
    '[\x00-\x1f\x7f-\x9f/\\\\:*?"<>|'
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
PROGRAMS = frozenset(
    [
        "ade",
        "adp",
        "apk",
        "app",
        "asp",
        "aspx",
        "bas",
        "bat",
        "bin",
        "cgi",
        "chm",
        "class",
        "cmd",
        "com",
        "cpl",
        "dll",
        "dmg",
        "docm",
        "dotm",
        "elf",
        "exe",
        "fxp",
        "gadget",
        "hta",
        "htm",
        "html",
        "inf",
        "iso",
        "jar",
        "js",
        "jse",
        "jsp",
        "ksh",
        "lnk",
        "mht",
        "mhtml",
        "msc",
        "msi",
        "msp",
        "ocx",
        "php",
        "phtml",
        "pif",
        "pl",
        "pptm",
        "prg",
        "ps1",
        "py",
        "rb",
        "reg",
        "scf",
        "scr",
        "sh",
        "shtml",
        "svg",
        "svgz",
        "swf",
        "sys",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vxd",
        "wsc",
        "wsf",
        "wsh",
        "xhtml",
        "xlam",
        "xll",
        "xlsm",
        "xltm",
        "xml",
    ]
)
DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


def check_name(name: str) -> tuple[str, str]:
    """Return an uploaded file's name without its ending, and the ending.

    Raises:
        UploadRefused: The name hides what the file is, or its ending is not taken.
    """
    folded = unicodedata.normalize("NFC", name)
    if HIDING.search(folded):
        raise UploadRefused("name_characters")
    if folded != folded.strip(" .") and folded.strip(" ."):
        raise UploadRefused("name_characters")
    if len(folded) > MAX_NAME:
        raise UploadRefused("name_long", limit=MAX_NAME)
    stem, dot, ending = folded.rpartition(".")
    if not (dot and stem.strip()):
        raise UploadRefused("name_missing" if not folded.strip() else "type")
    if ending.lower() not in EXTENSIONS:
        raise UploadRefused("type")
    if any(part.strip().lower() in PROGRAMS for part in stem.split(".")[1:]):
        raise UploadRefused("name_double")
    if DEVICES.match(stem):
        raise UploadRefused("name_characters")
    return stem, ending.lower()


def mask_file_name(name: str) -> str:
    """Keep the first character and the ending: 王小明诊断书.pdf becomes 王****.pdf."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:1]}****{dot}{ending}" if stem else name and "****"
