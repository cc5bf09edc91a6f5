"""What beat starts every minute."""

import structlog
from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from ..models import Answer, Approval
from ..operations import replace_missing

log = structlog.get_logger(__name__)


@shared_task
def stand_in() -> None:
    """Ask others where an approver has left, or is away since they were asked."""
    today = timezone.localdate()
    away = Q(
        steps__approvers__user__absences__first_day__lte=today, steps__approvers__user__absences__last_day__gte=today,
        steps__approvers__user__absences__deputy__isnull=False,
    )  # fmt: skip
    rows = Approval.objects.filter(
        Q(steps__approvers__user__is_active=False) | away, state="asking", steps__state="asking",
        steps__approvers__answer=Answer.ASKED,
    )  # fmt: skip
    for approval in rows.select_related("ticket").distinct()[:200]:
        try:
            replace_missing(approval)
        except Exception:
            log.exception("stand_in_failed", approval=approval.pk)
