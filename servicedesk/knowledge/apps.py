from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "servicedesk.knowledge"
    label = "knowledge"
    verbose_name = "Knowledge"

    def ready(self) -> None:
        from servicedesk.desk.beside import register_beside, register_search
        from servicedesk.desk.rail import register_entry
        from servicedesk.portal.front import register_front, register_nav
        from servicedesk.tickets.outbox import register_consumer

        from .beside import BESIDE, SEARCH
        from .following import follow
        from .front import FRONT, nav
        from .rail import ENTRY

        register_entry(ENTRY)
        register_beside(BESIDE)
        register_search(SEARCH)
        register_front(FRONT)
        register_nav(nav, public=True)
        register_consumer("knowledge", follow)
