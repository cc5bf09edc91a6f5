from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from servicedesk.tickets.registry import register

        from .process import INCIDENT

        register(INCIDENT)
