"""/health/live and /health/ready, for supervisors and load balancers."""

import time

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from .tasks import HEARTBEAT_LIMIT, heartbeat


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 while this process answers."""
    return JsonResponse({"status": "ok"})


def _migrated() -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


_known_migrated = False


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations, Redis and both kinds of worker answer; else 503 and which does not."""
    global _known_migrated
    parts: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts["database"] = "ok"
        # Once seen, migrations stay applied while this code runs.
        _known_migrated = _known_migrated or _migrated()
        parts["migrations"] = "ok" if _known_migrated else "not applied"
    except DatabaseError:
        parts["database"] = "does not answer"
        parts["migrations"] = "unknown"
    for queue in ("default", "timers"):
        name = f"worker {queue}"
        try:
            seen = cache.get(f"heartbeat:{queue}")
            parts["redis"] = "ok"
            if seen is None:
                # A fresh start: ask at once rather than wait for beat's next turn.
                heartbeat.apply_async((queue,), queue=queue, expires=10)
                parts[name] = "has not answered yet"
            else:
                age = time.time() - seen
                parts[name] = "ok" if age < HEARTBEAT_LIMIT else f"silent for {age:.0f} s"
        except (RedisError, OSError):
            parts["redis"] = "does not answer"
            parts[name] = "unknown"
        except Exception as error:  # kombu wraps connection errors in its own
            parts["redis"] = f"does not answer ({type(error).__name__})"
    healthy = all(value == "ok" for value in parts.values())
    return JsonResponse({"status": "ok" if healthy else "not ready", "parts": parts}, status=200 if healthy else 503)
