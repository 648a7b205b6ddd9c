"""Start a throwaway PostgreSQL server for tests, on a free loopback port.

The account it prints owns its databases and is no superuser, so row-level security bites it as
it bites the product.  The tests migrate with it and then act as ``tonghu_app``, which owns
nothing at all.
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from local_server import LocalServer, Unavailable, free_port, main

OLDEST = 15


def binaries() -> Path:
    """Return the folder of ``initdb`` and ``postgres``: PATH first, then Debian's newest.

    Raises:
        Unavailable: There is none, or only an old one.
    """
    candidates = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve().parent)
    for folder in reversed(candidates):
        if not (folder / "initdb").exists():
            continue
        told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
        found = re.search(r"\) (\d+)", told.stdout)
        if found and int(found.group(1)) >= OLDEST:
            return folder
    raise Unavailable(
        f"PostgreSQL {OLDEST} or newer is not installed. On Debian: apt-get install postgresql"
    )


class PostgresServer(LocalServer):
    """One server whose data nobody will miss: it never waits for the disk."""

    kind = "postgres"
    account = "tonghu-postgres"
    seconds_to_start = 60

    def prepare(self) -> None:
        self.binaries = binaries()
        data = self.folder / "data"
        self.port = self.state().get("port") or free_port()
        password = self.state().get("password") or secrets.token_urlsafe(16)
        self.remember(port=self.port, password=password)
        self.hand_over(self.folder)
        if (data / "PG_VERSION").exists():
            return
        password_file = self.folder / "password"
        password_file.touch(0o600)
        password_file.write_text(password)
        self.hand_over(self.folder)
        subprocess.run(
            [
                self.binaries / "initdb",
                f"--pgdata={data}",
                "--username=postgres",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **self.run_as(),
        )
        password_file.unlink()

    def command(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "max_connections": "60",
        }
        return [
            str(self.binaries / "postgres"),
            f"-D{self.folder / 'data'}",
            *(f"-c{name}={value}" for name, value in settings.items()),
        ]

    def process_environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8"}

    def query(self, statement: str, database: str = "postgres") -> bool:
        """Run one statement as the server's own superuser; tell whether it went through."""
        psql = shutil.which("psql") or str(self.binaries / "psql")
        state = self.state()
        done = subprocess.run(
            [
                psql,
                "-h127.0.0.1",
                f"-p{state['port']}",
                "-Upostgres",
                "-qtAc",
                statement,
                database,
            ],
            env=self.process_environment() | {"PGPASSWORD": state["password"]},
            capture_output=True,
        )
        return done.returncode == 0

    def is_ready(self) -> bool:
        self.binaries = binaries()
        return self.query("select 1")

    def after_start(self) -> None:
        # These fail, and may, where an earlier start left them.
        self.query(f"create role tonghu login createdb password '{self.state()['password']}'")
        self.query("create role tonghu_app nologin")
        self.query("grant tonghu_app to tonghu")
        # See docs/operations.md: else no search could use its index behind the walls.
        for database in ("template1", "tonghu"):
            self.query("alter function ts_match_vq(tsvector, tsquery) leakproof", database)
        self.query("create database tonghu owner tonghu")

    def environment(self) -> dict[str, str]:
        state = self.state()
        password, port = state["password"], state["port"]
        return {
            "TEST_POSTGRES_URL": f"postgresql://tonghu:{password}@127.0.0.1:{port}/tonghu",
            "TEST_POSTGRES_ROLE": "tonghu_app",
        }


if __name__ == "__main__":
    sys.exit(main(PostgresServer))
