package io.plimsoll.local.service;

import io.plimsoll.local.process.Ports;
import io.plimsoll.local.process.Probe;
import io.plimsoll.local.process.ProcessPlan;
import io.plimsoll.local.process.Signal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The services of the platform: which there are, where they listen and what they are told.
public final class Services {

  /// Ends the name of a process's management port.
  public static final String INTERNAL = ".internal";

  private static final String READINESS = "/actuator/health/readiness";

  /// More than Spring's own grace period, so that a drain is not cut short from here.
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  /// Small heaps and a collector without threads of its own: a service of a development machine is
  /// idle most of the time, and the whole platform is to fit beside an IDE.
  private static final List<String> JVM =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-XX:+ExitOnOutOfMemoryError",
          "-Xlog:disable",
          "-Xlog:all=error:stderr",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  /// Half of what a start without a cache costs would else go into the second compiler, just when
  /// everything else starts as well.
  private static final String FIRST_START = "-XX:TieredStopAtLevel=1";

  /// A service as such.
  ///
  /// @param database whether it has one, of its own name
  /// @param upstream whether the gateway routes to it
  private record Kind(
      String name,
      String module,
      int port,
      int internalPort,
      List<String> heap,
      boolean database,
      boolean upstream) {}

  /// The one that takes longest to start comes first.
  private static final List<Kind> KINDS =
      List.of(
          new Kind("chat", "chat-service", 8082, 8092, List.of("-Xmx320m"), true, true),
          new Kind("auth", "auth-service", 8081, 8091, List.of("-Xmx128m"), true, true),
          new Kind("ratelimit", "ratelimit-service", 8084, 8094, List.of("-Xmx96m"), true, false),
          new Kind(
              "gateway",
              "platform-gateway",
              8080,
              8090,
              List.of("-Xmx256m", "-Xmn32m"),
              false,
              false));

  /// One process of a kind.
  private record Instance(Kind kind, String name, int port, int internalPort) {

    String url() {
      return "http://127.0.0.1:" + port;
    }
  }

  private final List<Instance> instances = new ArrayList<>();
  private final Map<String, Application> applications = new LinkedHashMap<>();
  private final ServiceOptions options;
  private final Secrets secrets;
  private final Function<String, Path> log;
  private final int postgres;
  private final int redis;

  /// @param running the port that a process of ours holds already, 0 for none
  public Services(
      Path root,
      ServiceOptions options,
      Secrets secrets,
      Function<String, Path> log,
      Ports ports,
      ToIntFunction<String> running,
      int postgres,
      int redis) {
    this.options = options;
    this.secrets = secrets;
    this.log = log;
    this.postgres = postgres;
    this.redis = redis;
    for (Kind kind : KINDS) {
      applications.put(kind.name(), new Application(root, kind.module()));
      names(kind, options)
          .forEach(
              name ->
                  instances.add(
                      new Instance(
                          kind,
                          name,
                          ports.pick(name, kind.port(), running.applyAsInt(name)),
                          ports.pick(
                              name + INTERNAL,
                              kind.internalPort(),
                              running.applyAsInt(name + INTERNAL)))));
    }
  }

  /// Why the platform cannot be started as asked, in a sentence; absent when it can.
  public static Optional<String> refusal(ServiceOptions options) {
    List<String> several = KINDS.stream().filter(Kind::upstream).map(Kind::name).toList();
    for (String name : options.instances().keySet()) {
      if (!several.contains(name)) {
        return Optional.of(
            "--instances is for " + String.join(" and ", several) + ", not for " + name);
      }
    }
    List<String> names = KINDS.stream().flatMap(kind -> names(kind, options)).toList();
    for (String name : options.environment().keySet()) {
      if (!names.contains(name)) {
        return Optional.of(
            "--env names " + name + ", which is none of " + String.join(", ", names));
      }
    }
    return ServiceOptions.PLANS.contains(options.plan())
        ? Optional.empty()
        : Optional.of(
            "there is no plan "
                + options.plan()
                + ", only "
                + String.join(" and ", ServiceOptions.PLANS));
  }

  private static Stream<String> names(Kind kind, ServiceOptions options) {
    int count = kind.upstream() ? options.instances().getOrDefault(kind.name(), 1) : 1;
    return IntStream.rangeClosed(1, count)
        .mapToObj(n -> n == 1 ? kind.name() : kind.name() + "-" + n);
  }

  /// The names of the databases that are needed.
  public List<String> databases() {
    return KINDS.stream().filter(Kind::database).map(Kind::name).toList();
  }

  /// Extracts what was built, as the last step of a build.
  public static void prepare(Path root) throws IOException, InterruptedException {
    for (Kind kind : KINDS) {
      new Application(root, kind.module()).extracted();
    }
  }

  /// Extracts what will be run, ahead of its start, if the build did not.
  public void prepare() throws IOException, InterruptedException {
    for (Application application : applications.values()) {
      application.extracted();
    }
  }

  public List<ProcessPlan> plans() throws IOException {
    var plans = new ArrayList<ProcessPlan>();
    for (Instance instance : instances) {
      Application application = application(instance.kind());
      Map<String, String> environment = environment(instance);
      environment.putAll(options.environment().getOrDefault(instance.name(), Map.of()));
      plans.add(
          new ProcessPlan(
              instance.name(),
              instance.port(),
              instance.internalPort(),
              application.fingerprint() + " " + new TreeMap<>(environment),
              () -> fastest(application, jvm(instance.kind())),
              environment,
              log.apply(instance.name()),
              ready(instance.internalPort()),
              Signal.TERM,
              PATIENCE));
    }
    return plans;
  }

  /// Whether the service with this management port serves.
  public static Probe ready(int internalPort) {
    return Probe.http(internalPort, READINESS);
  }

  private Application application(Kind kind) {
    Application application = applications.get(kind.name());
    if (application == null) {
      throw new IllegalStateException(kind.name());
    }
    return application;
  }

  /// How each service's start is rehearsed: as itself, but beside it, with a database of its own
  /// and on ports that are chosen when it comes to it.
  List<StartupCaches.Play> plays() {
    var plays = new ArrayList<StartupCaches.Play>();
    for (Kind kind : KINDS) {
      Instance instance = new Instance(kind, kind.name(), 0, 0);
      String database = kind.database() ? "rehearsal_" + kind.name() : null;
      Map<String, String> environment = environment(instance);
      if (database != null) {
        environment.putAll(database(database));
      }
      Application application = application(kind);
      plays.add(
          new StartupCaches.Play(
              application,
              option -> {
                var options = new ArrayList<>(jvm(kind));
                options.add(option);
                return application.command(options);
              },
              environment,
              database,
              kind.name().equals("gateway") ? "/auth/oauth2/jwks" : null));
    }
    return plays;
  }

  private static List<String> jvm(Kind kind) {
    var jvm = new ArrayList<>(JVM);
    jvm.addAll(kind.heap());
    return jvm;
  }

  private static List<String> fastest(Application application, List<String> jvm)
      throws IOException, InterruptedException {
    var all = new ArrayList<>(jvm);
    application.extracted();
    Path cache = application.cache();
    all.add(cache.toFile().exists() ? "-XX:AOTCache=" + cache : FIRST_START);
    return application.command(all);
  }

  private Map<String, String> environment(Instance instance) {
    var environment = new TreeMap<String, String>();
    environment.put("SERVER_PORT", Integer.toString(instance.port()));
    environment.put("MANAGEMENT_SERVER_PORT", Integer.toString(instance.internalPort()));
    environment.put("PLIMSOLL_URL", url());
    environment.put("SPRING_DATA_REDIS_HOST", "127.0.0.1");
    environment.put("SPRING_DATA_REDIS_PORT", Integer.toString(redis));
    if (instance.kind().database()) {
      environment.putAll(database(instance.kind().name()));
      environment.put("PLIMSOLL_INTERNAL_JWKS", location(secrets.internalPublicKeys()));
    }
    switch (instance.kind().name()) {
      case "auth" -> {
        environment.put("PLIMSOLL_AUTH_SIGNING_KEYS", location(secrets.authSigningKeys()));
        environment.put("PLIMSOLL_AUTH_ADMIN_TOKENS", location(secrets.adminToken()));
        environment.put("PLIMSOLL_WRAPPING_KEYS", location(secrets.wrappingKeys()));
      }
      case "ratelimit" ->
          environment.put("PLIMSOLL_RATELIMIT_ADMIN_TOKENS", location(secrets.adminToken()));
      case "gateway" -> {
        environment.put("PLIMSOLL_GATEWAY_INTERNAL_KEYS", location(secrets.internalKeys()));
        environment.put("PLIMSOLL_WRAPPING_KEYS", location(secrets.wrappingKeys()));
        environment.put("PLIMSOLL_AUTH_INTERNAL", internal("auth"));
        environment.put("PLIMSOLL_RATELIMIT_INTERNAL", internal("ratelimit"));
        // every client of this machine has the same address
        environment.put("PLIMSOLL_GATEWAY_CONNECTIONSPERADDRESS", "20000");
        environment.put("PLIMSOLL_GATEWAY_TOKENS_FIRST_ADDRESSRATE", "2000");
        environment.put("PLIMSOLL_GATEWAY_TOKENS_FIRST_ADDRESSBURST", "20000");
        environment.put("PLIMSOLL_UPSTREAM_AUTH", upstreams("auth"));
        environment.put("PLIMSOLL_UPSTREAM_CHAT", upstreams("chat"));
      }
      default -> {
        // told nothing more
      }
    }
    return environment;
  }

  /// A file as the services' settings take it.
  private static String location(Path file) {
    return file.toUri().toString();
  }

  private Map<String, String> database(String name) {
    return Map.of(
        "SPRING_DATASOURCE_URL",
        "jdbc:postgresql://127.0.0.1:" + postgres + "/" + name,
        "SPRING_DATASOURCE_USERNAME",
        name,
        "SPRING_DATASOURCE_PASSWORD",
        "");
  }

  private String upstreams(String kind) {
    return String.join(
        ",",
        instances.stream()
            .filter(instance -> instance.kind().name().equals(kind))
            .map(Instance::url)
            .toList());
  }

  private String internal(String kind) {
    return String.join(
        ",",
        instances.stream()
            .filter(instance -> instance.kind().name().equals(kind))
            .map(instance -> "http://127.0.0.1:" + instance.internalPort())
            .toList());
  }

  /// The platform's public address.
  public String url() {
    return only("gateway").url();
  }

  /// Where operators administer tenants.
  public String adminUrl() {
    return "http://127.0.0.1:" + only("auth").internalPort();
  }

  /// Where operators keep the limits.
  public String limitsUrl() {
    return internal("ratelimit");
  }

  private Instance only(String name) {
    return instances.stream()
        .filter(instance -> instance.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /// Each process's own addresses, as the demo environment's keys.
  public Map<String, String> addresses() {
    var addresses = new LinkedHashMap<String, String>();
    for (Instance instance : instances) {
      String key = "PLIMSOLL_" + instance.name().toUpperCase(Locale.ROOT).replace('-', '_');
      addresses.put(key + "_URL", instance.url());
      addresses.put(key + "_INTERNAL_URL", "http://127.0.0.1:" + instance.internalPort());
    }
    return addresses;
  }
}
