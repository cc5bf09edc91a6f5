from django.apps import AppConfig


class ProblemsConfig(AppConfig):
    name = "problems"
    label = "problems"
    verbose_name = "Problems"

    def ready(self) -> None:
        from servicedesk.tickets.registry import register
        from servicedesk.tickets.timeline import register_describer

        from .process import PROBLEM
        from .words import describe

        register(PROBLEM)
        register_describer(describe)
