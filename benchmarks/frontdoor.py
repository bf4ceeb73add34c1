"""The rows of the front door: gateway and services on core 0, load and all the rest on core 1."""

import base64
import http.client
import json
import pathlib
import statistics
import subprocess
import time

import door
import servers
from door import (
    HEAP, JVM, ONE_CORE, TOUCHED, USERS, YOUNG, Backends, Gateway, Gets, HAProxy, Key, Nginx, Service, Source, Spring, answers, call, disturbed,
)
from servers import LOAD, REST, SERVER, TARGET, Streams, fail


def say(text):
    print(text, flush=True)


def median(values):
    return statistics.median(values)


def calm(windows):
    """Those that nothing disturbed, if there is one."""
    return [m for m in windows if not disturbed(m)] or windows


def show(label, m, also=""):
    errors = {k: m[k] for k in ("bad_status", "reconnects") if m[k]}
    if m["behind"] > 0.01 * m["rate"]:
        errors["not sent in time"] = m["behind"]
    say(f"  {label}: {m['rate']:,.0f}/s, {m['us_each']:.1f} us of CPU each, core 0 {m['server_cpu']:.0%}, client {m['client_cpu']:.0%},"
        f" p50 {m['p50']:.2f} p99 {m['p99']:.2f} ms{also}"
        f"  [others on core 0 {m['others0']:.0%}, core 1 {m['others1']:.0%}, stolen {m['steal']:.1%}]"
        + (" DISTURBED" if disturbed(m) else "") + (f" {errors}" if errors else ""))


def gets(label, server, tokens, helpers, **how):
    """Windows of one load, printed."""
    windows = []
    with Gets(server, tokens, helpers, **how) as load:
        for m in load.windows():
            show(label, m)
            windows.append(m)
    refused = sum(m["bad_status"] for m in windows)
    if refused > 0.001 * sum(m["done"] for m in windows):
        fail(f"{server.name}: {refused} answers were not 2xx, so this measures something else:\n{server.tail()}")
    return windows


def summary(windows):
    """Medians over the windows that nothing disturbed."""
    good = calm(windows)
    middle = {k: median(m[k] for m in good) for k in good[0]}
    middle["windows"] = len(windows)
    middle["disturbed"] = sum(disturbed(m) for m in windows)
    return middle


def save(row, results):
    path = TARGET / "results"
    path.mkdir(exist_ok=True)
    (path / f"{row}.json").write_text(json.dumps({"at": time.strftime("%Y-%m-%d %H:%M"), **results}, indent=1))


def warmup(server, options):
    """Spring does a tenth of the requests in a second, and takes longer until all of it is compiled."""
    return {"plimsoll": options.warmup, "spring": options.warmup * 2.5}.get(server.name, min(2, options.warmup))


def wanted(name, options):
    return options.side == "both" or (options.side == "plimsoll") == (name == "plimsoll")


def side_by_side(kinds, options, measure):
    """Each side once per run, in turn; `kinds` makes a server by name, `measure` answers its windows."""
    windows = {name: [] for name in kinds if wanted(name, options)}
    each = {name: [] for name in windows}
    for _ in range(options.runs):
        for name in windows:
            with kinds[name]() as server:
                measured = measure(server)
            windows[name] += measured
            each[name].append(round(median(m["rate"] for m in calm(measured))))
    results = {}
    for name, all_of in windows.items():
        results[name] = {**summary(all_of), "each": each[name]}
        m = results[name]
        say(f"{name}: {m['rate']:,.0f}/s (runs: {each[name]}), {m['us_each']:.1f} us of CPU each, p99 {m['p99']:.2f} ms;"
            f" {m['disturbed']} of {m['windows']} windows disturbed")
    return results


def ratios(results, what="rate"):
    if "plimsoll" in results:
        results["ratios"] = {}
        for name, m in results.items():
            if name not in ("plimsoll", "ratios"):
                results["ratios"][name] = round(results["plimsoll"][what] / m[what], 2)
                say(f"ratio, ours to {name}: {results['ratios'][name]:.2f}")


def did_it_all(gateway, requests):
    """Ends the run when what was measured is less than the row says: counted, limited and metered."""
    time.sleep(3)  # for the last usage report
    for what, pattern in [("counted", r"^plimsoll_gateway_requests_seconds_count.*bench"),
                          ("limited", r"^plimsoll_gateway_limits_admitted_total")]:
        if gateway.metric(pattern) < requests:
            fail(f"not all requests were {what} by the gateway")
    if not gateway.metric(r"^plimsoll_gateway_usage_reports_total"):
        fail("the gateway reported no usage")


def jwks(backends):
    return json.dumps({"keys": [{**backends.tenant_key.jwk, "kid": backends.key_id, "alg": "ES256", "use": "sig"}]})


# ---- requests ----


def gateway_cached(options):
    """Verified, limited and metered requests a second, 100 tokens seen before."""
    with Backends() as b, Nginx(jwks=jwks(b)) as upstream:
        tokens = b.tokens("cached")
        rsa = Key(b.dir, "rsa", rsa=True)
        now = int(time.time())
        rsa_tokens = door.sign(rsa, "RS256", USERS, b.dir / "rsa", {"alg": "RS256", "typ": "JWT", "kid": "rsa"},
                               {"iss": b.key_id, "aud": "plimsoll", "sub": "user-{u}", "iat": now, "exp": now + 43_200, "jti": "{i}"})

        def measure(server):
            file = rsa_tokens if server.name == "haproxy-rs256" else tokens
            answers(server, file)
            windows = gets(server.name, server, file, b.helpers(upstream), warmup=warmup(server, options),
                           seconds=options.seconds, windows=options.windows)
            if server.name == "plimsoll":
                did_it_all(server, sum(m["done"] for m in windows))
            return windows

        results = side_by_side({
            "plimsoll": lambda: Gateway(b, upstream),
            "spring": lambda: Spring(b, upstream),
            "haproxy-es256": lambda: HAProxy(b, upstream, "ES256", b.tenant_key),
            "haproxy-rs256": lambda: HAProxy(b, upstream, "RS256", rsa),
        }, options, measure)
    ratios(results)
    save("gateway-cached", results)


def gateway_new(options):
    """The same with every token new: first verification and internal signature included."""
    with Backends() as b, Nginx() as upstream:
        count = int((options.warmup + options.windows * options.seconds + 2) * 13_000)
        some = b.tokens("some")
        tokens = b.tokens("new", count)
        say(f"  {count:,} tokens signed")

        def measure(server):
            answers(server, some)
            windows = gets(server.name, server, tokens, b.helpers(upstream), warmup=warmup(server, options),
                           seconds=options.seconds, windows=options.windows)
            if server.name == "plimsoll" and windows[-1]["rounds"]:
                fail("the tokens did not suffice: fewer --seconds, --windows or --warmup")
            return windows

        results = side_by_side({
            "plimsoll": lambda: Gateway(b, upstream),
            "haproxy-es256": lambda: HAProxy(b, upstream, "ES256", b.tenant_key),
        }, options, measure)
    ratios(results)
    save("gateway-new", results)


def gateway_mixed(options):
    """p99 of 5,000 cached requests a second, alone and while 1,500 new tokens a second arrive."""
    cached_rate, new_rate = 5_000, 1_500
    alone, beside = [], []
    with Backends() as b, Nginx() as upstream:
        b.stand_back()
        tokens = b.tokens("cached")
        long = options.windows * options.seconds + 4
        # a gateway that has compiled nothing yet does not keep up with a rate; then it compiles again for what is measured
        half = options.warmup / 2
        first, second, third = (b.tokens(name, int(count)) for name, count in (
            ("first", 9_000 * half), ("second", new_rate * (half + 1)), ("third", new_rate * long)))
        for _ in range(options.runs):
            with Gateway(b, upstream) as gateway:
                answers(gateway, tokens)

                def with_new(file, seconds, action):
                    """While new tokens arrive from a second client, whose own processor time is known."""
                    with Gets(gateway, file, "", rate=new_rate, seconds=seconds, windows=1, connections=32) as new:
                        known = f"{b.helpers(upstream)},{new.process.pid}"
                        done = action(known)
                        (m,) = new.windows()
                        if m["rounds"] or m["bad_status"] or m["behind"] > new_rate:
                            fail(f"new tokens were not carried: {m}")
                        return done

                rate = {"rate": cached_rate, "seconds": options.seconds, "windows": options.windows}
                gets("warm-up, new tokens alone", gateway, first, b.helpers(upstream), seconds=half, windows=1)
                with_new(second, half, lambda known: gets(
                    "warm-up, 5,000/s beside 1,500 new/s", gateway, tokens, known, rate=cached_rate, seconds=half - 2, windows=1))
                alone += gets("5,000/s alone", gateway, tokens, b.helpers(upstream), warmup=1, **rate)
                beside += with_new(third, long - 1, lambda known: gets(
                    "5,000/s beside 1,500 new/s", gateway, tokens, known, warmup=1, **rate))
    results = {"alone": summary(alone), "beside": summary(beside)}
    results["ratio"] = results["beside"]["p99"] / results["alone"]["p99"]
    say(f"p99 of cached requests: alone {results['alone']['p99']:.2f} ms, beside new tokens {results['beside']['p99']:.2f} ms,"
        f" ratio {results['ratio']:.2f} (windows: {[m['p99'] for m in alone]}, {[m['p99'] for m in beside]})")
    save("gateway-mixed", results)


def gateway_latency(options):
    """p99 added at half load, beside what nginx's proxy_pass adds at the same rate."""
    starts = []
    with Backends() as b, Nginx() as upstream, Nginx(core=SERVER, upstream=upstream.port) as proxy:
        b.stand_back()
        tokens = b.tokens("cached")
        helpers = b.helpers(upstream)
        for _ in range(options.starts):
            with Gateway(b, upstream) as gateway:
                answers(gateway, tokens)
                full = gets("all it carries", gateway, tokens, helpers, warmup=options.warmup, seconds=options.seconds, windows=1)
                rate = round(full[0]["rate"] / 2)
                paced = {"rate": rate, "warmup": 1, "seconds": options.seconds, "windows": options.windows}
                direct = summary(gets(f"straight to the upstream, {rate:,}/s", upstream, tokens, b.helpers(), **paced))
                nginx = summary(gets(f"nginx, {rate:,}/s", proxy, tokens, helpers, **paced))
                # paths that only a gateway with time to spare takes are compiled in it
                ours = summary(gets(f"ours, {rate:,}/s", gateway, tokens, helpers, **{**paced, "warmup": options.warmup}))
            added = {"rate": rate, "direct": direct["p99"], "ours": ours["p99"] - direct["p99"], "nginx": nginx["p99"] - direct["p99"],
                     "disturbed": ours["disturbed"] + nginx["disturbed"] + direct["disturbed"]}
            # nginx may add less than the clock of a busy core shows
            added["ratio"] = added["ours"] / max(added["nginx"], 0.02)
            starts.append(added)
            say(f"start {len(starts)}: at {rate:,}/s ours adds {added['ours']:.2f} ms to the p99, nginx {added['nginx']:.2f} ms")
    results = {k: median(s[k] for s in starts) for k in starts[0]} | {"starts": starts}
    say(f"added p99 at half load, median of {len(starts)} starts: ours {results['ours']:.2f} ms, nginx {results['nginx']:.2f} ms,"
        f" ratio {results['ratio']:.1f} (starts: {[round(s['ratio'], 1) for s in starts]})")
    save("gateway-latency", results)


def gateway_cold(options):
    """Requests a second in the first 10 s after the start, beside a plain Spring Cloud Gateway."""
    seconds = 10
    with Backends() as b, Nginx() as upstream:
        tokens = b.tokens("cached")
        flags = [*JVM, *ONE_CORE, HEAP, *YOUNG, *TOUCHED]
        arguments = ["--plimsoll.gateway.services.bench.path=/bench", f"--plimsoll.gateway.services.bench.upstreams={upstream.url()}"]
        source = door.jar("platform-gateway")

        def document(gateway):
            """As platform-local's rehearsal: a public document, so that no tenant has used anything."""
            client = http.client.HTTPConnection("127.0.0.1", gateway.port)
            until, done = time.monotonic() + 20, 0
            while done < 20_000 and time.monotonic() < until:
                client.request("GET", "/auth/oauth2/jwks")
                client.getresponse().read()
                done += 1
            client.close()
            say(f"  rehearsal: {done:,} times a public document")

        def requests(gateway):
            """A rehearsal with some requests in it, so that the profiles of their methods are kept."""
            with Gets(gateway, tokens, b.helpers(upstream), seconds=15, windows=1) as load:
                for m in load.windows():
                    say(f"  rehearsal: {m['done']:,} requests, {m['bad_status']} refused")

        rehearsals = {"plimsoll": document, "plimsoll-rehearsed-with-requests": requests}
        caches = {}
        if options.side != "peer":
            for name, rehearse in rehearsals.items():
                caches[name] = door.start_up_cache(name, source, flags, door.gateway_environment(b), rehearse, arguments)
        kinds = {name: lambda command=command: Gateway(b, upstream, command=command, wait=False) for name, command in caches.items()}
        if options.side != "plimsoll":
            kinds["spring-plain"] = lambda: Spring(b, upstream, plain=True)
        runs = {name: [] for name in kinds}
        for _ in range(options.runs):
            for name, kind in kinds.items():
                with kind() as server:
                    ready = answers(server, tokens) - server.started
                    with Gets(server, tokens, b.helpers(upstream), seconds=1, windows=seconds) as load:
                        windows = list(load.windows())
                each = [round(m["rate"]) for m in windows]
                whole = sum(m["done"] for m in windows) / sum(m["seconds"] for m in windows)
                since_exec = sum(m["done"] for i, m in enumerate(windows) if ready + i + 1 <= seconds) / seconds
                runs[name].append({"rate": whole, "since_exec": since_exec, "ready": ready, "disturbed": sum(map(disturbed, windows))})
                say(f"  {name}: first answer after {ready:.1f} s, then {whole:,.0f}/s over {seconds} s, each second {each};"
                    f" {since_exec:,.0f}/s over the first {seconds} s of the process; {runs[name][-1]['disturbed']} s disturbed")
    results = {name: {k: median(r[k] for r in all_of) for k in all_of[0]} for name, all_of in runs.items()}
    for name, m in results.items():
        say(f"{name}: {m['rate']:,.0f}/s in the first {seconds} s of answers, which begin after {m['ready']:.1f} s")
    for name in caches:
        if "spring-plain" in results:
            results[name]["ratio"] = results[name]["rate"] / results["spring-plain"]["rate"]
            say(f"ratio, {name} to a plain Spring Cloud Gateway: {results[name]['ratio']:.1f}"
                f" (over the first {seconds} s of the process: {results[name]['since_exec'] / max(1, results['spring-plain']['since_exec']):.1f})")
    save("gateway-cold", results)


# ---- streams ----


def show_streams(label, m):
    errors = {k: m[k] for k in ("gaps", "duplicates", "malformed", "bad_status", "closed", "resets", "ends") if m[k]}
    say(f"  {label}: {m['rate']:,.0f}/s delivered, {m['us_per_delivery']:.2f} us of CPU each, core 0 {m['server_cpu']:.0%},"
        f" client {m['client_cpu']:.0%}, p50 {m['p50']:.1f} p99 {m['p99']:.1f} ms, {m['reads']:,.0f} reads/s"
        f"  [others on core 0 {m['others0']:.0%}, core 1 {m['others1']:.0%}, stolen {m['steal']:.1%}]"
        + (" DISTURBED" if disturbed(m) else "") + (f" ERRORS {errors}" if errors else ""))


def gateway_streams(options):
    """Gateway CPU per event delivered, 40,000/s and 100,000/s over 1,000 streams of 100 topics."""
    count, topics = 1_000, 100
    runs = {load: [] for load in (40_000, 100_000)}
    with Backends() as b, Source(topics) as source:
        tokens = b.tokens("streams")
        for _ in range(options.runs):
            with Gateway(b, source=source) as gateway:
                gateway.tokens, gateway.helpers = tokens, b.helpers(source)
                with Streams(gateway, count, topics) as streams:
                    for load, measured in runs.items():
                        with source.driven(load * topics / count):
                            show_streams("warm-up", streams.window(options.warmup if load == 40_000 else 2))
                            for _ in range(options.windows):
                                measured.append(streams.window(options.seconds))
                                show_streams(f"{load:,}/s", measured[-1])
                        streams.window(1)
    results = {}
    for load, measured in runs.items():
        m = results[str(load)] = summary(measured)
        say(f"{load:,}/s over {count:,} streams: {m['us_per_delivery']:.2f} us of gateway CPU per event, {m['rate']:,.0f}/s delivered,"
            f" core 0 {m['server_cpu']:.0%}, p99 {m['p99']:.1f} ms; {m['disturbed']} of {m['windows']} windows disturbed")
    save("gateway-streams", results)


def gateway_memory(options):
    """PSS of the gateway per idle stream: with 8,000 less with none, in a process that has had streams."""
    count, runs = 8_000, []
    with Backends() as b, Source(100) as source:
        tokens = b.tokens("streams")
        for _ in range(options.runs):
            with Gateway(b, source=source, touched=()) as gateway:
                gateway.tokens, gateway.helpers = tokens, b.helpers(source)

                def settled():
                    gateway.collect_garbage()
                    time.sleep(2)
                    return servers.pss(gateway.pids())

                with Streams(gateway, 500, 100) as streams, source.driven(1_000):
                    streams.window(5)
                time.sleep(3)
                none = settled()
                with Streams(gateway, count, 100) as streams:
                    m = streams.window(20)  # long enough for a heartbeat
                    if m["up"] != count:
                        fail(f"{m['up']} of {count} streams stayed open")
                    held = settled()
            runs.append((held - none) / count / 1024)
            say(f"  {none / 2**20:.1f} MiB without, {held / 2**20:.1f} MiB with {count:,}: {runs[-1]:.2f} KiB each")
    say(f"{median(runs):.1f} KiB per idle stream (runs: {[round(r, 1) for r in runs]})")
    save("gateway-memory", {"kib": median(runs), "each": runs})


def opened(gateways, streams_each, files):
    """Load clients that hold streams and write down when each ends."""
    clients = []
    for gateway, (tokens, log) in zip(gateways, files):
        clients.append(subprocess.Popen(
            ["taskset", "-c", REST, str(LOAD), "follow", "-c", str(streams_each), "-t", "100", "-o", "128", "-s", "90", "-k", str(tokens),
             "-l", str(log), "-H", "Authorization: Bearer {k}", f"127.0.0.1:{gateway.port}/events/{{t}}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        m = json.loads(clients[-1].stdout.readline())
        if m["up"] != streams_each:
            fail(f"{m['up']} of {streams_each} streams opened: {m}")
    return clients


def revocation(options):
    """From a revocation's answer to the closed stream: two gateways, 100 users of 8,000 streams; then with Redis away."""
    streams_each = 4_000
    with Backends() as b, Source(100) as source, Gateway(b, source=source) as one, Gateway(b, source=source) as two:
        tokens = b.tokens("streams")
        logs = [b.dir / "ends-1", b.dir / "ends-2"]
        basic = base64.b64encode(f"{b.key_id}:{b.key_secret}".encode()).decode()
        admin = call("POST", f"{one.url()}/auth/oauth2/token", "grant_type=client_credentials&scope=auth:admin",
                     {"Authorization": f"Basic {basic}"})["access_token"]
        clients = opened([one, two], streams_each, [(tokens, log) for log in logs])
        try:
            time.sleep(3)

            def revoke(users):
                answered = {}
                for user in users:
                    call("POST", f"{one.url()}/auth/v1/revocations", {"user": f"user-{user}"}, {"Authorization": f"Bearer {admin}"})
                    answered[user] = time.time() * 1e6
                    time.sleep(0.1)
                return answered

            def measured(users, patience):
                answered = revoke(users)
                time.sleep(patience)
                to_end, to_close = [], []
                for log in logs:
                    for row in log.read_text().splitlines():
                        number, ended, closed = map(int, row.split())
                        user = number % USERS
                        if user in answered:
                            to_close.append((closed - answered[user]) / 1000)
                            if ended:
                                to_end.append((ended - answered[user]) / 1000)
                expected = len(users) * streams_each // USERS * 2
                if len(to_close) != expected:
                    fail(f"{len(to_close)} of {expected} streams were closed")
                to_close.sort()
                return {"closed": len(to_close), "told": len(to_end), "p50": median(to_close), "p99": to_close[int(len(to_close) * 0.99)],
                        "max": to_close[-1]}

            cores = cores_busy()
            results = {"redis": measured(range(50), 4)}
            b.redis.process.kill()
            b.redis.process.wait()
            time.sleep(3)
            results["redis_away"] = measured(range(50, 100), 5)
            results["cores"] = cores_busy(cores)
        finally:
            for client in clients:
                client.kill()
                client.wait()
    for name, m in results.items():
        if name != "cores":
            say(f"{name}: {m['closed']} streams closed, {m['told']} of them told why: p50 {m['p50']:.0f} ms, p99 {m['p99']:.0f} ms, max {m['max']:.0f} ms")
    say(f"cores busy meanwhile: {results['cores']}")
    save("revocation", results)


def cores_busy(since=None):
    """Busy and all ticks of both cores; with a former answer, the shares since."""
    rows = [row.split() for row in pathlib.Path("/proc/stat").read_text().splitlines()[1:3]]
    now = [(sum(map(int, r[1:9])) - int(r[4]) - int(r[5]), sum(map(int, r[1:9]))) for r in rows]
    if since is None:
        return now
    return [f"{(busy - b0) / max(1, all_of - a0):.0%}" for (busy, all_of), (b0, a0) in zip(now, since)]


# ---- services behind it ----


def service_token(options):
    """A service's CPU for an internal token that it has seen: the endpoint with common-service, less without security."""
    rate = 4_000
    with Backends() as b:
        def kind(profile):
            arguments = [f"--spring.profiles.active={profile}"] if profile else []
            environment = {"PLIMSOLL_INTERNAL_JWKS": b.file("internal-public.jwks.json"), "MANAGEMENT_SERVER_PORT": "-1"}
            command = [door.java(), *JVM, *ONE_CORE, HEAP, "-jar", door.jar("benchmarks/token-service", "token-service.jar")]
            return Service("token-service", environment, SERVER, command=command, arguments=arguments, wait=False)

        windows = {"guarded": [], "open": []}
        for _ in range(options.runs):
            for name, profile in ("guarded", None), ("open", "open"):
                with kind(profile) as service:
                    end = int(time.time()) + 3600
                    tokens = b.internal_tokens("internal-tokens", USERS, aud="bench", tenant=door.TENANT, sub="user-{u}",
                                               scope="bench:read", auth_exp=end, auth_ref="bench.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
                    answers(service, tokens)
                    gets(f"{name}, warm-up", service, tokens, b.helpers(), seconds=options.warmup, windows=1)
                    windows[name] += gets(name, service, tokens, b.helpers(), rate=rate, warmup=1, seconds=options.seconds,
                                          windows=options.windows)
    results = {name: summary(all_of) for name, all_of in windows.items()}
    results["us"] = results["guarded"]["us_each"] - results["open"]["us_each"]
    say(f"a repeated internal token: {results['us']:.1f} us ({results['guarded']['us_each']:.1f} with it, {results['open']['us_each']:.1f} without)")
    save("service-token", results)


def lease_calls(options):
    """Calls to ratelimit-service at a steady 1,000 requests a second of 100 users under the default policies."""
    rate, seconds = 1_000, 20
    runs = []
    with Backends(raised=False) as b, Nginx() as upstream:
        tokens = b.tokens("cached")
        log = b.dir / "calls"
        # so that calls are counted outside of both
        with Nginx(upstream=b.ratelimit.internal_port, log=log) as between:
            for _ in range(options.runs):
                with Gateway(b, upstream, environment={"PLIMSOLL_RATELIMIT_INTERNAL": between.url()}) as gateway:
                    answers(gateway, tokens)
                    helpers = b.helpers(upstream, between)

                    def waited():
                        return gateway.metric(r"^plimsoll_.*waited")

                    with Gets(gateway, tokens, helpers, rate=rate, warmup=options.warmup, seconds=seconds, windows=1) as load:
                        time.sleep(options.warmup + 0.3)
                        begin, waits = time.time(), waited()
                        (m,) = load.windows()
                        end, waits = time.time(), waited() - waits
                    show("1,000/s", m)
                    calls = {"leases": 0, "policies": 0}
                    for row in log.read_text().splitlines():
                        when, _, uri, _ = row.split()
                        if begin <= float(when) <= end:
                            calls[uri.rsplit("/", 1)[1]] = calls.get(uri.rsplit("/", 1)[1], 0) + 1
                    admitted = m["done"] - m["bad_status"]
                    if not calls["leases"]:
                        say("  the gateway asked for no lease: is it one that limits?")
                    runs.append({"admitted": admitted, "refused": m["bad_status"], "calls": calls["leases"], "policies": calls["policies"],
                                 "waited": waits, "per_request": calls["leases"] / admitted, "p99": m["p99"]})
                    say(f"  {admitted:,} admitted, {m['bad_status']} refused, {calls['leases']} calls for leases ({calls['policies']} for policies),"
                        f" {waits:.0f} requests waited")
    results = {k: median(r[k] for r in runs) for k in runs[0]} | {"runs": runs}
    say(f"one call per {1 / max(results['per_request'], 1e-9):,.0f} admitted requests, {results['waited']:.0f} waited")
    save("lease-calls", results)


def lease_rate(options):
    """Assignments a second of ratelimit-service on one core: 4 gateways with 500 keys each, a call at a time."""
    gateways, keys, runs = 4, 500, []
    for _ in range(options.runs):
        with Backends(ratelimit_core=SERVER) as b:
            token = b.internal_tokens("gateway-token", 1, aud="ratelimit", sub="gateway").read_text().strip()
            demands = [{"tenant": door.TENANT, "policy": f"{door.TENANT}-user", "key": f"user-{{c}}-{i}", "lease": f"@{{n}}{i:04d}@",
                        "want": 20, "held": 0, "returns": [{"lease": f"@{{p}}{i:04d}@", "units": 0}]} for i in range(keys)]
            call_ = json.dumps({"gateway": "bench-{c}", "sequence": "@{n}@", "demands": demands}, separators=(",", ":"))
            body = b.dir / "leases.json"
            body.write_text(call_.replace('"@', "").replace('@"', ""))
            pids = ",".join(map(str, b.ratelimit.pids()))
            helpers = ",".join(str(p) for s in (b.redis, b.postgres, b.auth) for p in s.pids())
            done = subprocess.Popen(
                ["taskset", "-c", REST, str(LOAD), "post", "-c", str(gateways), "-f", str(body), "-W", str(options.warmup), "-s",
                 str(options.seconds), "-w", str(options.windows), "-p", pids, "-q", helpers, "-H", f"Authorization: Bearer {token}",
                 f"127.0.0.1:{b.ratelimit.internal_port}/internal/v1/leases"], stdout=subprocess.PIPE, text=True)
            redis, start = b.redis.cpu(), time.time()
            for row in done.stdout:
                m = json.loads(row)
                share = (b.redis.cpu() - redis) / (time.time() - start)
                redis, start = b.redis.cpu(), time.time()
                say(f"  {m['grants']:,.0f} assignments/s in {m['rate']:,.0f} calls/s, p99 {m['p99']:.1f} ms, service {m['server_cpu']:.0%} of core 0,"
                    f" Redis {share:.0%} of core 1  [others on core 0 {m['others0']:.0%}, core 1 {m['others1']:.0%}, stolen {m['steal']:.1%}]"
                    + (" DISTURBED" if disturbed(m) else "") + (f" {m['bad_status']} not 2xx" if m["bad_status"] else ""))
                runs.append(m)
            if done.wait():
                fail(f"the load client ended with {done.returncode}")
    m = summary(runs)
    say(f"{m['grants']:,.0f} assignments/s on one core; {m['disturbed']} of {m['windows']} windows disturbed")
    save("lease-rate", m)


ROWS = {
    "gateway-cached": gateway_cached, "gateway-new": gateway_new, "gateway-mixed": gateway_mixed, "gateway-latency": gateway_latency,
    "gateway-streams": gateway_streams, "gateway-memory": gateway_memory, "service-token": service_token, "lease-calls": lease_calls,
    "lease-rate": lease_rate, "revocation": revocation, "gateway-cold": gateway_cold,
}

# seconds after which C2 is through with what a row has run, where that is more than 12
WARMUP = {"gateway-new": 30, "gateway-mixed": 80, "gateway-latency": 30, "service-token": 35}
