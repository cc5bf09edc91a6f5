"""Set-ups for tests of service levels: agreements of their own instead of the first start's."""

from __future__ import annotations

import pytest


@pytest.fixture
def bare(db: None) -> None:
    """No agreement but those the test makes."""
    from servicedesk.sla.models import Agreement

    Agreement.objects.all().delete()
