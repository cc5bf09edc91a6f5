from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "servicedesk.work"
    label = "work"
    verbose_name = "Tasks"

    def ready(self) -> None:
        from servicedesk.tickets.registry import register
        from servicedesk.tickets.timeline import register_describer

        from .process import TASK
        from .words import describe

        register(TASK)
        register_describer(describe)
