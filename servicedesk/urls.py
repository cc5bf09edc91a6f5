"""Where everything meets: the one table of addresses."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from servicedesk import health
from servicedesk.tickets.views import attachment

urlpatterns = [
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("", include("servicedesk.people.urls")),
    path("", include("servicedesk.notify.urls")),
    path("", include("servicedesk.sla.urls")),
    path("approvals/", include("servicedesk.approvals.urls")),
    path("", include("servicedesk.work.urls")),
    path("", include("incidents.urls")),
    path("", include("catalog.urls")),
    path("", include("requests.urls")),
    path("", include("changes.urls")),
    path("", include("problems.urls")),
    path("", include("servicedesk.knowledge.urls")),
    path("desk/", include("servicedesk.desk.urls")),
    path("portal/", include("servicedesk.portal.urls")),
    path("files/<id:pk>/", attachment, name="attachment"),
    path("api/v1/", include("servicedesk.api.urls")),
    path("api/v1/", include("incidents.api")),
    path("api/v1/", include("catalog.api")),
    path("api/v1/", include("requests.api")),
    path("api/v1/", include("changes.api")),
    path("api/v1/", include("problems.api")),
    path("api/v1/", include("servicedesk.knowledge.api")),
    path("admin/", admin.site.urls),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("servicedesk.demo.urls")))

handler400 = "servicedesk.web.bad_request"
handler403 = "servicedesk.web.forbidden"
handler404 = "servicedesk.web.not_found"
handler500 = "servicedesk.web.server_error"
