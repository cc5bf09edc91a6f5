"""What change enablement knows beyond a ticket."""

from .cab import AgendaItem, Meeting, Vote
from .change import HOLDING, Change, ChangeType, Outcome
from .model import ChangeModel, ModelQuestion, ModelTask
from .pipeline import Deployment, DeploymentState
from .risk import ChangeSettings, Level, RiskAnswer, RiskLevel, RiskOption, RiskQuestion
from .windows import CalendarFeed, Freeze, MaintenanceWindow, Occurrence

__all__ = [
    "HOLDING",
    "AgendaItem",
    "CalendarFeed",
    "Change",
    "ChangeModel",
    "ChangeSettings",
    "ChangeType",
    "Deployment",
    "DeploymentState",
    "Freeze",
    "Level",
    "MaintenanceWindow",
    "Meeting",
    "ModelQuestion",
    "ModelTask",
    "Occurrence",
    "Outcome",
    "RiskAnswer",
    "RiskLevel",
    "RiskOption",
    "RiskQuestion",
    "Vote",
]  # fmt: skip
