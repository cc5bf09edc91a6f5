from django.apps import AppConfig


class ProblemsConfig(AppConfig):
    name = "problems"
    label = "problems"
    verbose_name = "Problems"

    def ready(self) -> None:
        from servicedesk.desk.rail import register_entry
        from servicedesk.tickets.outbox import register_consumer
        from servicedesk.tickets.registry import register
        from servicedesk.tickets.timeline import register_describer

        from .known_errors import follow
        from .process import PROBLEM
        from .rail import ENTRY
        from .words import describe

        register(PROBLEM)
        register_describer(describe)
        register_consumer("known errors", follow)
        register_entry(ENTRY)
