from .articles import urlpatterns

__all__ = ["urlpatterns"]
