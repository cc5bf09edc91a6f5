from django.db import migrations


def fill(apps, schema_editor):
    from changes.defaults import fill

    fill(apps)


class Migration(migrations.Migration):

    dependencies = [
        ('changes', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
