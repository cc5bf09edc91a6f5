"""The states of a task and the steps between them, as data."""

from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.lifecycle import Lifecycle, State, Transition

WORKING = frozenset({"todo", "in_progress"})
UNFINISHED = WORKING | {"waiting", "waiting_system"}
OVER = frozenset({"done", "not_needed", "failed"})

LIFECYCLE = Lifecycle(
    initial="todo",
    states=(
        State("todo", _("To do"), "open"),
        State("in_progress", _("In progress"), "open"),
        State("waiting", _("Waiting"), "waiting"),
        State("waiting_system", _("With an outside system"), "waiting"),
        State("done", _("Done"), "closed"),
        State("not_needed", _("Not needed"), "closed"),
        State("failed", _("Cannot be done"), "closed"),
    ),
    transitions=(
        Transition("start", _("Start"), frozenset({"todo"}), "in_progress"),
        Transition("finish", _("Done"), UNFINISHED, "done", primary=True),
        Transition("resume", _("Resume"), frozenset({"waiting"}), "in_progress"),
        Transition("take_back", _("Do it by hand"), frozenset({"waiting_system"}), "todo"),
        Transition("wait", _("Wait"), WORKING, "waiting", needs=("reason",)),
        Transition("hand_over", _("Hand to an outside system"), frozenset({"todo"}), "waiting_system", desk=False),
        Transition("skip", _("Not needed"), UNFINISHED, "not_needed", needs=("reason",)),
        Transition("fail", _("Cannot be done"), UNFINISHED, "failed", needs=("reason",)),
        Transition("reopen", _("Reopen"), OVER, "in_progress", needs=("reason",), reopens=True),
    ),
    on_take={"todo": "start"},
)
