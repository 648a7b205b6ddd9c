"""What the throwaway servers of the tests share: a place, a port, an account, a life cycle.

Both servers refuse to run as root, so root gets each of them an account of its own.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Unavailable(Exception):
    """The server cannot be had on this machine; the message says what is missing."""


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_root() -> bool:
    return os.geteuid() == 0


def base_folder() -> Path:
    """Return the folder that programs and data lie in, readable by a server's account.

    Another account cannot enter the home folder of root, hence ``/var/lib``.
    """
    if chosen := os.environ.get("TONGHU_SERVERS"):
        return Path(chosen).resolve()
    if is_root():
        return Path("/var/lib/tonghu-servers")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tonghu-servers"


def ensure_account(name: str) -> str:
    """Make sure that the system account ``name`` exists; root only."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
            check=True,
        )
    return name


class LocalServer(ABC):
    """One server process of this checkout, told apart by ``name``.

    Args:
        name: Servers of different names live side by side.
        fresh: Throw away what an earlier server of that name left.
    """

    kind: str
    account: str
    seconds_to_start = 180

    def __init__(self, name: str = "dev", *, fresh: bool = False) -> None:
        checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
        self.name = name
        self.fresh = fresh
        self.folder = base_folder() / f"{self.kind}-{name}-{checkout}"
        self.state_file = self.folder / "state.json"

    @abstractmethod
    def prepare(self) -> None:
        """Fetch the program and write its settings; raise ``Unavailable`` if that fails."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the foreground command."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether it answers."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Return the variables that tell the tests where it is."""

    def process_environment(self) -> dict[str, str]:
        return dict(os.environ)

    def after_start(self) -> None:  # noqa: B027  (most servers have nothing left to do)
        """Do what is left once it answers."""

    @property
    def log_file(self) -> Path:
        return self.folder / "server.log"

    def state(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.state_file.read_text()))
        except (OSError, ValueError):
            return {}

    def run_as(self) -> dict[str, Any]:
        """Return the ``subprocess`` arguments that drop root."""
        if not is_root():
            return {}
        entry = pwd.getpwnam(ensure_account(self.account))
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def hand_over(self, *paths: Path) -> None:
        """Give what root wrote to the server's account."""
        if not is_root():
            return
        entry = pwd.getpwnam(ensure_account(self.account))
        for path in paths:
            os.chown(path, entry.pw_uid, entry.pw_gid)
            for inner in path.rglob("*"):
                os.chown(inner, entry.pw_uid, entry.pw_gid)

    def is_running(self) -> bool:
        """Tell whether the process we started lives, not another that got its number."""
        pid = self.state().get("pid")
        if not pid:
            return False
        try:
            started = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
        return f"TONGHU_LOCAL_SERVER={self.folder}\0".encode() in started

    def start(self) -> None:
        """Start it and return once it answers.

        Raises:
            Unavailable: It cannot be had, or it did not come up in time.
        """
        if self.is_running() and self.is_ready():
            return
        self.stop()
        if self.fresh:
            self.forget()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prepare()
        with self.log_file.open("wb") as log:
            process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                env=self.process_environment() | {"TONGHU_LOCAL_SERVER": str(self.folder)},
                **self.run_as(),
            )
        self.remember(pid=process.pid)
        deadline = time.monotonic() + self.seconds_to_start
        while not self.is_ready():
            if process.poll() is not None:
                raise Unavailable(f"{self.kind} stopped while starting:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise Unavailable(
                    f"{self.kind} was not ready after {self.seconds_to_start} s:\n{self.log_tail()}"
                )
            time.sleep(0.3)
        # The server outlives this object on purpose; `stop` finds it by its number.
        process.returncode = 0
        self.after_start()

    def remember(self, **values: Any) -> None:
        self.state_file.write_text(json.dumps(self.state() | values))

    def log_tail(self) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-25:])

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it; ``at_once`` is how a test makes a node die without a word."""
        if not self.is_running():
            return
        pid = int(self.state()["pid"])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL if at_once else signal.SIGTERM)
        for _ in range(150):
            # A child of ours stays a zombie until it is waited for; one of an earlier
            # command is not ours to wait for.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not self.is_running():
                return
            time.sleep(0.2)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def forget(self) -> None:
        """Throw its data away."""
        shutil.rmtree(self.folder, ignore_errors=True)


def main(server_class: type[LocalServer], arguments: Sequence[str] | None = None) -> int:
    """Run the command line that both tools have."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--name", default="dev", help="tells servers apart (default: dev)")
    parser.add_argument("--fresh", action="store_true", help="begin with empty data")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("run", help="start and wait for Ctrl-C")
    actions.add_parser("start", help="start in the background, print its variables")
    actions.add_parser("stop", help="stop the one in the background")
    actions.add_parser("status", help="print its variables, or fail")
    around = actions.add_parser("with", help="start, run a command with its variables, stop")
    around.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)

    server = server_class(options.name, fresh=options.fresh)
    if options.action == "stop":
        server.stop()
        return 0
    if options.action == "status":
        if not (server.is_running() and server.is_ready()):
            print(f"{server.kind} ({server.name}) is not running", file=sys.stderr)
            return 1
        announce(server)
        return 0
    try:
        server.start()
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 69  # EX_UNAVAILABLE: callers tell "cannot be had" from "failed"
    if options.action == "start":
        announce(server)
        return 0
    # From here on the server must not outlive this command, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.action == "with":
            command = [word for word in options.command if word != "--"]
            return subprocess.run(command, env=os.environ | server.environment()).returncode
        announce(server)
        print(f"log: {server.log_file}\nCtrl-C stops it.", flush=True)
        while server.is_running():
            time.sleep(1)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        server.stop()


def announce(server: LocalServer) -> None:
    for name, value in server.environment().items():
        print(f"{name}={value}", flush=True)
