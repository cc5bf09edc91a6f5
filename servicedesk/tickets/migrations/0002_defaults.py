"""The usual 3×3 matrix and the field's resolution codes, for an admin to change."""

from django.db import migrations

CODES = [
    "Solved permanently", "Solved by a workaround", "Solved by the requester", "Solved by a change",
    "Not reproducible", "Duplicate", "No fault found", "Not solved",
]  # fmt: skip


def fill(apps, schema_editor):
    rule = apps.get_model("tickets", "PriorityRule")
    rule.objects.bulk_create(
        rule(impact=i, urgency=u, priority=min(i + u - 1, 4)) for i in (1, 2, 3) for u in (1, 2, 3)
    )
    code = apps.get_model("tickets", "ResolutionCode")
    code.objects.bulk_create(code(name=name, position=n) for n, name in enumerate(CODES, 1))


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
