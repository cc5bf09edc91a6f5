"""Service levels to start with. Where tickets exist already, agreements come inactive: an upgrade promises nothing."""

from django.conf import settings
from django.db import migrations
from django.utils import timezone


def fill(apps, schema_editor):
    from servicedesk.sla.defaults import country_of, fill

    active = not apps.get_model("tickets", "Ticket").objects.exists()
    country = settings.COUNTRY or country_of(settings.TIME_ZONE)
    fill(apps, zone=settings.TIME_ZONE, country=country, active=active, today=timezone.localdate())


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_service_levels")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
