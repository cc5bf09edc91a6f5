from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "servicedesk.services"
    label = "services"
    verbose_name = "Services"
