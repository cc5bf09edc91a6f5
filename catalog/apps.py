from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        from servicedesk.portal.front import register_front

        from .front import CATALOGUE

        register_front(CATALOGUE)
