"""The catalogue in Django's admin: shelves, offerings, and the versions that are built there."""

from . import offerings, versions

__all__ = ["offerings", "versions"]
