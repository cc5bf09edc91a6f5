"""Servicedesk: the Django project and the layer that all processes share."""

from .celery import app as celery_app

__all__ = ["celery_app"]
