"""Reports by mail: one plain message over SMTP, with encryption; the password is never in the settings.

It is looked for in MUSICVAULT_MAIL_PASSWORD, in the file that MUSICVAULT_MAIL_PASSWORD_FILE names or
`mail-password` beside the settings (readable by this account only), and in the system's keyring.
"""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import stat
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from importlib import import_module
from pathlib import Path

from musicvault import settings
from musicvault.errors import MailRefused, reason_of
from musicvault.language import tr
from musicvault.runtime.plans import Mail

VARIABLE = "MUSICVAULT_MAIL_PASSWORD"
FILE_VARIABLE = "MUSICVAULT_MAIL_PASSWORD_FILE"
KEYRING = "musicvault mail"
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Letter:
    """A report that is handed over: the words to read at once, and the whole as an HTML page."""

    subject: str
    text: str
    page: bytes = b""


def send(mail: Mail, letter: Letter, now: float, context: ssl.SSLContext | None = None) -> None:
    """Hand over one message, the page attached. Raises MailRefused with the server's own words. Once the server has
    taken it, what it says afterwards changes nothing (RFC 5321, 4.2.5): to send it again would make two of it."""
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, mail.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = formatdate(now, localtime=True)
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    message.set_content(letter.text)
    if letter.page:
        message.add_attachment(letter.page, maintype="text", subtype="html", filename="report.html")
    try:
        server = _connected(mail, context or ssl.create_default_context())
        with closing(server):
            if mail.user:
                server.login(mail.user, password(mail.user))
            server.send_message(message)
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise MailRefused(
            tr("The mail server {host} didn't take the report: {cause}", host=mail.host, cause=_words(error))
        ) from error


def _connected(mail: Mail, context: ssl.SSLContext) -> smtplib.SMTP:
    if mail.security == "ssl":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
    if mail.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(_answer(*answer) for answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        if isinstance(error.__context__, TimeoutError):
            return tr("it doesn't answer (timed out).")
        return tr("it hung up in the middle of the talk.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return tr("it doesn't offer what the settings ask for: {words}", words=_plain(str(error)))
    if isinstance(error, ssl.SSLCertVerificationError):
        return tr("its certificate isn't trusted: {words}.", words=_plain(error.verify_message))
    if isinstance(error, ssl.SSLError):
        return tr("it doesn't speak TLS as expected at this port ({words}).", words=_plain(error.reason or str(error)))
    if isinstance(error, socket.gaierror):
        return tr(
            "no server has this name, or nobody can be asked for it ({words}).", words=_plain(error.strerror or "")
        )
    if isinstance(error, OSError):
        return reason_of(error)
    if isinstance(error, UnicodeError):
        return tr("the server's name, an address or the password holds characters that can't be sent.")
    return _plain(str(error)) or type(error).__name__


def _answer(code: int, said: bytes | str) -> str:
    """What the server said; -1 is smtplib's code for no answer of the protocol, of which it keeps no beginning."""
    text = _plain(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
    return tr("its answer is none of a mail server's.") if code < 0 else f"{code} {text}".strip()


def _plain(text: str) -> str:
    return "".join(filter(str.isprintable, " ".join(text.split())))[:300]


def password(user: str) -> str:
    """The password of the mail account. Raises MailRefused where none is found, or where others could read it."""
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE]
    named = os.environ.get(FILE_VARIABLE)
    place = Path(named) if named else settings.default_place().with_name("mail-password")
    if place.exists():
        if os.name == "posix" and stat.S_IMODE(place.stat().st_mode) & 0o077:
            raise MailRefused(tr("Others can read {file}, so it isn't used. Protect it: chmod 600 {file}", file=place))
        return place.read_text("utf-8").rstrip("\r\n")
    found = _from_keyring(user)
    if found is None:
        raise MailRefused(tr("There is no password for {user}. Write it to {file} (chmod 600).", user=user, file=place))
    return found


def _from_keyring(user: str) -> str | None:
    try:
        found = import_module("keyring").get_password(KEYRING, user)
    except Exception:  # it isn't installed, or locked, or absent: each fails in a way of its own
        return None
    return found if isinstance(found, str) else None
