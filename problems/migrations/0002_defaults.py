from django.db import migrations

CAUSES = [
    "Software defect", "Configuration", "Capacity", "Hardware", "Supplier", "Human error", "Missing process", "Security",
    "Unknown",
]


def fill(apps, schema_editor):
    for place, name in enumerate(CAUSES):
        apps.get_model("problems", "CauseCategory").objects.get_or_create(name=name, defaults={"position": place})


class Migration(migrations.Migration):

    dependencies = [
        ('problems', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
