"""The mails that the demo would have sent. Only the demo has this page (servicedesk/urls.py)."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

NEWEST = 50
SHOWN = ("From", "To", "Message-ID", "In-Reply-To", "References", "List-Id", "Auto-Submitted")
#: What Django's file backend writes between two mails.
SEPARATOR = "-" * 79


def mails() -> list[dict[str, Any]]:
    """The newest mails, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)[:NEWEST]
    found: list[dict[str, Any]] = []
    for path in files:
        for text in reversed(path.read_text("utf-8", "replace").split(f"\n{SEPARATOR}\n")):
            if not text.strip() or len(found) >= NEWEST:
                continue
            message = email.message_from_string(text, policy=email.policy.default)
            plain = message.get_body(("plain",))
            found.append(
                {
                    "subject": message["Subject"], "to": message["To"], "date": message["Date"],
                    "headers": [(name, message[name]) for name in SHOWN if message[name]],
                    "body": plain.get_content() if plain else "",
                }
            )  # fmt: skip
    return found


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """All of them on one page."""
    return render(request, "demo/mail.html", {"mails": mails()})
