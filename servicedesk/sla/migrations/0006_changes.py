from django.db import migrations


def fill(apps, schema_editor):
    from servicedesk.sla.defaults import fill_changes

    fill_changes(apps)


class Migration(migrations.Migration):

    dependencies = [
        ('sla', '0005_assessment'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
