from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "servicedesk.notify"
    label = "notify"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from servicedesk.tickets.outbox import register_consumer

        from .consumer import notify

        register_consumer("notify", notify)
