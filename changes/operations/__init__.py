"""What can be done to a change beyond what can be done to any ticket. As there: one transaction, one event, refusals as errors."""

from .assessing import assess
from .carrying_out import finish, review
from .following import followed
from .opening import raise_change
from .planning import drop_task, move, plan, plan_task

__all__ = ["assess", "drop_task", "finish", "followed", "move", "plan", "plan_task", "raise_change", "review"]
