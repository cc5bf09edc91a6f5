"""What a new installation starts with: a questionnaire, risk levels, and who approves at each."""

from __future__ import annotations

from typing import Any

#: (question, help, weight, [(answer, risk)])
QUESTIONS = [
    ("How many people notice if it goes wrong?", "", 25,
     [("Nobody", 0), ("A team", 30), ("A department", 60), ("Everybody, or customers", 100)]),
    ("How well is it known?", "", 20,
     [("Done many times", 0), ("Done once or twice", 40), ("Never done before", 100)]),
    ("How is it tested?", "", 20,
     [("In an environment like the real one", 0), ("In part", 50), ("It cannot be tested before", 100)]),
    ("How is it taken back?", "", 25,
     [("At once, by one command", 0), ("Within the window", 30), ("Longer than the window", 70), ("Not at all", 100)]),
    ("Are security or personal data touched?", "", 10, [("No", 0), ("Yes", 100)]),
]  # fmt: skip
#: plan → steps of (name, condition, mode, [rules])
PLANS = {
    "Change: service owner": [("Service owner", "", "any", ["service_owner"])],
    "Change: high risk": [
        ("Service owner", "", "any", ["service_owner"]), ("Change advisory board", "", "share", ["change_managers"]),
    ],
    "Change: emergency (ECAB)": [("ECAB", "", "any", ["change_managers", "service_owner"])],
}  # fmt: skip
#: (level, from score, plan)
LEVELS = [
    ("low", 0, None), ("medium", 30, "Change: service owner"), ("high", 55, "Change: high risk"),
    ("critical", 75, "Change: high risk"),
]  # fmt: skip


def fill(apps: Any) -> None:
    """Make them with historical models, where nothing of the kind is there."""

    def model(name: str, app: str = "changes") -> Any:
        return apps.get_model(app, name)

    for place, (text, help_text, weight, options) in enumerate(QUESTIONS):
        question = model("RiskQuestion").objects.create(text=text, help=help_text, weight=weight, position=place)
        for n, (label, points) in enumerate(options):
            model("RiskOption").objects.create(question=question, label=label, points=points, position=n)
    plans = {}
    for name, steps in PLANS.items():
        plan, new = model("ApprovalPlan", "approvals").objects.get_or_create(name=name)
        plans[name] = plan
        for place, (title, condition, mode, rules) in enumerate(steps if new else ()):
            step = model("PlannedStep", "approvals").objects.create(
                plan=plan, position=place, name=title, condition=condition, mode=mode, share=51
            )
            for rule in rules:
                model("PlannedApprover", "approvals").objects.create(step=step, rule=rule)
    for level, score, plan_name in LEVELS:
        model("RiskLevel").objects.create(level=level, from_score=score, plan=plans[plan_name] if plan_name else None)
    model("ChangeSettings").objects.get_or_create(pk=1, defaults={"emergency_plan": plans["Change: emergency (ECAB)"]})
