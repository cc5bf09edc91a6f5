"""The floors: bare views behind the same login and middleware, on the same server, fetching the same rows by SQL.

Served only by bench/wsgi.py; the product has no such addresses.
"""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

ROWS = """
SELECT t.id, t.number, t.title, t.status, t.priority, t.opened_at, t.activity_at, r.name, team.name, a.name, clock.state,
       clock.due_at
FROM tickets_ticket t
LEFT JOIN people_user r ON r.id = t.requester_id
LEFT JOIN people_team team ON team.id = t.team_id
LEFT JOIN people_user a ON a.id = t.assignee_id
LEFT JOIN LATERAL (
    SELECT c.state, c.due_at FROM sla_clock c WHERE c.ticket_id = t.id AND c.state <> 'stopped' ORDER BY c.due_at LIMIT 1
) clock ON true
WHERE t.status_category IN ('open', 'waiting')
ORDER BY t.activity_at DESC, t.id DESC LIMIT 50
"""
#: The ticket with its names, the conversation, files, links, watchers and the codes of the composer: the page's own rows.
TALK = """
WITH t AS MATERIALIZED (SELECT * FROM tickets_ticket WHERE number = %s)
SELECT 0, t.number, t.title, t.description_html, t.status, t.priority::text, t.opened_at::text, r.name, a.name, team.name,
       s.name, c.path, o.name, code.name, t.tags::text
FROM t
LEFT JOIN people_user r ON r.id = t.requester_id
LEFT JOIN people_user a ON a.id = t.assignee_id
LEFT JOIN people_team team ON team.id = t.team_id
LEFT JOIN services_service s ON s.id = t.service_id
LEFT JOIN tickets_category c ON c.id = t.category_id
LEFT JOIN people_organisation o ON o.id = t.organisation_id
LEFT JOIN tickets_resolutioncode code ON code.id = t.resolution_code_id
UNION ALL
(SELECT e.id, e.kind, u.name, m.body_html, m.kind, e.at::text, e.data::text, '', '', '', '', '', '', '', ''
FROM t JOIN tickets_event e ON e.ticket_id = t.id
LEFT JOIN people_user u ON u.id = e.actor_id
LEFT JOIN tickets_message m ON m.id = e.message_id ORDER BY e.id)
UNION ALL
SELECT f.id, f.name, f.content_type, f.size::text, '', '', '', '', '', '', '', '', '', '', ''
FROM t JOIN tickets_attachment f ON f.ticket_id = t.id
UNION ALL
SELECT l.id, l.kind, x.number, x.title, '', '', '', '', '', '', '', '', '', '', ''
FROM t JOIN tickets_link l ON l.source_id = t.id OR l.target_id = t.id
JOIN tickets_ticket x ON x.id = CASE WHEN l.source_id = t.id THEN l.target_id ELSE l.source_id END
UNION ALL
SELECT c.id, g.name, c.state, c.due_at::text, c.target::text, c.spans::text, c.pauses::text, '', '', '', '', '', '', '', ''
FROM t JOIN sla_clock c ON c.ticket_id = t.id JOIN sla_agreement g ON g.id = c.agreement_id
UNION ALL
SELECT w.id, u.name, '', '', '', '', '', '', '', '', '', '', '', '', ''
FROM t JOIN tickets_watcher w ON w.ticket_id = t.id JOIN people_user u ON u.id = w.user_id
UNION ALL
SELECT id, name, '', '', '', '', '', '', '', '', '', '', '', '', '' FROM tickets_resolutioncode WHERE is_active
"""
SEARCH = """
SELECT t.id, t.number, t.title, t.status, t.priority, t.opened_at, t.activity_at, r.name, team.name, a.name
FROM (
    SELECT id FROM tickets_ticket WHERE search @@ websearch_to_tsquery('desk', %s) ORDER BY id DESC LIMIT 400
) found
JOIN tickets_ticket t USING (id)
LEFT JOIN people_user r ON r.id = t.requester_id
LEFT JOIN people_team team ON team.id = t.team_id
LEFT JOIN people_user a ON a.id = t.assignee_id
ORDER BY ts_rank(t.search, websearch_to_tsquery('desk', %s)) DESC LIMIT 50
"""
#: A page of cards: each offering with its shelf and its published version's prices.
CATALOGUE = """
SELECT o.id, o.name, o.slug, o.icon, o.description, c.name, c.slug, c.icon, v.from_once, v.from_monthly, v.is_from
FROM catalog_offering o
JOIN catalog_category c ON c.id = o.category_id
JOIN services_service s ON s.id = o.service_id AND s.is_active
JOIN catalog_offeringversion v ON v.offering_id = o.id AND v.state = 'published'
WHERE NOT o.is_retired
ORDER BY c.position, c.name, o.position, o.name LIMIT 100
"""
#: What an order form is made of: the offering and its version, each question, the parts of a bundle.
FORM = """
WITH v AS MATERIALIZED (
    SELECT v.*, o.name, o.icon, o.description, c.name AS shelf, s.name AS service
    FROM catalog_offering o
    JOIN catalog_category c ON c.id = o.category_id
    JOIN services_service s ON s.id = o.service_id
    JOIN catalog_offeringversion v ON v.offering_id = o.id AND v.state = 'published'
    WHERE o.slug = %s
)
SELECT v.id, v.name, v.icon, v.description, v.shelf, v.service, v.text, v.from_once::text, v.from_monthly::text,
       v.delivery_seconds::text, v.most::text
FROM v
UNION ALL
(SELECT f.id, f.type, f.label, f.key, f.help, f.required::text, f."default", f.options, f.pattern, f.show_if, f.minimum
FROM v JOIN catalog_formfield f ON f.version_id = v.id ORDER BY f.position, f.id)
UNION ALL
SELECT t.id, o.name, '', '', '', '', '', '', '', '', ''
FROM v JOIN catalog_plannedtask t ON t.version_id = v.id JOIN catalog_offering o ON o.id = t.offering_id
"""
#: A month of changes with the names of their services.
CALENDAR = """
SELECT t.id, t.number, t.title, lower(c."window"), upper(c."window"), t.status, c.risk_level, c.type, c.outage,
       (SELECT string_agg(s.name, ', ' ORDER BY s.name)
        FROM changes_change_services l JOIN services_service s ON s.id = l.service_id WHERE l.change_id = t.id)
FROM changes_change c JOIN tickets_ticket t ON t.id = c.ticket_ptr_id
WHERE c."window" && tstzrange(%s, %s) AND t.status NOT IN ('cancelled', 'rejected')
ORDER BY c."window", t.id LIMIT 1000
"""
#: The changes that a window on a service meets, with freezes.
COLLISIONS = """
SELECT t.number, t.title, lower(c."window"), upper(c."window")
FROM changes_change c JOIN tickets_ticket t ON t.id = c.ticket_ptr_id
WHERE c.holds AND c."window" && tstzrange(%s, %s) AND EXISTS (
    SELECT FROM changes_change_services l WHERE l.change_id = t.id AND l.service_id = %s
)
UNION ALL
SELECT f.name, f.reason, lower(f."window"), upper(f."window") FROM changes_freeze f WHERE f."window" && tstzrange(%s, %s)
LIMIT 100
"""
_template = engines["django"].from_string(
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Floor</title></head><body><table>"
    "{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}"
    "</table></body></html>"
)

#: Four articles that have one of the words, by PostgreSQL's rank: no typing errors, no synonyms, no audience but the plain one.
ARTICLES = """
    SELECT title, summary, body FROM knowledge_article
    WHERE search @@ websearch_to_tsquery('knowledge_en', %s) AND audience IN ('public', 'customers')
    ORDER BY ts_rank(search, websearch_to_tsquery('knowledge_en', %s)) DESC LIMIT 4
"""


def _answer(request: HttpRequest, sql: str, parameters: list[str]) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return HttpResponse(_template.render({"rows": rows}, request))


def queue(request: HttpRequest) -> HttpResponse:
    return _answer(request, ROWS, [])


def ticket(request: HttpRequest, number: str) -> HttpResponse:
    return _answer(request, TALK, [number])


def search(request: HttpRequest) -> HttpResponse:
    words = request.GET["q"]
    return _answer(request, SEARCH, [words, words])


def catalogue(request: HttpRequest) -> HttpResponse:
    return _answer(request, CATALOGUE, [])


def form(request: HttpRequest, slug: str) -> HttpResponse:
    return _answer(request, FORM, [slug])


def calendar(request: HttpRequest) -> HttpResponse:
    return _answer(request, CALENDAR, [request.GET["start"], request.GET["end"]])


def meets(request: HttpRequest) -> HttpResponse:
    span = [request.GET["start"], request.GET["end"]]
    return _answer(request, COLLISIONS, [*span, request.GET["service"], *span])


def articles(request: HttpRequest) -> HttpResponse:
    return _answer(request, ARTICLES, [request.GET["q"].replace(" ", " or ")] * 2)


def write(request: HttpRequest) -> HttpResponse:
    """One row written and committed: what any post costs at least."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_floor (body) VALUES (%s)", [request.POST.get("body", "")])
    return HttpResponse(status=204)


urlpatterns = [
    path("floor/queue/", queue),
    path("floor/ticket/<str:number>/", ticket),
    path("floor/search/", search),
    path("floor/catalogue/", catalogue),
    path("floor/form/<slug:slug>/", form),
    path("floor/calendar/", calendar),
    path("floor/collisions/", meets),
    path("floor/articles/", articles),
    path("floor/write/", write),
    path("", include("servicedesk.urls")),
]
