"""What may be attached. Content decides the type; the sender's word and file name do not."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from servicedesk.text import clean_text

from .errors import Invalid

#: Shown by the browser from our origin: raster images only. SVG can carry script.
INLINE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: Never taken: programs and what opens as one.
REFUSED_ENDINGS = frozenset(
    [
        "exe",
        "com",
        "scr",
        "bat",
        "cmd",
        "msi",
        "msp",
        "dll",
        "pif",
        "cpl",
        "hta",
        "jar",
        "js",
        "jse",
        "vbs",
        "vbe",
        "wsf",
        "wsh",
        "ps1",
        "lnk",
        "reg",
        "app",
        "apk",
        "deb",
        "rpm",
    ]
)
REFUSED_MAGIC = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe")
MAX_FILES = 10


def safe_name(name: str) -> str:
    """The file name for people to read: no folders, no control characters, at most 200 characters."""
    name = clean_text((name or "").replace("\\", "/").rsplit("/", 1)[-1], one_line=True).lstrip(".")
    stem, ending = os.path.splitext(name)
    return (stem[: 200 - len(ending[:20])] + ending[:20]) or "file"


def sniff(head: bytes, name: str) -> str:
    """The content type by the first bytes; plain text or unknown where nothing is recognised."""
    for kind in puremagic_matches(head):
        if kind:
            return kind
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return "application/octet-stream"
    return "text/plain" if b"\x00" not in head else "application/octet-stream"


def puremagic_matches(head: bytes) -> list[str]:
    """Content types that puremagic recognises, the surest first."""
    signatures = {
        b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif",
        b"GIF89a": "image/gif", b"%PDF-": "application/pdf",
    }  # fmt: skip
    for magic, kind in signatures.items():
        if head.startswith(magic):
            return [kind]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ["image/webp"]
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return []
    kinds = [match.mime_type for match in found if match.confidence >= 0.4 and match.mime_type]
    # A type that shows inline is believed only by the exact signatures above.
    return [kind for kind in kinds if kind not in INLINE_TYPES and not kind.startswith(("text/html", "image/svg"))]


def check(files: list[UploadedFile]) -> list[dict[str, Any]]:
    """Attachment fields for each file; raises Invalid (field ``files``) naming the file and the reason."""
    problems: list[str] = []
    if len(files) > MAX_FILES:
        raise Invalid({"files": _("At most %(count)d files at once.") % {"count": MAX_FILES}})
    result = []
    for file in files:
        name = safe_name(file.name or "")
        head = file.read(8192)
        file.seek(0)
        size = file.size or 0
        if size == 0:
            problems.append(_("%(name)s is empty.") % {"name": name})
        elif size > settings.ATTACHMENT_MAX_BYTES:
            limit = settings.ATTACHMENT_MAX_BYTES // (1024 * 1024)
            problems.append(_("%(name)s is larger than %(limit)d MB.") % {"name": name, "limit": limit})
        elif name.rsplit(".", 1)[-1].lower() in REFUSED_ENDINGS or head.startswith(REFUSED_MAGIC):
            problems.append(_("%(name)s is a program; programs are not taken.") % {"name": name})
        else:
            digest = hashlib.sha256()
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
            result.append(
                {"file": file, "name": name, "content_type": sniff(head, name), "size": size,
                 "sha256": digest.hexdigest()}
            )  # fmt: skip
    if problems:
        raise Invalid({"files": problems})
    return result
