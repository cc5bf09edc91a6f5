"""Why a condition is not true of a ticket, in the language's own words."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.translation import gettext as _

from .fields import FLAGS, Facts
from .readings import holds
from .resolving import words
from .tree import All, Any_, Node, Not, Test


def why_not(node: Node, facts: Facts) -> list[str]:
    """The parts of a resolved condition that do not hold, each with what is so instead; empty where it holds."""
    if holds(node, facts):
        return []
    match node:
        case All(parts):
            return [reason for part in parts for reason in why_not(part, facts)]
        case Any_(parts):
            return [_("neither of %(words)s") % {"words": words(node)}] if len(parts) > 1 else why_not(parts[0], facts)
        case Not(part):
            return [_("it is %(words)s") % {"words": words(part)}]
        case Test():
            return [_("%(words)s, but it is %(fact)s") % {"words": words(node), "fact": _fact(node, facts)}]
    return [_("the words %(words)s are not in it") % {"words": words(node)}]


def _fact(test: Test, facts: Facts) -> str:
    value: Any = facts[test.attribute]
    if test.attribute == "tags":
        return ", ".join(value) or _("without tags")
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="minutes")
    if test.attribute == "is_major":
        return _("a major incident") if value else _("no major incident")
    if test.attribute == "status_category" and (value,) not in {values for _name, values in FLAGS.values()}:
        return str(value)
    return words(Test(test.attribute, "in", (value,)))
