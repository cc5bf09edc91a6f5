"""Clusters in a company's real incidents: called where the log is in the database anyway (tests/sla/test_real_log.py)."""

import datetime

from problems import candidates, clusters

#: Weeks of the log that have eight others before them (docs/problems.md shows what is found).
WEEKS = {datetime.date(2016, 5, 3): 9, datetime.date(2016, 5, 10): 8, datetime.date(2016, 5, 17): 2}


def check_candidates() -> None:
    """The same clusters from run to run and in whatever order the rows come; most of them an hour later as well."""
    for day, count in WEEKS.items():
        at = datetime.datetime.combine(day, datetime.time(8), datetime.UTC)
        rows = candidates.rows(at)
        found = [(c.signature, c.incidents, round(c.score, 6)) for c in clusters.find(rows)]
        again = [
            (c.signature, c.incidents, round(c.score, 6)) for c in clusters.find(list(reversed(candidates.rows(at))))
        ]
        assert found == again
        assert len(found) == count
        later = {c.signature for c in clusters.find(candidates.rows(at + datetime.timedelta(hours=1)))}
        assert len({signature for signature, *_rest in found} & later) >= 0.8 * len(found)
