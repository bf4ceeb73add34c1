"""The programs of the front door's rows: our gateway and the services behind it, the gateways that
it is measured against, and what stands behind either."""

import base64
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import servers
from servers import HERE, LOAD, REST, SERVER, TARGET, Postgres, Redis, Server, fail, free_port, java

ROOT = HERE.parent
URL = "http://127.0.0.1:8080"  # the platform's public name: of the issuer, nothing listens there
TENANT = "bench"
USERS = 100
PATH = "/bench/answer"
ANSWER = json.dumps({"text": "x" * 288})  # 300 bytes

# of both gateways, and of the services
JVM = ["-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError",
       "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
ONE_CORE = ["-XX:ActiveProcessorCount=1"]
HEAP = "-Xmx512m"
# of our gateway: a pause is as long as what lives in the young generation, and as often as it is copied there,
YOUNG = ["-Xmn32m", "-XX:MaxTenuringThreshold=1"]
# and as what the kernel has to clear where it is copied to; not where memory is measured
TOUCHED = ["-XX:+AlwaysPreTouch"]


def jar(module, name=None):
    found = ROOT / module / "target" / (name or f"{module}-0.1.0-SNAPSHOT.jar")
    if not found.exists():
        fail(f"{found} is missing: see the build command in benchmarks/README.md")
    return found


def need(program, package):
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if not found:
        fail(f"{program} is missing (Debian: apt install {package})")
    return found


def call(method, url, body=None, headers=(), seconds=20, expect=(200, 201, 204)):
    """The answer as JSON, or text; ends the run for a status that is not expected."""
    headers = dict(headers)
    data = None
    if isinstance(body, str):
        data = body.encode()
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    elif body is not None:
        data = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            text = answer.read().decode()
            status = answer.status
    except urllib.error.HTTPError as e:
        text, status = e.read().decode(), e.code
    if status not in expect:
        fail(f"{method} {url}: {status} {text[:500]}")
    return json.loads(text) if text[:1] in "{[" and text else text


def status_of(url, headers=(), seconds=2):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=seconds) as answer:
            return answer.status
    except urllib.error.HTTPError as e:
        return e.code
    except OSError:
        return 0


def disturbed(m):
    """More than the measurement itself was at work on the cores."""
    return m["others0"] > 0.10 or m["others1"] > 0.15 or m["steal"] > 0.03


# ---- keys and tokens ----


def openssl(*arguments, stdin=None):
    done = subprocess.run([need("openssl", "openssl"), *map(str, arguments)], input=stdin, capture_output=True)
    if done.returncode:
        fail(done.stderr.decode())
    return done.stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """An EC key on P-256, or an RSA key, as files and as a JWK."""

    def __init__(self, directory, name, rsa=False):
        self.name = name
        self.pem = directory / f"{name}.pem"
        self.public_pem = directory / f"{name}-public.pem"
        if rsa:
            self.pem.write_bytes(openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"))
        else:
            self.pem.write_bytes(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
        openssl("pkey", "-in", self.pem, "-pubout", "-out", self.public_pem)
        if not rsa:
            point = openssl("ec", "-in", self.pem, "-pubout", "-outform", "DER")[-64:]
            number = openssl("ec", "-in", self.pem, "-outform", "DER")[7:39]
            self.jwk = {"kty": "EC", "crv": "P-256", "x": base64url(point[:32]), "y": base64url(point[32:])}
            self.private_jwk = {**self.jwk, "d": base64url(number)}

    def set(self, private=False):
        jwk = self.private_jwk if private else self.jwk
        return json.dumps({"keys": [{**jwk, "kid": self.name, "alg": "ES256", "use": "sig"}]})


def sign(key, algorithm, count, file, header, payload, core=None):
    """Writes so many tokens; `{i}` in the payload is a token's number, `{u}` its user's."""
    command = [java(), "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
               "-Dloader.main=io.plimsoll.benchmarks.Tokens", "-cp", servers.JAR,
               "org.springframework.boot.loader.launch.PropertiesLauncher", key.pem, algorithm, count, file,
               json.dumps(header, separators=(",", ":")), json.dumps(payload, separators=(",", ":"))]
    pinned = ["taskset", "-c", core] if core else []
    done = subprocess.run([*pinned, *map(str, command)], capture_output=True, text=True)
    if done.returncode:
        fail(done.stderr[-1500:])
    return file


# ---- our services ----


class Service(Server):
    """One of our applications, by environment as it would be anywhere."""

    def __init__(self, module, environment, core, jvm=(), command=None, arguments=(), wait=True):
        super().__init__(module)
        self.name = module
        self.internal_port = free_port()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("SPRING_", "PLIMSOLL_", "SERVER_"))},
            "SERVER_PORT": str(self.port), "MANAGEMENT_SERVER_PORT": str(self.internal_port),
            "PLIMSOLL_URL": URL, **environment,
        }
        self.started = time.time()
        command = command or [java(), *JVM, *jvm, "-jar", jar(module)]
        log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(["taskset", "-c", core, *map(str, command), *arguments],
                                        stdout=log, stderr=log, env=self.environment)
        if wait:
            self.ready()

    def ready(self, seconds=90):
        end = time.time() + seconds
        while status_of(f"{self.internal()}/actuator/health/readiness") != 200:
            if self.process.poll() is not None or time.time() > end:
                said = self.tail()
                self.__exit__()
                fail(f"{self.name} is not ready; it said:\n{said}")
            time.sleep(0.1)
        return self

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def internal(self):
        return f"http://127.0.0.1:{self.internal_port}"

    def metrics(self):
        """Prometheus' lines, as a list of (name with labels, value)."""
        text = call("GET", f"{self.internal()}/actuator/prometheus")
        rows = [row.rsplit(" ", 1) for row in text.splitlines() if row and not row.startswith("#")]
        return [(name, float(value)) for name, value in rows]

    def metric(self, pattern):
        return sum(value for name, value in self.metrics() if re.search(pattern, name))


class Backends:
    """PostgreSQL, Redis, auth-service and ratelimit-service on core 1; one tenant with an API key
    that verifies what `tenant` signs, and limits that the load does not reach."""

    # more than any load here, so that limits are counted and nobody is refused
    POLICIES = {
        "user": {"per": "user", "rate": 100_000, "burst": 200_000},
        "key": {"per": "key", "rate": 1_000_000, "burst": 2_000_000},
        "tenant": {"per": "tenant", "rate": 1_000_000, "burst": 2_000_000},
        "user-streams": {"per": "user", "streams": 100_000},
        "tenant-streams": {"per": "tenant", "streams": 1_000_000},
    }

    def __init__(self, raised=True, ratelimit_core=REST):
        self.stack = contextlib.ExitStack()
        try:
            self.begin(raised, ratelimit_core)
        except BaseException:
            self.stack.close()
            raise

    def begin(self, raised, ratelimit_core):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="secrets-", dir=TARGET))
        self.stack.callback(shutil.rmtree, self.dir, True)
        self.internal_key = Key(self.dir, "internal")
        auth_key = Key(self.dir, "auth")
        self.tenant_key = Key(self.dir, "tenant")
        self.admin = secrets.token_urlsafe(32)
        self.write("internal.jwks.json", self.internal_key.set(private=True))
        self.write("internal-public.jwks.json", self.internal_key.set())
        self.write("auth.jwks.json", auth_key.set(private=True))
        self.write("admin-token", self.admin + "\n")
        self.write("wrapping.jwks.json", json.dumps(
            {"keys": [{"kty": "oct", "kid": "w1", "k": base64url(secrets.token_bytes(32))}]}))
        self.postgres = self.stack.enter_context(Postgres())
        self.redis = self.stack.enter_context(Redis())
        self.postgres.sql("create database auth")
        self.postgres.sql("create database ratelimit")
        self.auth = self.service("auth-service", "auth", REST, [
            ("PLIMSOLL_AUTH_SIGNING_KEYS", "auth.jwks.json"), ("PLIMSOLL_AUTH_ADMIN_TOKENS", "admin-token"),
            ("PLIMSOLL_WRAPPING_KEYS", "wrapping.jwks.json")])
        self.ratelimit = self.service("ratelimit-service", "ratelimit", ratelimit_core, [
            ("PLIMSOLL_RATELIMIT_ADMIN_TOKENS", "admin-token")], ONE_CORE)
        self.auth.ready()
        self.ratelimit.ready()
        self.operator = {"Authorization": f"Bearer {self.admin}"}
        tenants = f"{self.auth.internal()}/admin/v1/tenants/{TENANT}"
        call("PUT", tenants, {"name": "Benchmarks"}, self.operator)
        key = call("POST", f"{tenants}/keys", {
            "name": "bench", "scope": "bench:read events:read auth:admin", "verification": self.tenant_key.jwk,
        }, self.operator)
        self.key_id, self.key_secret = key["keyId"], key["secret"]
        if raised:
            for limit, policy in self.POLICIES.items():
                call("PUT", f"{self.ratelimit.internal()}/admin/v1/policies/{TENANT}-{limit}",
                     {"limit": limit, "tenant": TENANT, **policy}, self.operator)

    def write(self, name, text):
        (self.dir / name).write_text(text)

    def file(self, name):
        return f"file:{self.dir / name}"

    def service(self, module, database, core, files, jvm=()):
        environment = {
            "SPRING_DATASOURCE_URL": f"jdbc:postgresql://127.0.0.1:{self.postgres.port}/{database}",
            "SPRING_DATASOURCE_USERNAME": "postgres",
            "SPRING_DATA_REDIS_HOST": "127.0.0.1", "SPRING_DATA_REDIS_PORT": str(self.redis.port),
            "PLIMSOLL_INTERNAL_JWKS": self.file("internal-public.jwks.json"),
            **{name: self.file(value) for name, value in files},
        }
        return self.stack.enter_context(Service(module, environment, core, [*jvm, "-Xmx256m"], wait=False))

    def helpers(self, *more):
        """The processes on core 1 that belong to the measurement, as the load client wants them."""
        all_of = [self.postgres, self.redis, self.auth, self.ratelimit, *more]
        return ",".join(str(pid) for server in all_of if server.process.poll() is None for pid in server.pids())

    def stand_back(self):
        """Lets the load client go before them on core 1, where each may otherwise hold it up for some ms."""
        for server in self.postgres, self.redis, self.auth, self.ratelimit:
            for pid in server.pids():
                for thread in os.listdir(f"/proc/{pid}/task"):
                    with contextlib.suppress(ProcessLookupError):
                        os.setpriority(os.PRIO_PROCESS, int(thread), 10)

    def tokens(self, name, count=USERS):
        """Tokens that the tenant's backend signs, of 100 users, good for 12 hours."""
        now = int(time.time())
        return sign(self.tenant_key, "ES256", count, self.dir / name,
                    {"alg": "ES256", "typ": "JWT", "kid": self.key_id},
                    {"iss": self.key_id, "aud": "plimsoll", "sub": "user-{u}", "iat": now - 30, "exp": now + 43_200,
                     "jti": "6f9619ff-8b86-4011-b42d-{i}", "scope": "bench:read events:read"})

    def internal_tokens(self, name, count, **claims):
        """As the gateway signs them: at most 5 min from their end."""
        now = int(time.time())
        return sign(self.internal_key, "ES256", count, self.dir / name,
                    {"alg": "ES256", "typ": "plimsoll-internal+jwt", "kid": "internal"},
                    {"iss": "plimsoll-gateway", "iat": now, "exp": now + 290, "jti": "6f9619ff-8b86-4011-{i}", **claims})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


def gateway_environment(backends):
    file = backends.file
    return {
        "PLIMSOLL_GATEWAY_INTERNAL_KEYS": file("internal.jwks.json"),
        "PLIMSOLL_WRAPPING_KEYS": file("wrapping.jwks.json"),
        "PLIMSOLL_AUTH_INTERNAL": backends.auth.internal(),
        "PLIMSOLL_UPSTREAM_AUTH": backends.auth.url(),
        "PLIMSOLL_RATELIMIT_INTERNAL": backends.ratelimit.internal(),
        "SPRING_DATA_REDIS_HOST": "127.0.0.1", "SPRING_DATA_REDIS_PORT": str(backends.redis.port),
        # all clients have one address, and new tokens are the load of two rows
        "PLIMSOLL_GATEWAY_CONNECTIONSPERADDRESS": "30000",
        "PLIMSOLL_GATEWAY_TOKENS_FIRST_ADDRESSRATE": "1000000",
        "PLIMSOLL_GATEWAY_TOKENS_FIRST_ADDRESSBURST": "1000000",
        "PLIMSOLL_GATEWAY_TOKENS_FIRST_KEYRATE": "1000000",
        # no peer writes an access log either
        "LOGGING_LEVEL_ACCESS": "off",
    }


class Gateway(Service):
    """Ours, on core 0, with the services `bench` (requests) and `events` (streams)."""

    name = "plimsoll"

    def __init__(self, backends, upstream=None, source=None, environment=None, touched=TOUCHED, **options):
        services = {"bench": upstream, "events": source}
        arguments = [argument for name, behind in services.items() if behind
                     for argument in (f"--plimsoll.gateway.services.{name}.path=/{name}",
                                      f"--plimsoll.gateway.services.{name}.upstreams={behind.url()}")]
        self.backends, self.tokens = backends, None
        super().__init__("platform-gateway", {**gateway_environment(backends), **(environment or {})}, SERVER,
                         [*ONE_CORE, HEAP, *YOUNG, *touched], arguments=arguments, **options)
        self.name = "plimsoll"

    # as servers.Streams wants it
    topics = 1

    def follow_path(self):
        return "/events/{t}"

    def format(self):
        return ["-k", self.tokens, "-H", "Authorization: Bearer {k}", "-q", self.helpers]


# ---- what stands behind ----


class Nginx(Server):
    """Answers 300 bytes of JSON, or (with an upstream) proxies to what does."""

    name = "nginx"

    def __init__(self, core=REST, upstream=None, jwks="{}", log=None):
        super().__init__("nginx")
        binary = need("nginx", "nginx")
        answer = f"default_type application/json; return 200 '{ANSWER}';"
        proxy = 'proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";'
        behind = f"upstream behind {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}" if upstream else ""
        (self.dir / "jwks").write_text(jwks)
        (self.dir / "nginx.conf").write_text(
            ("user root;" if os.geteuid() == 0 else "") + f"""
            daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {self.dir}/pid; error_log {self.dir}/error.log warn;
            events {{ worker_connections 10000; }}
            http {{
              log_format path '$msec $request_method $uri $status';
              access_log {f"{log} path" if log else "off"};
              client_body_temp_path {self.dir}/body; proxy_temp_path {self.dir}/proxy; fastcgi_temp_path {self.dir}/f;
              uwsgi_temp_path {self.dir}/u; scgi_temp_path {self.dir}/s; client_max_body_size 10m;
              client_body_buffer_size 1m;
              keepalive_requests 100000000; keepalive_timeout 600s; large_client_header_buffers 4 16k;
              {behind}
              server {{
                listen 127.0.0.1:{self.port} backlog=4096;
                location = /jwks {{ default_type application/json; alias {self.dir}/jwks; }}
                location / {{ {proxy if upstream else answer} }}
              }}
            }}""")
        self.start(core, [binary, "-p", self.dir, "-c", self.dir / "nginx.conf"])

    def url(self):
        return f"http://127.0.0.1:{self.port}"


class Source(Server):
    """The load client's own server of event streams, on core 1."""

    def __init__(self, topics):
        super().__init__("source")
        self.start(REST, [LOAD, "source", "-t", topics, f"127.0.0.1:{self.port}/"], stdin=subprocess.PIPE)

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def rate(self, events):
        self.process.stdin.write(f"r {events}\n".encode())
        self.process.stdin.flush()

    @contextlib.contextmanager
    def driven(self, events):
        self.rate(events)
        try:
            yield
        finally:
            self.rate(0)


# ---- the gateways that ours is measured against ----


class Spring(Server):
    """Spring Cloud Gateway, with a resource server and RedisRateLimiter, or `plain`."""

    name = "spring"

    def __init__(self, backends, upstream, plain=False):
        super().__init__("spring")
        environment = {**{k: v for k, v in os.environ.items() if not k.startswith(("SPRING_", "SERVER_"))},
                       "SERVER_PORT": str(self.port), "UPSTREAM": upstream.url(), "JWKS": f"{upstream.url()}/jwks",
                       "SPRING_DATA_REDIS_HOST": "127.0.0.1", "SPRING_DATA_REDIS_PORT": str(backends.redis.port)}
        profile = ["--spring.profiles.active=plain"] if plain else []
        self.started = time.time()
        log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER, java(), *JVM, *ONE_CORE, HEAP, "-jar", str(jar("benchmarks/peer-gateway", "peer-gateway.jar")),
             *profile], stdout=log, stderr=log, env=environment)

    def url(self):
        return f"http://127.0.0.1:{self.port}"


class HAProxy(Server):
    """Debian's HAProxy: the signature and `exp` of each request's token, and a limit per user."""

    def __init__(self, backends, upstream, algorithm, key):
        super().__init__("haproxy")
        self.name = f"haproxy-{algorithm.lower()}"
        binary = need("haproxy", "haproxy")
        (self.dir / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 1s
  timeout http-keep-alive 60s
  option http-keep-alive
frontend door
  bind 127.0.0.1:{self.port}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request deny deny_status 401 unless {{ var(txn.bearer) -m found }}
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless {{ var(txn.alg) -m str {algorithm} }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,"{key.public_pem}") 1 }}
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int le 0 }}
  http-request set-var(txn.sub) var(txn.bearer),jwt_payload_query('$.sub')
  http-request track-sc0 var(txn.sub) table users
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 1000000 }}
  http-request del-header Authorization
  default_backend behind
backend users
  stick-table type string len 128 size 100k expire 60s store http_req_rate(1s)
backend behind
  http-reuse always
  server nginx 127.0.0.1:{upstream.port}
""")
        self.start(SERVER, [binary, "-f", self.dir / "haproxy.cfg", "-db"])

    def url(self):
        return f"http://127.0.0.1:{self.port}"


# ---- load ----


def answers(server, tokens, seconds=90):
    """Waits until the server answers 200 to a token's request."""
    token = open(tokens).readline().strip()
    end = time.time() + seconds
    status = None
    while time.time() < end and server.process.poll() is None:
        status = status_of(f"{server.url()}{PATH}", {"Authorization": f"Bearer {token}"})
        if status == 200:
            return time.time()
        time.sleep(0.02)
    said = server.tail()
    fail(f"{server.name} answers {status} in place of 200; it said:\n{said}")


class Gets:
    """GETs by the load client; without a rate as many as 64 connections carry."""

    def __init__(self, server, tokens, helpers, rate=None, warmup=0, seconds=4, windows=3, connections=64, path=PATH):
        command = [LOAD, "get", "-c", connections, "-k", tokens, "-p", ",".join(map(str, server.pids())), "-q", helpers,
                   "-W", warmup, "-s", seconds, "-w", windows, *(["-R", rate] if rate else []),
                   f"127.0.0.1:{server.port}{path}"]
        self.process = subprocess.Popen(["taskset", "-c", REST, *map(str, command)], stdout=subprocess.PIPE, text=True)

    def windows(self):
        for row in self.process.stdout:
            yield json.loads(row)
        if self.process.wait():
            fail(f"the load client ended with {self.process.returncode}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def start_up_cache(name, source, flags, environment, rehearse, arguments=()):
    """The extracted application and its start-up cache (JEP 483, 514, 515), made as platform-local
    makes it: one start and one end while the JVM records; `rehearse` is done in between."""
    directory = TARGET / "aot" / name
    application = directory / source.name
    if not application.exists() or application.stat().st_ctime < source.stat().st_ctime:
        shutil.rmtree(directory, ignore_errors=True)
        subprocess.run([java(), "-Djarmode=tools", "-jar", source, "extract", "--destination", directory, "--force"],
                       check=True, stdout=subprocess.DEVNULL)
    cache = directory / "start-up.aot"
    cache.unlink(missing_ok=True)
    command = [java(), *flags, f"-XX:AOTCacheOutput={cache}", "-jar", application]
    with Service("platform-gateway", environment, SERVER, command=command, arguments=arguments) as rehearsed:
        rehearse(rehearsed)
        rehearsed.process.send_signal(signal.SIGTERM)
        try:
            rehearsed.process.wait(180)
        except subprocess.TimeoutExpired:
            fail("the JVM takes more than 3 min to write its start-up cache")
        if not cache.exists():
            fail(f"no start-up cache was written:\n{rehearsed.tail()}")
    return [java(), *flags, f"-XX:AOTCache={cache}", "-jar", application]
