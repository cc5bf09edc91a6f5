from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "requests"
    label = "requests"
    verbose_name = "Requests"

    def ready(self) -> None:
        from servicedesk.approvals.facts import register_facts
        from servicedesk.approvals.process import register_approvable
        from servicedesk.portal.front import register_front, register_nav
        from servicedesk.tickets.outbox import register_consumer
        from servicedesk.tickets.registry import register
        from servicedesk.tickets.timeline import register_describer
        from servicedesk.work.process import register_planned

        from .approving import APPROVABLE, FACTS
        from .costs import warn_owners
        from .front import FRONT, nav
        from .process import PLANNED, REQUEST
        from .words import describe

        register(REQUEST)
        register_facts(FACTS)
        register_approvable(APPROVABLE)
        register_planned(PLANNED)
        register_describer(describe)
        register_front(FRONT)
        register_nav(nav)
        register_consumer("budgets", warn_owners)
