from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Leaves out what no page of ours loads: compressing it is most of a first start's time."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns, "redoc*", "rest_framework", "ext",
        "django_htmx/*-4*", "django_htmx/htmx-2.js", "swagger-ui-es-bundle*", "swagger-ui.js*", "LICENSE*",
    ]  # fmt: skip
