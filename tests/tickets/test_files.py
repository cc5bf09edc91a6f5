"""Attachments: content decides, names are harmless, and only those who see the ticket get them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.tickets import operations
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.files import safe_name
from servicedesk.tickets.models import Attachment
from tests.factories import UserFactory, make_incident

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def upload(name="note.txt", content=b"hello"):
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\temp\\a.txt", "a.txt"), (".htaccess", "htaccess"), ("", "file"),
     ("a\u202egpj.exe.txt", "agpj.exe.txt"), ("x" * 300 + ".txt", "x" * 196 + ".txt")],
)  # fmt: skip
def test_names_lose_their_tricks(given, kept):
    assert safe_name(given) == kept


def test_the_name_does_not_reach_the_disk(agent):
    ticket = make_incident()
    operations.attach(ticket, actor=agent, files=[upload("../../evil.txt")])
    assert "evil" not in Attachment.objects.get().file.name


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("virus.exe", b"MZ\x90", "program"), ("photo.png", b"MZ\x90\x00", "program"), ("empty.txt", b"", "empty"),
     ("run.sh.ps1", b"x", "program")],
)  # fmt: skip
def test_programs_and_empty_files_are_refused_and_nothing_is_kept(agent, name, content, reason):
    ticket = make_incident()
    with pytest.raises(Invalid, match=reason):
        operations.reply(ticket, actor=agent, body="See the file", files=[upload(), upload(name, content)])
    assert not Attachment.objects.exists() and not ticket.messages.exists()


def test_too_large_and_too_many(agent, settings):
    settings.ATTACHMENT_MAX_BYTES = 10
    ticket = make_incident()
    with pytest.raises(Invalid, match="larger"):
        operations.attach(ticket, actor=agent, files=[upload(content=b"x" * 11)])
    with pytest.raises(Invalid, match="At most"):
        operations.attach(ticket, actor=agent, files=[upload() for _ in range(11)])


def test_only_real_raster_images_are_shown_in_place(agent, login):
    ticket = make_incident()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    html = b"<!doctype html><script>alert(1)</script>"
    files = [upload("a.png", PNG), upload("b.png", html), upload("c.svg", svg), upload("d.html", html)]
    operations.attach(ticket, actor=agent, files=files)
    client = login(agent)
    for row in Attachment.objects.all():
        response = client.get(f"/files/{row.pk}/")
        shown = row.name == "a.png"
        assert response["Content-Type"] == ("image/png" if shown else "application/octet-stream")
        assert response["Content-Disposition"].startswith("inline" if shown else "attachment")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]


def test_files_of_a_note_are_for_agents(agent, customer, login):
    ticket = make_incident(customer)
    operations.note(ticket, actor=agent, body="See", files=[upload("note.txt")])
    operations.reply(ticket, actor=agent, body="See", files=[upload("reply.txt")])
    note, reply = Attachment.objects.order_by("pk")
    assert login(customer).get(f"/files/{note.pk}/").status_code == 404
    assert login(customer).get(f"/files/{reply.pk}/").status_code == 200
    assert login(UserFactory()).get(f"/files/{reply.pk}/").status_code == 404
    page = login(customer).get(f"/portal/{ticket.number}/").content.decode()
    assert "reply.txt" in page and "note.txt" not in page


def test_a_lost_file_is_a_clear_404(agent, login):
    ticket = make_incident()
    operations.attach(ticket, actor=agent, files=[upload()])
    row = Attachment.objects.get()
    row.file.storage.delete(row.file.name)
    assert login(agent).get(f"/files/{row.pk}/").status_code == 404
