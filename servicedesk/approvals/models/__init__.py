"""Who has to agree, as an admin plans it, and as it happens for one ticket."""

from .approval import Answer, Approval, ApprovalState, Approver, Step, StepState, Via
from .plan import ApprovalPlan, Mode, PlannedApprover, PlannedStep, Rule

__all__ = [
    "Answer", "Approval", "ApprovalPlan", "ApprovalState", "Approver", "Mode", "PlannedApprover", "PlannedStep", "Rule",
    "Step", "StepState", "Via",
]  # fmt: skip
