# One image for every process of docker-compose.yml; see docs/operations.md.
FROM python:3.13-slim AS build
WORKDIR /srv/servicedesk
RUN pip install --no-cache-dir uv
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --no-cache
COPY . .
RUN SECRET_KEY=build DATABASE_URL=postgres:///build REDIS_URL=redis:///0 STATIC_ROOT=/srv/servicedesk/staticfiles \
    .venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.13-slim
RUN useradd --system --create-home --uid 10001 servicedesk \
    && mkdir -p /srv/servicedesk /var/lib/servicedesk \
    && chown servicedesk:servicedesk /var/lib/servicedesk
WORKDIR /srv/servicedesk
COPY --from=build /srv/servicedesk /srv/servicedesk
USER servicedesk
ENV PATH=/srv/servicedesk/.venv/bin:$PATH PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/srv/servicedesk/staticfiles MEDIA_ROOT=/var/lib/servicedesk/attachments SERVICEDESK_VAR=/var/lib/servicedesk
VOLUME /var/lib/servicedesk
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "10", "--no-ws", "--http", "1", "--respawn-failed-workers", "servicedesk.wsgi:application"]
