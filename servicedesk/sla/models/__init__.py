"""What is promised (calendars, metrics, agreements, goals), how it stands (clocks), and what follows (escalations)."""

from .agreement import Agreement, AgreementType, Goal, Metric, OnReopen, Trigger
from .calendar import Calendar, Holiday, SpecialDay
from .clock import Clock, ClockState
from .escalation import ActionKind, At, EscalationAction, EscalationRule, Firing, Reaction
from .oncall import Page, Rota, RotaMember, RotaOverride
from .recomputation import Configuration, Recomputation

__all__ = [
    "ActionKind", "Agreement", "AgreementType", "At", "Calendar", "Clock", "ClockState", "Configuration",
    "EscalationAction", "EscalationRule", "Firing", "Goal", "Holiday", "Metric", "OnReopen", "Page", "Reaction",
    "Recomputation", "Rota", "RotaMember", "RotaOverride", "SpecialDay", "Trigger",
]  # fmt: skip
