"""Prepare the demonstration and serve it on loopback: portal, staff admin and job worker.

    python tools/serve.py            prepare what is missing, then serve until Ctrl-C
    python tools/serve.py --prepare  only prepare

``TONGHU_VAR`` says where the database, keys and files lie; ``PORT`` asks for a port.
"""

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_START = 120


def set_up() -> None:
    """Make Django ready in this process: one start instead of one for each command."""
    if str(ROOT) not in sys.path:
        sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    import django

    django.setup()
    # Each of a thousand invented rows would be a line of the log.
    logging.disable(logging.INFO)


def prepare() -> None:
    """Bring the database up to date; load the demonstration into an empty one."""
    set_up()
    from django.core.management import call_command

    from caseadmin.children.models import ChildFile

    print("Bringing the tables up to date …", flush=True)
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not ChildFile._base_manager.exists():
        with open(os.devnull, "w") as nowhere:
            print("Loading an invented district …", flush=True)
            call_command("load_reference", stdout=nowhere)
            call_command("load_demo", stdout=nowhere)
            print("Building the search index …", flush=True)
            call_command("search_rebuild", stdout=nowhere)


def accounts() -> str:
    """Return the accounts of the demonstration, what each may do and where."""
    set_up()
    from caseadmin.desk.demo.accounts import PASSWORD
    from core.accounts.models import Post

    posts = Post.objects.held().select_related("user", "role", "territory")
    lines = [
        f"    {post.user.username:<20} {post.territory.name}  {post.role.label_zh}"
        for post in posts.order_by("role__administrator", "territory__code", "user__username")
        if post.user.has_usable_password()
    ]
    return "\n".join([f"  accounts (password {PASSWORD}; {factor_note()})", *lines])


def factor_note() -> str:
    """Say whether a second factor is asked for, and how to have it the other way."""
    from django.conf import settings

    if settings.SECOND_FACTOR_REQUIRED:
        return "most roles set up a second factor first"
    return "no second factor asked; SECOND_FACTOR_REQUIRED=1 make run shows it"


def port_to_use(wanted: int) -> int:
    """Return ``wanted``, or the next port on which nobody listens."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    sys.exit(f"No free port from {wanted} on. Choose one: make run PORT=9000")


def log_of(name: str) -> Path:
    folder = Path(os.environ.get("TONGHU_VAR") or ROOT / "var")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def start(port: int) -> dict[str, subprocess.Popen[bytes]]:
    """Start the web server, the job worker and what feeds the search cluster."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.dev"),
        "BASE_URL": f"http://127.0.0.1:{port}",
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    commands = {
        "server": [
            *(sys.executable, "-m", "gunicorn", "config.wsgi"),
            *("--config", f"{ROOT}/site/config/gunicorn.py"),
            *("--pythonpath", f"{ROOT},{ROOT}/site", "--bind", f"127.0.0.1:{port}"),
            *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
            *("--log-level", "warning", "--no-control-socket"),
        ],
        "worker": [*manage, "db_worker", "--queue-name", "*"],
    }
    if os.environ.get("SEARCH_ENGINE") == "elasticsearch":
        # Tries again after the cluster was away, also when nothing else happens.
        commands["search-feed"] = [*manage, "search_sync", "--watch"]
    processes = {}
    for name, command in commands.items():
        with log_of(name).open("ab") as log:
            processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
    return processes


def stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    # A second Ctrl-C must not leave one of them behind.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def give_up(name: str, reason: str) -> NoReturn:
    lines = log_of(name).read_text(errors="replace").splitlines()[-20:]
    sys.exit("\n".join([*lines, f"{reason} Its log: {log_of(name)}"]))


def wait_until_it_answers(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if server.poll() is not None:
            give_up("server", "The web server stopped while starting.")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            give_up("server", f"The home page answers {error.code}.")
        except OSError:
            time.sleep(0.2)
    give_up("server", f"The web server did not answer within {SECONDS_TO_START} seconds.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--prepare", action="store_true", help="prepare and stop")
    parser.add_argument("--no-prepare", action="store_true", help="serve what is there")
    parser.add_argument("--quiet", action="store_true", help="do not print the accounts")
    options = parser.parse_args()

    if not options.no_prepare:
        prepare()
    if options.prepare:
        return
    port = port_to_use(int(os.environ.get("PORT") or 8000))
    # From here on no process may outlive this command, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    processes = start(port)
    try:
        wait_until_it_answers(port, processes["server"])
        print(f"\n童护 Tonghu\n  portal   http://127.0.0.1:{port}/")
        print(f"  staff    http://127.0.0.1:{port}/admin/")
        if not options.quiet:
            print(accounts())
        print("Ctrl-C stops it.", flush=True)
        while True:
            for name, process in processes.items():
                if process.poll() is not None:
                    give_up(name, f"{name} stopped.")
            time.sleep(0.5)
    except KeyboardInterrupt:
        print()
    finally:
        stop(processes)


if __name__ == "__main__":
    main()
