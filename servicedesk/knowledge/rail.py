"""Knowledge in the agents' rail."""

from django.utils.translation import gettext_lazy as _

from servicedesk.desk.rail import RailEntry

ENTRY = RailEntry(
    slug="knowledge", label=_("Knowledge"), url="knowledge:library", icon="book-open", position=6, key="k"
)
