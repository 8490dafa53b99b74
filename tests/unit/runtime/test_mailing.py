"""Reports over a real SMTP conversation with a small server, and into a file; refusals wait and block nothing."""

from __future__ import annotations

import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.domain.notices import ItemDone
from musicvault.engine.drives import add_drive
from musicvault.errors import MailRefused, VaultError
from musicvault.runtime import informing, mailing
from musicvault.runtime.informing import FIRST_RETRY_S, Informing
from musicvault.runtime.mailing import Letter
from musicvault.runtime.plans import Mail, Plans
from musicvault.runtime.service import Service
from musicvault.runtime.watch import watch
from tests.engine_room import Room

NOW = 1_800_000_000.0


class Server(socketserver.ThreadingTCPServer):
    """Takes mail, or refuses it as it is told to."""

    daemon_threads = True
    refuse = b""
    greeting = b"220 here"
    bye = b"221 bye"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.messages: list[str] = []
        self.talks, self.ended = False, threading.Event()
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as smtplib speaks."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.connections += 1
        while server.talks and not server.ended.wait(0.01):
            self.wfile.write(b"220-and another thing\r\n")
        self.wfile.write(server.greeting + b"\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                server.messages.append(b"".join(lines).decode())
                self.wfile.write(b"250 taken\r\n")
            elif verb == b"RCPT" and server.refuse:
                self.wfile.write(server.refuse + b"\r\n")
            elif verb == b"QUIT":
                self.wfile.write(server.bye + b"\r\n")
                return
            else:
                self.wfile.write(b"250 well\r\n")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.ended.set()
        found.shutdown()
        thread.join()


def mail(server: Server) -> Mail:
    return Mail("127.0.0.1", server.port, "none", "", "vault@example.org", "me@example.org")


def test_a_report_arrives_whole(server: Server) -> None:
    mailing.send(mail(server), Letter("Everything\nis well", "Zwölf Kopien\n.\nEnde", b"<p>page</p>"), NOW)
    (message,) = server.messages
    assert "Subject: Everything is well" in message
    assert "To: me@example.org" in message
    assert "Ende" in message
    assert 'filename="report.html"' in message


@pytest.mark.parametrize("refusal", [b"550 no such user", b"451 greylisted, come again"])
def test_a_refusal_is_told_in_the_server_s_words(server: Server, refusal: bytes) -> None:
    server.refuse = refusal
    with pytest.raises(MailRefused) as raised:
        mailing.send(mail(server), Letter("S", "T"), NOW)
    assert refusal.decode()[4:] in str(raised.value)


@pytest.mark.parametrize("greeting", [b"what", b"", b"HTTP/1.1 400 Bad Request", b"\xff\xfe\x00\x01"])
def test_what_is_no_mail_server_is_said_in_words(server: Server, greeting: bytes) -> None:
    server.greeting = greeting
    with pytest.raises(MailRefused, match="none of a mail server's"):
        mailing.send(mail(server), Letter("S", "T"), NOW)


def test_control_characters_of_a_server_stay_where_they_are(server: Server) -> None:
    server.refuse = b"550 \x1b[2Jno\x07"
    with pytest.raises(MailRefused) as raised:
        mailing.send(mail(server), Letter("S", "T"), NOW)
    assert str(raised.value).isprintable()


def test_what_a_server_says_after_it_has_taken_the_report_is_no_refusal(server: Server) -> None:
    server.bye = b"hm"
    mailing.send(mail(server), Letter("S", "T"), NOW)
    assert len(server.messages) == 1


def test_a_server_that_can_not_encrypt_gets_nothing(server: Server) -> None:
    with pytest.raises(MailRefused):
        mailing.send(replace(mail(server), security="starttls"), Letter("S", "T"), NOW)
    assert server.messages == []


def test_a_server_that_is_not_there_is_a_refusal(server: Server) -> None:
    with pytest.raises(MailRefused):
        mailing.send(replace(mail(server), port=1), Letter("S", "T"), NOW)


def test_a_server_that_never_answers_is_a_refusal_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = Mail("127.0.0.1", silent.getsockname()[1], "none", "", "vault@example.org", "me@example.org")
        with pytest.raises(MailRefused, match="timed out"):
            mailing.send(found, Letter("S", "T"), NOW)


def test_without_a_password_anywhere_it_is_said_where_it_belongs(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(mailing.VARIABLE, raising=False)
    monkeypatch.setenv(mailing.FILE_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(MailRefused, match="no password for me"):
        mailing.send(replace(mail(server), user="me"), Letter("S", "T"), NOW)
    assert server.messages == []


def test_the_password_is_in_the_environment_or_in_a_file_of_one_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "_from_keyring", lambda _user: None)
    with pytest.raises(MailRefused, match="no password for me"):
        mailing.password("me")
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    file.chmod(0o644)
    monkeypatch.setenv(mailing.FILE_VARIABLE, str(file))
    with pytest.raises(MailRefused, match="Others can read"):
        mailing.password("me")
    file.chmod(0o600)
    assert mailing.password("me") == "s3cret"
    monkeypatch.setenv(mailing.VARIABLE, "other")
    assert mailing.password("me") == "other"


class Reporting:
    """A service whose only wish is a report."""

    def __init__(self, tmp_path: Path, plans: Plans) -> None:
        self.room = Room(tmp_path)
        self.room.time = NOW
        self.now = NOW
        self.service = self.started(plans)

    def started(self, plans: Plans) -> Service:
        self.room.ctx = replace(self.room.ctx, now=lambda: self.now)
        return Service(
            self.room.ctx, plans, steady=lambda: self.now, report=lambda _ctx: Letter("Subject", "Text", b"<p>Page")
        )

    def round(self, seconds: float = 0.0) -> list[str]:
        """One round, and the next one when the report has been handed over."""
        self.now += seconds
        said = list(self.service.round())
        self.service.informing.wait(20)
        said += list(self.service.round())
        return [notice.reason or notice.problem for notice in said if isinstance(notice, ItemDone)]


def test_a_refused_report_is_said_once_and_tried_again_ever_more_seldom(server: Server, tmp_path: Path) -> None:
    server.refuse = b"550 not today"
    reporting = Reporting(tmp_path, Plans(report_every=86400.0, mail=mail(server)))
    assert ["not today" in text for text in reporting.round()] == [True]
    assert reporting.round(60) == []
    assert server.connections == 1
    assert reporting.round(FIRST_RETRY_S) == []
    assert server.connections == 2
    assert reporting.round(FIRST_RETRY_S) == []
    assert server.connections == 2, "the second wait is longer"
    server.refuse = b""
    assert ["handed over" in text for text in reporting.round(FIRST_RETRY_S)] == [True]
    assert len(server.messages) == 1


def test_a_server_that_talks_for_ever_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(informing, "LONGEST_S", 0.2)
    server.talks = True
    reporting = Reporting(tmp_path, Plans(report_every=86400.0, mail=mail(server)))
    assert ["in time" in text for text in reporting.round()] == [True]
    server.talks = False
    monkeypatch.setattr(informing, "LONGEST_S", 30.0)
    assert ["handed over" in text for text in reporting.round(FIRST_RETRY_S)] == [True]


@pytest.mark.parametrize("bug", [False, True])
def test_what_was_not_taken_is_never_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: bool) -> None:
    nowhere = Mail("no..name", 25, "none", "", "vault@example.org", "me@example.org")

    def fails(*_arguments: object) -> None:
        raise RuntimeError("a bug")

    if bug:
        monkeypatch.setattr(mailing, "send", fails)
        monkeypatch.setattr(threading, "excepthook", lambda _arguments: None)
    (said,) = Reporting(tmp_path, Plans(report_every=86400.0, mail=nowhere)).round()
    assert ("wasn't taken" if bug else "can't be sent") in said


def test_a_report_that_can_not_be_made_is_not_tried_each_second(tmp_path: Path) -> None:
    tried = []

    def report(_ctx: object) -> Letter:
        tried.append(1)
        raise VaultError("the catalog says no")

    reporting = Reporting(tmp_path, Plans(report_every=86400.0, report_file=str(tmp_path / "report.txt")))
    reporting.service.informing = Informing(reporting.room.ctx, None, report)
    assert reporting.round() == ["the catalog says no"]
    assert reporting.round(60) == []
    assert len(tried) == 1
    reporting.round(FIRST_RETRY_S)
    assert len(tried) == 2


def test_a_single_round_waits_for_its_report_and_the_next_one_knows_of_it(server: Server, tmp_path: Path) -> None:
    plans = Plans(report_every=86400.0, mail=mail(server))
    room = Room(tmp_path)
    for taken in (["handed over"], []):
        job = watch(room.ctx, once=True, plans=plans, report=lambda _ctx: Letter("Subject", "Text"))
        said = [notice.reason for notice in job if isinstance(notice, ItemDone)]
        assert [text for text in taken if text not in " ".join(said)] == []
        assert len(server.messages) == 1


def test_a_single_round_says_that_its_report_was_refused(server: Server, tmp_path: Path) -> None:
    server.refuse = b"550 not today"
    plans = Plans(report_every=86400.0, mail=mail(server))
    notices = list(watch(Room(tmp_path).ctx, once=True, plans=plans, report=lambda _ctx: Letter("Subject", "Text")))
    assert ["not today" in notice.problem for notice in notices if isinstance(notice, ItemDone)] == [True]


def test_a_report_is_sent_once_a_day_over_a_restart(server: Server, tmp_path: Path) -> None:
    plans = Plans(report_every=86400.0, mail=mail(server))
    reporting = Reporting(tmp_path, plans)
    reporting.round()
    reporting.service = reporting.started(plans)
    reporting.round(3600)
    assert len(server.messages) == 1
    reporting.round(23 * 3600)
    assert len(server.messages) == 2


def test_a_report_goes_into_a_file(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    Reporting(tmp_path, Plans(report_every=86400.0, report_file=str(target))).round()
    assert target.read_text() == "Text\n"


def test_a_file_whose_name_says_so_gets_the_page(tmp_path: Path) -> None:
    target = tmp_path / "report.HTML"
    Reporting(tmp_path, Plans(report_every=86400.0, report_file=str(target))).round()
    assert target.read_text() == "<p>Page"


def test_a_file_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    reporting = Reporting(tmp_path, Plans(report_every=86400.0, report_file=str(tmp_path / "no" / "report")))
    assert ["no is not a folder" in text for text in reporting.round()] == [True]


def test_a_report_takes_the_place_of_the_one_before_and_never_lies_in_a_vault(tmp_path: Path) -> None:
    target, link = tmp_path / "kept" / "report.txt", tmp_path / "report.txt"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)
    reporting = Reporting(tmp_path, Plans(report_every=86400.0, report_file=str(link)))
    reporting.round()
    assert link.is_symlink()
    assert (target.read_text(), list(target.parent.iterdir())) == ("Text\n", [target])
    (tmp_path / "Drive").mkdir()
    vault = add_drive(reporting.room.ctx, os.fsencode(tmp_path / "Drive"))
    inside = Path(os.fsdecode(vault.folder), "report.txt")
    reporting.service = reporting.started(Plans(report_every=86400.0, report_file=str(inside)))
    assert any("lies inside the vault" in text for text in reporting.round(86400))
    assert not inside.exists()
