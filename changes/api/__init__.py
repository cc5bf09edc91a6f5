"""Change enablement over REST."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from .board import Meetings
from .changes import Changes, Models
from .gate import Gate, GateState
from .measures import Measures
from .times import Freezes, MaintenanceWindows

router = SimpleRouter()
router.register("changes", Changes, "api-changes")
router.register("change-models", Models, "api-change-models")
router.register("freezes", Freezes, "api-freezes")
router.register("maintenance-windows", MaintenanceWindows, "api-maintenance-windows")
router.register("cab-meetings", Meetings, "api-cab-meetings")
urlpatterns = [
    path("changes/gate/", Gate.as_view(), name="api-gate"),
    path("changes/gate", Gate.as_view(schema=None), name="api-gate-bare"),
    path("changes/gate/<str:number>/", GateState.as_view(), name="api-gate-state"),
    path("changes/measures/", Measures.as_view(), name="api-measures"),
    *router.urls,
]
