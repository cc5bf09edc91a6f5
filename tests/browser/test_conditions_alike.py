"""Server and browser read conditions alike."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicedesk import conditions
from tests.test_conditions import trees, values

FACTS = st.dictionaries(st.sampled_from(["x", "y"]), values)


def test_a_thousand_conditions_hold_here_and_there_alike(visit, transactional_db):
    examples = []

    @settings(max_examples=1000, database=None, suppress_health_check=list(HealthCheck))
    @given(trees(["x", "y"]), FACTS)
    def collect(tree, facts):
        examples.append((tree, facts))

    collect()
    page = visit(None, "/login/")
    there = page.evaluate(
        """async (examples) => {
            const { holds } = await import("/static/js/conditions.js");
            return JSON.parse(examples).map(([tree, facts]) => holds(tree, facts));
        }""",
        json.dumps(examples),
    )
    here = [conditions.holds(tree, facts) for tree, facts in examples]
    different = [example for example, a, b in zip(examples, here, there, strict=True) if a != b]
    assert not different, different[:3]
    assert len(examples) > 500 and True in here and False in here
