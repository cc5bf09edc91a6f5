"""Calling somebody else's server: JSON, signed, and tried again with growing pauses."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx

#: Seconds until the next try: from ten seconds to three hours, for about a day in all.
BACKOFF = (10, 30, 60, 300, 900, 1800, 3600, 3600, 7200, 10800, 10800, 10800, 10800, 10800, 10800)
TIMEOUT = 10.0  # seconds


class Undone(Exception):
    """It did not work this time; the message says why. It is tried again."""


def post(url: str, body: dict[str, Any], *, key: str, secret: str = "") -> str:
    """Post the body as JSON and say what came back; raises Undone unless the answer is 2xx. Redirects are not followed.

    ``key`` is the Idempotency-Key; ``secret`` signs: X-Servicedesk-Signature is the body's HMAC-SHA256, in hex.
    """
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Servicedesk", "Idempotency-Key": key}
    if secret:
        headers["X-Servicedesk-Signature"] = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    try:
        answer = httpx.post(url, content=content, headers=headers, timeout=TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Undone(f"{type(error).__name__}: {error}") from None
    if not answer.is_success:
        raise Undone(f"HTTP {answer.status_code}")
    return f"HTTP {answer.status_code}"
