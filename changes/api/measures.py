"""DORA's measures over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, views
from rest_framework.request import Request
from rest_framework.response import Response

from servicedesk.api.guard import agents_only

from .. import measures


class MeasureRow(serializers.Serializer[Any]):
    """DORA's measures of a service in a month. Times in seconds, null where there is nothing to measure."""

    service = serializers.CharField()
    month = serializers.CharField(help_text="2026-11")
    deployments = serializers.IntegerField()
    lead_time = serializers.FloatField(allow_null=True)
    failure_rate = serializers.IntegerField(allow_null=True, help_text="Per cent.")
    time_to_restore = serializers.FloatField(allow_null=True)


class MeasuresQuery(serializers.Serializer[Any]):
    service = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    months = serializers.IntegerField(required=False, min_value=1, max_value=24)


class Measures(views.APIView):
    """DORA's four measures."""

    @extend_schema(parameters=[MeasuresQuery], responses=MeasureRow(many=True))
    def get(self, request: Request) -> Response:
        """Per service and month, from changes and the incidents they caused."""
        agents_only(request)
        query = MeasuresQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        values = query.validated_data
        _months, found = measures.measure(request.user, service=values.get("service"), count=values.get("months", 6))
        rows = [
            {
                "service": name, "month": month, "deployments": cell.done, "lead_time": cell.lead,
                "failure_rate": cell.failure_rate, "time_to_restore": cell.restore,
            }
            for name, cells in found.items() for month, cell in sorted(cells.items())
        ]  # fmt: skip
        return Response(MeasureRow(rows, many=True).data)
