"""What was done with an article, as a sentence."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import ArticleEvent

NAMES = {
    "audience": gettext_lazy("who reads it"),
    "language": gettext_lazy("language"),
    "category": gettext_lazy("category"),
    "tags": gettext_lazy("tags"),
    "owner": gettext_lazy("owner"),
    "review_on": gettext_lazy("review"),
    "organisations": gettext_lazy("organisations"),
    "translation_of": gettext_lazy("translation of"),
}


def describe(event: ArticleEvent) -> str:
    """The sentence after the actor's name."""
    data = event.data
    match event.kind:
        case "written":
            return _("began it, from %(source)s") % data if data.get("source") else _("began it")
        case "edited" if data.get("version"):
            return _("wrote version %(version)s") % data
        case "edited":
            return _("changed %(names)s") % {
                "names": ", ".join(str(NAMES.get(name, name)) for name in data.get("changes", {}))
            }
        case "submitted":
            return _("put version %(version)s forward for review") % data
        case "sent_back":
            return _("sent it back: %(reason)s") % data
        case "published":
            return _("published version %(version)s") % data
        case "discarded":
            return _("dropped the changes since version %(version)s") % data
        case "retired" if data.get("replaced_by"):
            return _("retired it for %(replaced_by)s: %(reason)s") % data
        case "retired":
            return _("retired it: %(reason)s") % data
        case "brought_back":
            return _("brought it back as a draft")
        case "reviewed":
            return _("found it still right; next look %(review_on)s") % data
    return event.kind
