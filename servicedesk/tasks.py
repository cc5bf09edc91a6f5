"""Tasks of the installation itself."""

import time

from celery import shared_task
from django.core.cache import cache

#: A queue whose worker has not answered for this long is not healthy (seconds).
HEARTBEAT_LIMIT = 30


@shared_task
def heartbeat(queue: str) -> None:
    """Leave the worker's sign of life, read by /health/ready."""
    cache.set(f"heartbeat:{queue}", time.time(), 300)
