"""The fulfilment plan of a version: what is wrong with it, and what it becomes for one request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from servicedesk import conditions
from servicedesk.conditions import ConditionError, Tree
from servicedesk.work.models import StepKind, WorkStep

from .forms.definition import Definition, key_from
from .models import Offering, PlannedTask, VersionState

PLACEHOLDER = re.compile(r"\{([a-zA-Z0-9_]+)\}")
#: Placeholders beside the form's own keys.
STANDARD = ("requester", "requester_email", "number", "quantity", "ordered_by")
MOST_TASKS = 60


@dataclass(frozen=True)
class Planned:
    """A row of the plan, compiled."""

    key: str
    row: Any
    after: tuple[str, ...]
    only_if: Tree | None
    values: Mapping[str, str]


def read_values(text: str) -> dict[str, str]:
    """``key = text`` lines; raises ValueError with a sentence."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        key, sign, value = line.partition("=")
        if not sign or not key.strip():
            raise ValueError(_("“%(line)s”: write key = value.") % {"line": line.strip()[:60]})
        found[key.strip()] = value.strip()
    return found


def fill(text: str, words: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; unknown ones stay as they are."""
    return PLACEHOLDER.sub(lambda match: words.get(match[1], match[0]), text)


def _unknown_placeholders(text: str, known: Iterable[str]) -> list[str]:
    return [name for name in PLACEHOLDER.findall(text) if name not in set(known)]


def build(rows: Iterable[Any], form: Definition) -> tuple[list[Planned], dict[int, list[str]]]:
    """The plan of these rows (PlannedTask or alike), and what is wrong with each by its place."""
    rows = list(rows)
    problems: dict[int, list[str]] = {}
    taken: set[str] = set()
    made: list[Planned] = []
    known = {*form.questions, *STANDARD}
    for place, row in enumerate(rows):
        wrong: list[str] = []
        key = (row.key or "").strip()
        if key in taken:
            wrong.append(_("The key “%(key)s” is there twice.") % {"key": key})
        key = key if key and key not in taken else key_from(row.title or "step", taken)
        taken.add(key)
        tree, values = None, {}
        try:
            tree = conditions.read(row.only_if or "", form.kinds)
        except ConditionError as error:
            wrong.append(f"{_('Only if')}: {error}")
        try:
            values = read_values(row.values or "") if row.kind == StepKind.ORDER else {}
        except ValueError as error:
            wrong.append(str(error))
        for text in (row.title or "", row.shown or "", row.instructions or "", *values.values()):
            for name in _unknown_placeholders(text, known):
                wrong.append(_("There is no question “%(name)s” to fill in.") % {"name": name})
        if row.kind == StepKind.ORDER and row.offering_id is not None:
            wrong += _order_problems(row, values)
        after = tuple(part.strip() for part in (row.after or "").split(",") if part.strip())
        made.append(Planned(key, row, after, tree, values))
        if wrong:
            problems[place] = list(dict.fromkeys(wrong))
    for place, planned in enumerate(made):
        for name in planned.after:
            if name not in taken:
                problems.setdefault(place, []).append(_("There is no step with the key “%(key)s”.") % {"key": name})
    if len(rows) > MOST_TASKS:
        problems.setdefault(0, []).append(_("A plan has at most %(n)d steps.") % {"n": MOST_TASKS})
    try:
        conditions.order({planned.key: planned.after for planned in made})
    except ConditionError as error:
        problems.setdefault(0, []).append(str(error))
    return made, problems


def _order_problems(row: Any, values: Mapping[str, str]) -> list[str]:
    """What keeps the other offering from being ordered with these answers."""
    from .versions import definition_of, published

    wrong: list[str] = []
    offering: Offering = row.offering
    version = published(offering)
    if version is None:
        return [_("“%(name)s” is not published.") % {"name": offering.name}]
    own = getattr(row.version, "offering_id", None) if row.version_id else None
    if own is not None and own in includes(offering):
        return [_("“%(name)s” includes this offering, directly or through others.") % {"name": offering.name}]
    other = definition_of(version)
    for key in values:
        if key not in other.questions:
            wrong.append(_("“%(name)s” has no question “%(key)s”.") % {"name": offering.name, "key": key})
    for key, question in other.questions.items():
        if question.required and question.show_if is None and key not in values and not question.default:
            wrong.append(_("“%(name)s” needs an answer to “%(key)s”.") % {"name": offering.name, "key": key})
    return wrong


def includes(offering: Offering) -> set[int]:
    """Ids of the offering and of all that its published version orders, directly or through others."""
    edges: dict[int, set[int]] = {}
    rows = PlannedTask.objects.filter(
        kind=StepKind.ORDER, version__state=VersionState.PUBLISHED, offering__isnull=False
    )
    for a, b in rows.values_list("version__offering", "offering"):
        edges.setdefault(a, set()).add(b)  # type: ignore[arg-type]
    seen, todo = {offering.pk}, [offering.pk]
    while todo:
        for near in edges.get(todo.pop(), ()):
            if near not in seen:
                seen.add(near)
                todo.append(near)
    return seen


def steps_for(plan: Iterable[Planned], facts: Mapping[str, Any], words: Mapping[str, str], team: Any) -> list[WorkStep]:
    """The steps of one request, unsaved: those whose condition holds, with the answers filled in.

    A step that waits for one that is left out waits for what that one waits for.
    """
    plan = list(plan)
    wanted = {planned.key for planned in plan if conditions.holds(planned.only_if, facts)}
    by_key = {planned.key: planned for planned in plan}

    def before(planned: Planned, seen: frozenset[str] = frozenset()) -> list[str]:
        found: list[str] = []
        for key in planned.after:
            if key in wanted:
                found.append(key)
            elif key in by_key and key not in seen:
                found += before(by_key[key], seen | {key})
        return list(dict.fromkeys(found))

    steps = []
    for planned in plan:
        row = planned.row
        if planned.key not in wanted:
            continue
        steps.append(
            WorkStep(
                key=planned.key, kind=row.kind, title=fill(row.title, words)[:150], shown=fill(row.shown, words)[:150],
                team=row.team or team, instructions=fill(row.instructions, words), after=before(planned),
                planned_seconds=row.due_seconds, url=row.url, secret=row.secret,
                spec={"offering": row.offering_id, "values": dict(planned.values), "covered": row.covered}
                if row.kind == StepKind.ORDER else {},
            )
        )  # fmt: skip
    return steps
