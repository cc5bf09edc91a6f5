"""The icons that shelves, categories and offerings can have, of static/icons.svg."""

from django.utils.translation import gettext_lazy as _

ICONS = [
    ("package", _("Package")), ("laptop", _("Laptop")), ("monitor", _("Monitor")), ("smartphone", _("Phone")),
    ("keyboard", _("Keyboard")), ("printer", _("Printer")), ("hard-drive", _("Storage")), ("database", _("Database")),
    ("app-window", _("Application")), ("key-round", _("Key")), ("shield-check", _("Security")), ("lock", _("Lock")),
    ("wifi", _("Wireless")), ("globe", _("Internet")), ("network", _("Network")), ("mail", _("Mail")), ("inbox", _("Mailbox")),
    ("users", _("People")), ("user-plus", _("New person")), ("user-minus", _("Leaver")), ("calendar", _("Calendar")),
    ("presentation", _("Presentation")), ("folder", _("Folder")), ("rotate-ccw", _("Restore")), ("server", _("Server")),
    ("headset", _("Headset")), ("building-2", _("Building")), ("graduation-cap", _("Training")), ("credit-card", _("Card")),
    ("wrench", _("Repair")), ("file-text", _("Document")), ("life-buoy", _("Help")),
]  # fmt: skip
