"""Servers that misbehave, and a real node that asks for a password."""

import base64
import http.client
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from elasticsearch_node import ElasticsearchNode
from local_server import free_port

USER, PASSWORD = "tonghu", "an invented pass phrase"
ROLE = """
tonghu:
  cluster: [monitor]
  indices:
    - names: ["tonghu_*"]
      privileges: [all]
"""


class SecuredNode(ElasticsearchNode):
    """A node with one user who may do anything to ``tonghu_*`` and nothing else."""

    def prepare(self) -> None:
        super().prepare()
        settings = self.config / "elasticsearch.yml"
        text = settings.read_text().replace(
            "xpack.security.enabled: false",
            "xpack.security.enabled: true\n"
            "xpack.security.enrollment.enabled: false\n"
            "xpack.security.http.ssl.enabled: false\n"
            "xpack.security.transport.ssl.enabled: false\n"
            "xpack.security.authc.realms.file.file1.order: 0",
        )
        settings.write_text(text)
        (self.config / "roles.yml").write_text(ROLE)
        users = self.config / "users"
        program = self.program / "bin" / "elasticsearch-users"
        if not users.read_text():
            subprocess.run(
                [program, "useradd", USER, "-p", PASSWORD, "-r", "tonghu"],
                env=self.process_environment(),
                check=True,
                capture_output=True,
            )
        self.hand_over(self.folder)

    def is_ready(self) -> bool:
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.state()["port"], timeout=5)
        try:
            headers = {"Authorization": f"Basic {token}"}
            connection.request("GET", "/_cluster/health", headers=headers)
            answer = connection.getresponse()
            return answer.status == 200 and json.load(answer)["status"] in {"green", "yellow"}
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.state()['port']}"


@contextmanager
def silent() -> Iterator[str]:
    """A server that accepts connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=50)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def refusing() -> Iterator[str]:
    """An address where nobody listens."""
    yield f"http://127.0.0.1:{free_port()}"


@contextmanager
def saying(
    status: int, body: bytes, *, product: bool = True, after_seconds: float = 0
) -> Iterator[str]:
    """A server that gives one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(after_seconds)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if product:
                self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Length", str(len(body)))
            with suppress(BrokenPipeError):  # whoever asked did not wait
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
