"""Changes in the agents' rail."""

from django.utils.translation import gettext_lazy as _

from servicedesk.desk.rail import RailEntry

ENTRY = RailEntry(slug="changes", label=_("Changes"), url="changes:calendar", icon="calendar", position=5, key="c")
