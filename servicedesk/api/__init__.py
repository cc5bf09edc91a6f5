"""REST: what every process's API shares."""

from rest_framework import compat

# Django REST framework takes any module called requests for the library of that name, which our app hides
# (docs/architecture.md): it is told that there is none, before anything imports rest_framework.test.
compat.requests = None  # type: ignore[assignment]
