"""Service levels in Django's admin."""

from . import agreements, calendars, health, rotas

__all__ = ["agreements", "calendars", "health", "rotas"]
