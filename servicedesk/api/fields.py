"""Serializer parts that take exactly what the schema says."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class Text(serializers.CharField):
    """A string; numbers and booleans are not quietly turned into one."""

    default_error_messages = {"invalid": _("This must be text.")}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Number(serializers.IntegerField):
    """A whole number; strings and booleans are not quietly turned into one."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Reference(serializers.PrimaryKeyRelatedField):
    """Another row, by its id."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        if not kwargs.get("read_only"):
            self.pk_field = Number(min_value=1, max_value=2**63 - 1)


class Strict(serializers.Serializer):
    """Refuses fields it does not know: a misspelt one would be lost without a word."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({str(name): [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


class Named(serializers.Serializer):
    """A reference as it is shown."""

    id = serializers.IntegerField()
    name = serializers.CharField()
