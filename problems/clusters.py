"""Clusters of incidents that grow faster than usual: the arithmetic, without a database.

An incident has features: its service, its category, its rare words, and pairs of these. For each feature the incidents
of the last week are held against what the eight weeks before let expect, by the Poisson distribution: how probable would
so many be if nothing had changed? The most improbable feature makes a cluster, its incidents are taken out, and the rest
is asked again. The same incidents always give the same clusters.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

#: Days that are looked at, and weeks before them that say what is usual.
WINDOW, WEEKS = 7, 8
#: So many weeks of the past there must be.
YOUNG = 2
#: At least so many incidents, so improbable (−log10), and so many times the expected number.
LEAST, SURE, TIMES = 5, 6.0, 2.0
MOST = 20
#: A word in more than this part of all incidents tells nothing.
COMMON = 0.05
MOST_WORDS = 10
TYPICAL = 5

Feature = tuple[str, ...]


@dataclass(frozen=True)
class Incident:
    """What is looked at of an incident; ``week`` is 0 for the window, 1 for the week before it, up to WEEKS."""

    pk: int
    week: int
    service: int | None
    category: int | None
    words: frozenset[str]


@dataclass
class Cluster:
    """Incidents that belong together, with the evidence."""

    feature: Feature
    incidents: list[int]
    expected: float
    score: float
    #: how many in each week, oldest first, the window last
    weeks: list[int]
    #: words that are typical for them: (word, part of the cluster that has it)
    words: list[tuple[str, float]] = field(default_factory=list)

    @property
    def signature(self) -> str:
        """What the cluster is, the same from run to run."""
        return "|".join(self.feature)


def improbable(n: int, expected: float) -> float:
    """−log10 of the probability of ``n`` or more where ``expected`` are usual (Poisson's upper tail)."""
    if n <= expected:
        return 0.0
    # The tail is its first term times a sum that falls fast.
    log_term = -expected + n * math.log(expected) - math.lgamma(n + 1)
    total = term = 1.0
    k = n
    while term > 1e-12 and k < n + 10_000:
        k += 1
        term *= expected / k
        total += term
    return max(0.0, -(log_term + math.log(total)) / math.log(10))


def features_of(incident: Incident) -> list[Feature]:
    """Everything an incident may be clustered by, single features and pairs with a service or category."""
    service = f"service:{incident.service}" if incident.service is not None else ""
    category = f"category:{incident.category}" if incident.category is not None else ""
    words = [f"word:{word}" for word in sorted(incident.words)]
    places = [part for part in (service, category) if part]
    found: list[Feature] = [(part,) for part in [*places, *words]]
    if service and category:
        found.append((service, category))
    return found + [(part, word) for part in places for word in words]


def telling(incidents: Sequence[Incident]) -> list[Incident]:
    """The same incidents with the telling ones of their words only, at most MOST_WORDS each, the rarest first.

    Telling is what two incidents share and what was not in too many of the weeks before.
    """
    counts = Counter(word for incident in incidents for word in incident.words)
    before = Counter(word for incident in incidents if incident.week for word in incident.words)
    most = max(3.0, COMMON * sum(1 for incident in incidents if incident.week))
    rare = {word for word, n in counts.items() if n >= 2 and before[word] <= most}
    return [
        Incident(
            one.pk, one.week, one.service, one.category,
            frozenset(sorted(one.words & rare, key=lambda word: (counts[word], word))[:MOST_WORDS]),
        )
        for one in incidents
    ]  # fmt: skip


def past(incidents: Iterable[Incident]) -> int:
    """How many weeks before the window there is something to compare with: a young desk has fewer than WEEKS."""
    return max((incident.week for incident in incidents), default=0)


def growth(incidents: Sequence[Incident]) -> float:
    """How busy the window is beside a usual week, between a half and the double: a busy week is no cluster."""
    weeks = Counter(incident.week for incident in incidents)
    n = past(incidents)
    usual = sum(weeks[week] for week in range(1, n + 1)) / n if n else 0
    return min(2.0, max(0.5, weeks[0] / usual)) if usual else 1.0


def find(incidents: Sequence[Incident], *, most: int = MOST) -> list[Cluster]:
    """The clusters of the window, the most improbable first; none before there are YOUNG weeks to compare with."""
    weeks_past = past(incidents)
    if weeks_past < YOUNG:
        return []
    busy = growth(incidents)
    rows = telling(incidents)
    now: dict[Feature, set[int]] = defaultdict(set)
    before: Counter[Feature] = Counter()
    by_week: dict[Feature, Counter[int]] = defaultdict(Counter)
    by_pk = {row.pk: row for row in rows}
    for row in rows:
        for feature in features_of(row):
            by_week[feature][row.week] += 1
            if row.week == 0:
                now[feature].add(row.pk)
            else:
                before[feature] += 1

    def expected(feature: Feature) -> float:
        return (before[feature] + 1) / weeks_past * busy

    def weigh(feature: Feature) -> float:
        n, usual = len(now[feature]), expected(feature)
        return improbable(n, usual) if n >= LEAST and n >= TIMES * usual else 0.0

    # Of two that are equally improbable the one that says more, then the first in the alphabet.
    heap = [(-weigh(feature), -len(feature), feature) for feature in now]
    heap = [entry for entry in heap if -entry[0] >= SURE]
    heapq.heapify(heap)
    found: list[Cluster] = []
    while heap and len(found) < most:
        score, _parts, feature = heapq.heappop(heap)
        fresh = weigh(feature)
        if fresh < SURE:
            continue
        if -score - fresh > 1e-9:  # some of its incidents are in another cluster by now
            heapq.heappush(heap, (-fresh, -len(feature), feature))
            continue
        members = sorted(now[feature])
        weeks = [by_week[feature][week] for week in range(WEEKS, 0, -1)] + [len(members)]
        found.append(Cluster(feature, members, expected(feature), fresh, weeks, _typical(set(members), incidents)))
        for pk in members:
            for other in features_of(by_pk[pk]):
                now[other].discard(pk)
    return found


def _typical(members: set[int], incidents: Sequence[Incident]) -> list[tuple[str, float]]:
    """Words that at least half of the members have, and twice as often as all incidents do."""
    overall, inside = Counter[str](), Counter[str]()
    for one in incidents:
        overall.update(one.words)
        if one.pk in members:
            inside.update(one.words)
    parts = [(n / len(members), word) for word, n in inside.items()]
    told = [(part, word) for part, word in parts if part >= 0.5 and part >= 2 * overall[word] / len(incidents)]
    return [(word, part) for part, word in sorted(told, key=lambda item: (-item[0], item[1]))[:TYPICAL]]
