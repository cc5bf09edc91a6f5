"""The admin's side menu, by the sections of interface.md."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Sections with their lists; unfold draws them."""

    def entry(title: str, icon: str, model: str) -> dict[str, Any]:
        return {"title": title, "icon": icon, "link": reverse(f"admin:{model}_changelist")}

    return [
        {
            "title": _("People"),
            "items": [
                entry(_("People"), "person", "people_user"),
                entry(_("Invitations"), "mail", "people_invitation"),
                entry(_("Teams"), "group", "people_team"),
                entry(_("Organisations"), "domain", "people_organisation"),
                entry(_("Absences"), "beach_access", "people_absence"),
            ],
        },
        {
            "title": _("Catalogue"),
            "items": [
                entry(_("Services"), "dns", "services_service"),
                entry(_("Offerings"), "storefront", "catalog_offering"),
                entry(_("Shelves"), "shelves", "catalog_category"),
                entry(_("Approval plans"), "approval", "approvals_approvalplan"),
                entry(_("Cost centres"), "account_balance_wallet", "people_costcentre"),
                entry(_("Budgets"), "savings", "requests_budget"),
            ],
        },
        {
            "title": _("Service levels"),
            "items": [
                entry(_("Agreements"), "handshake", "sla_agreement"),
                entry(_("Calendars"), "calendar_month", "sla_calendar"),
                entry(_("Metrics"), "timer", "sla_metric"),
                entry(_("On-call rotas"), "notifications_active", "sla_rota"),
                {"title": _("Escalations in time"), "icon": "speed", "link": reverse("admin:sla_health")},
                entry(_("Escalation actions"), "bolt", "sla_reaction"),
            ],
        },
        {
            "title": _("Changes"),
            "items": [
                entry(_("Change models"), "rule", "changes_changemodel"),
                entry(_("Risk questionnaire"), "quiz", "changes_riskquestion"),
                entry(_("Risk levels"), "stairs", "changes_risklevel"),
                entry(_("Freezes"), "ac_unit", "changes_freeze"),
                entry(_("Maintenance windows"), "build", "changes_maintenancewindow"),
                entry(_("Change settings"), "tune", "changes_changesettings"),
            ],
        },
        {
            "title": _("Knowledge"),
            "items": [
                entry(_("Categories of articles"), "library_books", "knowledge_category"),
                entry(_("Synonyms"), "join", "knowledge_synonyms"),
            ],
        },
        {
            "title": _("Processes"),
            "items": [
                entry(_("Categories"), "account_tree", "tickets_category"),
                entry(_("Priority matrix"), "grid_on", "tickets_priorityrule"),
                entry(_("Resolution codes"), "done_all", "tickets_resolutioncode"),
                entry(_("Causes of problems"), "psychology", "problems_causecategory"),
                entry(_("Desk settings"), "settings", "tickets_desksettings"),
            ],
        },
    ]
