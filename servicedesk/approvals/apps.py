from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "servicedesk.approvals"
    label = "approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        from servicedesk.tickets.outbox import register_consumer

        from .consumer import ask_approvers

        register_consumer("approvals", ask_approvers)
