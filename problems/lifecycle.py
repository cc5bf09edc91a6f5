"""The states of a problem and the steps between them, as data."""

from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.lifecycle import Lifecycle, State, Transition

UNFINISHED = frozenset({"new", "investigating", "root_cause", "known_error"})

LIFECYCLE = Lifecycle(
    initial="new",
    states=(
        State("new", _("New"), "open", _("We have received it")),
        State("investigating", _("Investigating"), "open", _("We are looking for the cause")),
        State("root_cause", _("Root cause known"), "open", _("We know the cause")),
        State("known_error", _("Known error"), "waiting", _("There is a workaround")),
        State("resolved", _("Resolved"), "resolved", _("We think it is solved")),
        State("closed", _("Closed"), "closed", _("Closed")),
        State("cancelled", _("Cancelled"), "closed", _("Withdrawn")),
    ),
    transitions=(
        Transition("investigate", _("Investigate"), frozenset({"new"}), "investigating", primary=True),
        Transition("find_cause", _("Root cause found"), frozenset({"investigating"}), "root_cause", primary=True),
        Transition(
            "accept", _("Make it a known error"), frozenset({"investigating", "root_cause"}), "known_error", primary=True
        ),
        Transition(
            "resolve", _("Resolve"), frozenset({"investigating", "root_cause", "known_error"}), "resolved",
            needs=("resolution",), primary=True,
        ),
        Transition(
            "look_again", _("Investigate again"), frozenset({"root_cause", "known_error"}), "investigating",
            needs=("reason",),
        ),
        Transition("close", _("Close"), frozenset({"resolved"}), "closed", primary=True),
        Transition(
            "reopen", _("Reopen"), frozenset({"resolved", "closed", "cancelled"}), "investigating", needs=("reason",),
            reopens=True,
        ),
        Transition("cancel", _("Cancel"), UNFINISHED, "cancelled", needs=("reason",)),
    ),
    on_take={"new": "investigate"},
)  # fmt: skip
