"""A timers worker whose clock is five minutes ahead: for test_faults.py."""

from __future__ import annotations

import datetime
import sys
import time

AHEAD = 300
_time = time.time
time.time = lambda: _time() + AHEAD  # type: ignore[assignment]

from django.utils import timezone  # noqa: E402

_now = timezone.now
timezone.now = lambda: _now() + datetime.timedelta(seconds=AHEAD)

if __name__ == "__main__":
    from celery.__main__ import main

    sys.argv = ["celery", "-A", "servicedesk", "worker", "--queues", "timers,default", "--hostname", "late@%h",
                "--concurrency", "1", "--pool", "solo", "--loglevel", "ERROR"]  # fmt: skip
    main()
