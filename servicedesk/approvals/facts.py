"""What conditions of approval steps may ask about. Processes add their own names."""

from __future__ import annotations

from collections.abc import Mapping

from servicedesk.conditions import Kind

#: Answers of a request's form are asked as ``answer.key``; which there are depends on the offering.
ANSWER = "answer."

_known: dict[str, Kind] = {}


def register_facts(facts: Mapping[str, Kind]) -> None:
    """Called by a process as it starts: names, and what they stand for."""
    _known.update(facts)


def known_facts() -> Mapping[str, Kind]:
    """Every name that a condition may ask about, beside answers."""
    return _known
