"""A store of the test's own, and a scanner that can be told what to say."""

import contextlib
import socket
import struct
import threading

import pytest

from core.attachments import gate
from core.attachments.inspection import images, office, pdf
from core.attachments.inspection.limits import Refused
from core.attachments.reasons import UploadRefused
from tests.ledgers.conftest import case, clerk, signed_in, stranger

__all__ = ["case", "clerk", "signed_in", "stranger"]  # fixtures of the ledgers' tests

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    settings.ATTACHMENTS_ROOT = tmp_path / "attachments"
    return settings.ATTACHMENTS_ROOT


@pytest.fixture
def here(monkeypatch):
    """Look into files in this process: the same code, without starting a child each."""

    def inspect(kind, content):
        try:
            if kind == "image":
                return images.clean(content)
            if kind == "pdf":
                return pdf.check(content), content
            return office.check(content, kind), content
        except Refused as refused:
            raise UploadRefused(refused.code, **refused.params) from None

    monkeypatch.setattr(gate, "_ask_child", inspect)


class FakeClamd:
    """Speaks INSTREAM on a unix socket.  It finds EICAR; ``mode`` injects faults.

    It stands in for the real scanner only to make it fail on demand.
    """

    def __init__(self, path):
        self.mode, self.seen = "works", []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(4)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError):
                self.answer(line)

    def answer(self, line):
        if self.mode == "hangs up":
            return
        stream = line.makefile("rb")
        command = stream.read(len(b"zINSTREAM\0"))
        content = b""
        while length := struct.unpack("!L", stream.read(4))[0]:
            content += stream.read(length)
        self.seen.append((command, len(content)))
        if self.mode == "silent":
            stream.read(1)  # until the other side gives up
        elif self.mode == "error":
            line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        elif self.mode == "half":
            line.sendall(b"stream: O")
        elif EICAR in content:
            line.sendall(b"stream: Eicar-Signature FOUND\0")
        else:
            line.sendall(b"stream: OK\0")

    def stop(self):
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def clamd(settings, tmp_path):
    settings.CLAMAV_SOCKET = str(tmp_path / "clamd.sock")
    server = FakeClamd(settings.CLAMAV_SOCKET)
    yield server
    server.stop()
