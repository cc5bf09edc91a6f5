from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "changes"
    label = "changes"
    verbose_name = "Changes"

    def ready(self) -> None:
        from servicedesk.approvals.facts import register_facts
        from servicedesk.approvals.process import register_approvable
        from servicedesk.desk.rail import register_entry
        from servicedesk.portal.front import register_front
        from servicedesk.tickets.outbox import register_consumer
        from servicedesk.tickets.registry import register
        from servicedesk.tickets.timeline import register_describer
        from servicedesk.work.process import register_planned

        from .approving import APPROVABLE
        from .front import FRONT
        from .operations.following import FACTS
        from .process import CHANGE, PLANNED
        from .rail import ENTRY
        from .telling import tell_owners
        from .words import describe

        register(CHANGE)
        register_entry(ENTRY)
        register_facts(FACTS)
        register_approvable(APPROVABLE)
        register_planned(PLANNED)
        register_describer(describe)
        register_front(FRONT)
        register_consumer("changes", tell_owners)
