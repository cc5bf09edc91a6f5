"""Candidates for problems in the agents' rail."""

from django.utils.translation import gettext_lazy as _

from servicedesk.desk.rail import RailEntry

ENTRY = RailEntry(
    slug="candidates", label=_("Candidates"), url="problems:candidates", icon="layers", position=7, key="p"
)
