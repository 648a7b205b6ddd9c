"""Start a real Elasticsearch node for development and tests.

The server is Elastic's own, published as a Maven artefact: no container is needed.
It holds the server core and its security, and none of the analysis modules; Tonghu makes
its tokens itself and needs none of them.
"""

import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from local_server import LocalServer, Unavailable, base_folder, free_port, main

VERSION = "9.5.0"
ARTEFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
SHA512 = (
    "c06bd4ef7691da91052cada7bb255b2d7c48a1422820a8db0e3e3a1ed0dde4e8"
    "d380cdbadeb7029cc56167b9ad3a6d89f6b8edbc48d4b8685d1ab24a7ab17dd5"
)
OLDEST_JAVA = 21
HEAP = os.environ.get("ELASTICSEARCH_HEAP", "512m")


def java_version(home: Path) -> int:
    """Return the feature version of the Java in ``home``, 0 where there is none."""
    try:
        release = (home / "release").read_text()
    except OSError:
        return 0
    found = re.search(r'^JAVA_VERSION="(\d+)', release, re.MULTILINE)
    return int(found.group(1)) if found and (home / "bin" / "java").exists() else 0


def java_home() -> Path:
    """Return the newest Java that runs the server.

    ``ES_JAVA_HOME`` wins, then ``JAVA_HOME``, then what lies in ``/usr/lib/jvm``, then PATH.

    Raises:
        Unavailable: None is new enough.
    """
    for name in ("ES_JAVA_HOME", "JAVA_HOME"):
        if value := os.environ.get(name):
            if java_version(Path(value)) >= OLDEST_JAVA:
                return Path(value)
            if name == "ES_JAVA_HOME":
                raise Unavailable(f"ES_JAVA_HOME holds no Java {OLDEST_JAVA} or newer: {value}")
    candidates = list(Path("/usr/lib/jvm").glob("*"))
    if on_path := shutil.which("java"):
        candidates.append(Path(on_path).resolve().parents[1])
    best = max(candidates, key=java_version, default=Path("/nowhere"))
    if java_version(best) < OLDEST_JAVA:
        raise Unavailable(
            f"Elasticsearch {VERSION} needs Java {OLDEST_JAVA} or newer; none was found. "
            "Install one and set ES_JAVA_HOME to its folder."
        )
    return best


def sha512_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest()


def archive() -> Path:
    """Return the checked archive, fetched by Maven the first time.

    Raises:
        Unavailable: Maven is missing or refused, or the sum is not the pinned one.
    """
    path = (
        Path.home() / ".m2/repository/org/elasticsearch/distribution/integ-test-zip/elasticsearch"
    ) / f"{VERSION}/elasticsearch-{VERSION}.zip"
    if not path.exists():
        if shutil.which("mvn") is None:
            raise Unavailable(
                "Maven is needed once, to fetch the Elasticsearch server. "
                "On Debian: apt-get install maven"
            )
        print(f"Fetching Elasticsearch {VERSION} (130 MB, once) …", file=sys.stderr)
        fetched = subprocess.run(
            ["mvn", "-B", "-q", "dependency:get", f"-Dartifact={ARTEFACT}", "-Dtransitive=false"],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
        if fetched.returncode or not path.exists():
            raise Unavailable(f"Maven could not fetch {ARTEFACT}.")
    if sha512_of(path) != SHA512:
        raise Unavailable(f"{path} is not the archive that was pinned. Delete it and try again.")
    return path


def program() -> Path:
    """Return the unpacked server; the checked sum is kept beside it as the mark of completeness."""
    home = base_folder() / f"elasticsearch-{VERSION}"
    mark = home / "unpacked.sha512"
    if mark.exists() and mark.read_text() == SHA512:
        return home
    packed = archive()
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(packed) as contents:
        contents.extractall(home.parent)
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    mark.write_text(SHA512)
    return home


class ElasticsearchNode(LocalServer):
    """One node on loopback, without TLS and passwords: for development and tests only."""

    kind = "elasticsearch"
    account = "tonghu-search"

    def prepare(self) -> None:
        self.java = java_home()
        self.program = program()
        self.port = self.state().get("port") or free_port()
        self.config = self.folder / "config"
        data, logs, temporary = (self.folder / name for name in ("data", "logs", "tmp"))
        for folder in (self.config / "jvm.options.d", data, logs, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        for name in ("jvm.options", "log4j2.properties"):
            shutil.copy(self.program / "config" / name, self.config / name)
        for name in ("roles.yml", "role_mapping.yml", "users", "users_roles"):
            (self.config / name).touch()
        options = [f"-Xms{HEAP}", f"-Xmx{HEAP}"]
        if self.name != "dev":
            # A node of tests is gone before the work of the second compiler pays.
            options.append("-XX:TieredStopAtLevel=1")
        (self.config / "jvm.options.d" / "tonghu.options").write_text("\n".join([*options, ""]))
        (self.config / "elasticsearch.yml").write_text(
            "\n".join(
                [
                    f"cluster.name: tonghu-{self.name}",
                    f"node.name: {self.name}",
                    "discovery.type: single-node",
                    "network.host: 127.0.0.1",
                    f"http.port: {self.port}",
                    f"transport.port: {free_port()}",
                    f"path.data: {data}",
                    f"path.logs: {logs}",
                    "xpack.security.enabled: false",
                    # A nearly full disk must not make the tests' indexes read-only.
                    "cluster.routing.allocation.disk.threshold_enabled: false",
                    "",
                ]
            )
        )
        self.remember(port=self.port)
        self.hand_over(self.folder)

    def command(self) -> list[str]:
        return [str(self.program / "bin" / "elasticsearch")]

    def process_environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "ES_JAVA_HOME": str(self.java),
            "ES_PATH_CONF": str(self.config),
            "ES_TMPDIR": str(self.folder / "tmp"),
        }

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.state()["port"], timeout=5)
        try:
            connection.request("GET", "/_cluster/health")
            answer = connection.getresponse()
            return answer.status == 200 and json.load(answer)["status"] in {"green", "yellow"}
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()

    def environment(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.state()['port']}"
        return {"TEST_ELASTICSEARCH_URL": url}


if __name__ == "__main__":
    sys.exit(main(ElasticsearchNode))
