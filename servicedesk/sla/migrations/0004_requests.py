from django.db import migrations


def fill(apps, schema_editor):
    from servicedesk.sla.defaults import fill_requests

    fill_requests(apps)


class Migration(migrations.Migration):

    dependencies = [
        ('sla', '0003_planned_time'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
