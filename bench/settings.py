"""The product's settings, with the floors' addresses beside its own."""

from servicedesk.settings import *  # noqa: F403

ROOT_URLCONF = "bench.floor"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
API_RATE = "1000000/min"
