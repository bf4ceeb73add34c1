package io.plimsoll.ratelimit.client;

import static io.plimsoll.ratelimit.client.FakeService.ANNA;
import static io.plimsoll.ratelimit.client.FakeService.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plimsoll.ratelimit.client.FakeService.Manner;
import io.plimsoll.ratelimit.client.Policy.Per;
import io.plimsoll.ratelimit.client.Policy.StoreAway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeasesTests {

  private static final Policy USER = policy("user", 50, 100, StoreAway.SHARE);

  private final FakeService service = new FakeService();

  private static Decision now(CompletionStage<Decision> stage) {
    return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static boolean admitted(Leases leases, Subject subject) {
    return now(leases.admit(subject)) instanceof Decision.Admitted;
  }

  @Test
  void admitsWithoutLimitWhereNoPolicyFits() {
    try (Leases leases = service.start()) {
      assertThat(leases.admit(ANNA, _ -> {})).isEqualTo(Decision.Unlimited.UNLIMITED);
      assertThat(service.calls).isEmpty();
    }
  }

  @Test
  void countsAPlanThatNoPolicyKnowsAsTheDefault() {
    Policy ofDefault = ofPlan("default", 10);
    Policies policies = new Policies("1", 4, List.of(ofDefault, ofPlan("gold", 1_000)));
    Subject slip = new Subject("acme", "golld", "key", "anna", "chat");
    Subject gold = new Subject("acme", "gold", "key", "anna", "chat");
    assertThat(policies.of(slip)).containsExactly(ofDefault);
    assertThat(policies.of(gold)).extracting(Policy::plan).containsExactly("gold");
  }

  private static Policy ofPlan(String plan, double rate) {
    return new Policy(
        plan,
        "user",
        plan,
        null,
        null,
        null,
        null,
        Per.USER,
        rate,
        100,
        0,
        false,
        false,
        StoreAway.SHARE);
  }

  @Test
  void waitsForTheFirstLeaseAndThenDecidesAtOnce() {
    try (Leases leases = service.start(USER)) {
      CompletableFuture<Decision> later = new CompletableFuture<>();
      assertThat(leases.admit(ANNA, later::complete)).isNull();
      assertThat(now(later)).isInstanceOf(Decision.Admitted.class);
      for (int i = 0; i < 5; i++) {
        admitted(leases, ANNA);
      }
      Awaitility.await().until(() -> leases.admit(ANNA, _ -> {}) instanceof Decision.Admitted);
      Decision decision = now(leases.admit(ANNA));
      assertThat(decision.policy()).isEqualTo(USER);
      assertThat(decision.remaining()).isBetween(1L, 100L);
    }
  }

  @Test
  void asksUnderOneNameUntilItIsAnswered() {
    service.manner = Manner.FAILS;
    try (Leases leases = service.start(USER)) {
      now(leases.admit(ANNA));
      Awaitility.await().until(() -> service.demands().size() > 2);
      service.manner = Manner.GRANTS;
      Awaitility.await().until(() -> !leases.stats().away());
      List<Wire.Demand> demands = service.demands();
      assertThat(demands.stream().filter(demand -> demand.want() > 0).map(Wire.Demand::lease))
          .containsOnly(demands.getFirst().lease());
    }
  }

  @Test
  void refusesUntilTheStoreSaidAndAsksNoMore() {
    service.manner = Manner.EMPTY;
    try (Leases leases = service.start(USER)) {
      Decision.Refused first = (Decision.Refused) now(leases.admit(ANNA));
      assertThat(first.unavailable()).isFalse();
      assertThat(first.policy()).isEqualTo(USER);
      assertThat(first.retryAfterSeconds()).isBetween(59L, 60L);
      int calls = service.calls.size();
      for (int i = 0; i < 100; i++) {
        assertThat(leases.admit(ANNA, _ -> {})).isInstanceOf(Decision.Refused.class);
      }
      assertThat(service.calls).hasSize(calls);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FAILS", "SILENT", "STORE_AWAY"})
  void holdsWhenItCanNotGetALease(Manner manner) {
    service.manner = manner;
    try (Leases leases = service.start(policy("user", 50, 100, StoreAway.HOLD))) {
      Decision.Refused refused = (Decision.Refused) now(leases.admit(ANNA));
      assertThat(refused.unavailable()).isTrue();
      service.manner = Manner.GRANTS;
      Awaitility.await().until(() -> admitted(leases, ANNA));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FAILS", "SILENT", "STORE_AWAY"})
  void takesItsShareStartingWithOneUnit(Manner manner) {
    service.manner = manner;
    try (Leases leases = service.start(policy("user", 0.04, 100, StoreAway.SHARE))) {
      assertThat(admitted(leases, ANNA)).isTrue();
      Decision.Refused refused = (Decision.Refused) now(leases.admit(ANNA));
      assertThat(refused.unavailable()).isFalse();
      // one unit in 25 s, by a quarter
      assertThat(refused.retryAfterSeconds()).isBetween(90L, 100L);
      assertThat(leases.balances().getFirst().awayAdmitted()).isEqualTo(1);
    }
  }

  /// What requests of one moment have in common, like their tenant, must not refuse most of them.
  @Test
  void sharesWhatComesAtOnce() {
    service.manner = Manner.STORE_AWAY;
    Policy wide = policy("wide", 1_000, 1_000, StoreAway.SHARE);
    try (Leases leases = service.start(wide)) {
      assertThat(admitted(leases, ANNA)).isTrue();
      int admitted = 1;
      while (admitted < 200 && admitted(leases, ANNA)) {
        admitted++;
      }
      // 250/s, a quarter of a second early
      assertThat(admitted).isGreaterThan(50);
    }
  }

  /// Each bucket is found to be away when its turn comes; until then nothing may be taken.
  @Test
  void takesNoShareForARequestThatOtherPoliciesHaveYetToAdmit() {
    service.manner = Manner.STORE_AWAY;
    Policy tight = policy("tight", 0.04, 100, StoreAway.SHARE);
    Policy wide = policy("wide", 1_000, 1_000, StoreAway.SHARE);
    try (Leases leases = service.start(tight, wide)) {
      assertThat(admitted(leases, ANNA)).isTrue();
      Decision.Refused refused = (Decision.Refused) now(leases.admit(ANNA));
      assertThat(refused.policy()).isEqualTo(tight);
      // the wide one's share is still there for others
      for (int i = 0; i < 5; i++) {
        Subject other = new Subject("acme", "default", "key", "other-" + i, "chat");
        assertThat(admitted(leases, other)).isTrue();
      }
    }
  }

  @Test
  void admitsEverythingInOpenMode() {
    service.manner = Manner.FAILS;
    try (Leases leases = service.start(policy("user", 1, 1, StoreAway.OPEN))) {
      for (int i = 0; i < 50; i++) {
        assertThat(admitted(leases, ANNA)).isTrue();
      }
    }
  }

  @Test
  void spendsWhatItHoldsWhileTheStoreIsAway() {
    try (Leases leases = service.start(policy("user", 1_000, 1_000, StoreAway.HOLD))) {
      for (int i = 0; i < 20; i++) {
        admitted(leases, ANNA);
      }
      Awaitility.await()
          .pollInterval(Duration.ofMillis(5)) // a demand, for which units are held
          .until(
              () -> {
                admitted(leases, ANNA);
                return leases.balances().getFirst().outstanding() > 10;
              });
      service.manner = Manner.FAILS;
      long spent = leases.balances().getFirst().spent();
      Awaitility.await().until(() -> !admitted(leases, ANNA));
      Balance after = leases.balances().getFirst();
      assertThat(after.spent()).isGreaterThan(spent);
      assertThat(after.outstanding()).isZero();
    }
  }

  @Test
  void takesAUnitUnderEveryPolicyOrUnderNone() {
    Policy tight = policy("tight", 1, 1, StoreAway.HOLD);
    try (Leases leases = service.start(USER, tight)) {
      for (int i = 0; i < 10; i++) {
        admitted(leases, ANNA);
      }
      service.manner = Manner.EMPTY;
      Awaitility.await().until(() -> !admitted(leases, ANNA));
      List<Balance> balances = leases.balances();
      assertThat(balances).extracting(Balance::spent).containsOnly(balances.getFirst().spent());
      assertThat(((Decision.Refused) now(leases.admit(ANNA))).policy()).isEqualTo(tight);
    }
  }

  @Test
  void givesBackWhatNobodyUses() {
    try (Leases leases = service.start(USER)) {
      for (int i = 0; i < 30; i++) {
        admitted(leases, ANNA);
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> leases.balances().getFirst().outstanding() == 0);
      Balance balance = leases.balances().getFirst();
      assertThat(balance.granted())
          .isEqualTo(balance.spent() + balance.returned() + balance.expired());
      assertThat(balance.spent()).isEqualTo(30);
      Awaitility.await().until(() -> service.unitsReturned() == balance.returned());
    }
  }

  @Test
  void givesBackEverythingWhenItCloses() {
    Leases leases = service.start(USER);
    for (int i = 0; i < 10; i++) {
      admitted(leases, ANNA);
    }
    leases.close();
    Balance balance = leases.balances().getFirst();
    assertThat(balance.outstanding()).isZero();
    assertThat(service.unitsReturned()).isEqualTo(balance.returned());
    assertThat(balance.granted())
        .isEqualTo(balance.spent() + balance.returned() + balance.expired());
  }

  @Test
  void asksForEachRequestInExactMode() {
    try (Leases leases = service.start(exactly("acme"))) {
      for (int i = 0; i < 5; i++) {
        CompletableFuture<Decision> later = new CompletableFuture<>();
        assertThat(leases.admit(ANNA, later::complete)).isNull();
        assertThat(now(later)).isInstanceOf(Decision.Admitted.class);
        Awaitility.await().until(() -> leases.balances().getFirst().outstanding() == 0);
      }
      assertThat(service.demands()).allMatch(demand -> demand.want() <= 5 && demand.held() == 0);
    }
  }

  @Test
  void onlyCountsInShadowMode() {
    Policy shadow =
        new Policy(
            "shadow",
            "shadow",
            null,
            null,
            null,
            null,
            null,
            Per.USER,
            1,
            1,
            0,
            false,
            true,
            StoreAway.HOLD);
    service.manner = Manner.EMPTY;
    try (Leases leases = service.start(shadow)) {
      admitted(leases, ANNA); // nobody knows yet whether there is something
      assertThat(leases.balances().getFirst().shadowRefused()).isZero();
      Awaitility.await()
          .until(() -> admitted(leases, ANNA) && leases.balances().getFirst().shadowRefused() > 0);
      long before = leases.balances().getFirst().shadowRefused();
      for (int i = 0; i < 5; i++) {
        assertThat(leases.admit(ANNA, _ -> {})).isInstanceOf(Decision.Admitted.class);
      }
      assertThat(leases.balances().getFirst().shadowRefused()).isEqualTo(before + 5);
    }
  }

  @Test
  void prefersTheMoreSpecificPolicyOfALimit() {
    Policy ofAnna =
        new Policy(
            "anna",
            "user",
            null,
            "acme",
            null,
            "anna",
            null,
            Per.USER,
            7,
            9,
            0,
            false,
            false,
            StoreAway.HOLD);
    try (Leases leases = service.start(USER, ofAnna)) {
      assertThat(now(leases.admit(ANNA)).policy()).isEqualTo(ofAnna);
      assertThat(now(leases.admit(new Subject("acme", "p", "k", "ben", "chat"))).policy())
          .isEqualTo(USER);
      assertThat(ofAnna.headerItem()).isEqualTo("\"user\";q=9;w=2");
    }
  }

  @Test
  void remembersABoundedNumberOfKeysAndForgetsThem() {
    LeaseSettings defaults = LeaseSettings.defaults();
    LeaseSettings few =
        new LeaseSettings(
            defaults.patience(), defaults.callTimeout(), defaults.policiesRefresh(), 2, 10, 10);
    try (Leases leases = service.start(few, USER)) {
      assertThat(admitted(leases, ANNA)).isTrue();
      assertThat(admitted(leases, new Subject("acme", "p", "k", "ben", "chat"))).isTrue();
      Subject third = new Subject("acme", "p", "k", "cid", "chat");
      assertThat(((Decision.Refused) now(leases.admit(third))).unavailable()).isTrue();
      assertThat(leases.stats().keys()).isEqualTo(2);
      Awaitility.await().atMost(Duration.ofSeconds(40)).until(() -> leases.stats().keys() == 0);
      assertThat(admitted(leases, third)).isTrue();
      assertThat(admitted(leases, ANNA)).isTrue();
    }
  }

  @Test
  void countsStreamsWhileTheyAreOpen() {
    service.streamsLeft.set(2);
    try (Leases leases = service.start(streams("streams", StoreAway.HOLD))) {
      List<StreamAdmission> opened = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        opened.add(leases.open(ANNA).toCompletableFuture().join());
      }
      assertThat(opened).extracting(one -> one.stream() != null).containsExactly(true, true, false);
      assertThat(((Decision.Refused) opened.get(2).decision()).unavailable()).isFalse();
      OpenStream first = Objects.requireNonNull(opened.getFirst().stream());
      first.close();
      first.close();
      Awaitility.await()
          .until(() -> service.calls.getLast().streams().stream().anyMatch(one -> one.open() == 1));
      service.manner = Manner.STORE_AWAY;
      StreamAdmission held = leases.open(ANNA).toCompletableFuture().join();
      assertThat(((Decision.Refused) held.decision()).unavailable()).isTrue();
    }
  }

  /// Policies of one limit that hold for different requests, a request of the second, and one of
  /// the first that has as much in common with it as can be.
  static Stream<Arguments> policiesOfOneLimit() {
    Subject backend = new Subject("acme", "default", "key", null, "chat");
    Subject ben = new Subject("acme", "default", "key", "ben", "chat");
    Subject auth = new Subject("acme", "default", "key", "anna", "auth");
    Subject otherKey = new Subject("acme", "default", "other", "anna", "chat");
    Subject namedAsTheKey = new Subject("acme", "default", "key", "key", "chat");
    return Stream.of(
        Arguments.of(any(Per.USER), one(null, null, "auth", Per.USER), auth, ANNA),
        Arguments.of(any(Per.KEY), one(null, null, "auth", Per.KEY), auth, ANNA),
        Arguments.of(any(Per.TENANT), one(null, null, "auth", Per.TENANT), auth, ANNA),
        Arguments.of(any(Per.TENANT), one("key", null, null, Per.TENANT), ANNA, otherKey),
        Arguments.of(any(Per.USER), one("key", null, null, Per.USER), ANNA, otherKey),
        Arguments.of(any(Per.TENANT), one(null, "anna", null, Per.TENANT), ANNA, ben),
        Arguments.of(any(Per.KEY), one(null, "anna", null, Per.KEY), ANNA, ben),
        Arguments.of(any(Per.KEY), one(null, null, null, Per.USER), namedAsTheKey, backend));
  }

  private static Policy any(Per per) {
    return rate("any", "default", null, null, null, null, per, StoreAway.OPEN);
  }

  private static Policy one(
      @Nullable String apiKey, @Nullable String user, @Nullable String routeClass, Per per) {
    return rate("one", null, "acme", apiKey, user, routeClass, per, StoreAway.HOLD);
  }

  private static Policy rate(
      String id,
      @Nullable String plan,
      @Nullable String tenant,
      @Nullable String apiKey,
      @Nullable String user,
      @Nullable String routeClass,
      Per per,
      StoreAway storeAway) {
    return new Policy(
        id,
        "limit",
        plan,
        tenant,
        apiKey,
        user,
        routeClass,
        per,
        50,
        100,
        0,
        false,
        false,
        storeAway);
  }

  private static Policy onStreams(Policy rate) {
    return new Policy(
        rate.id(),
        rate.limit(),
        rate.plan(),
        rate.tenant(),
        rate.apiKey(),
        rate.user(),
        rate.routeClass(),
        rate.per(),
        0,
        0,
        10,
        false,
        false,
        rate.storeAway());
  }

  @ParameterizedTest
  @MethodSource("policiesOfOneLimit")
  void keepsTheUnitsOfEachPolicyApart(Policy any, Policy one, Subject ofOne, Subject ofAny) {
    service.spent.add("one");
    try (Leases leases = service.start(any, one)) {
      for (int i = 0; i < 5; i++) {
        Decision admitted = now(leases.admit(ofAny));
        assertThat(admitted).isInstanceOf(Decision.Admitted.class);
        assertThat(admitted.policy()).isEqualTo(any);
        Decision refused = now(leases.admit(ofOne));
        assertThat(refused).isInstanceOf(Decision.Refused.class);
        assertThat(refused.policy()).isEqualTo(one);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("policiesOfOneLimit")
  void keepsTheStreamsOfEachPolicyApart(Policy any, Policy one, Subject ofOne, Subject ofAny) {
    service.spent.add("one");
    try (Leases leases = service.start(onStreams(any), onStreams(one))) {
      for (int i = 0; i < 3; i++) {
        assertThat(leases.open(ofAny).toCompletableFuture().join().stream()).isNotNull();
        StreamAdmission refused = leases.open(ofOne).toCompletableFuture().join();
        assertThat(refused.decision().policy()).isEqualTo(onStreams(one));
        assertThat(refused.stream()).isNull();
      }
      List<Wire.Streams> counts =
          service.calls.stream().flatMap(call -> call.streams().stream()).toList();
      assertThat(counts.stream().filter(count -> count.policy().equals("one")))
          .isNotEmpty()
          .allMatch(count -> count.open() == 0);
      assertThat(counts.stream().filter(count -> count.policy().equals("any")))
          .anyMatch(count -> count.open() == 2);
    }
  }

  static Stream<Arguments> policiesInPlaceOfAnother() {
    return Stream.of(
        Arguments.of(
            "anna", rate("any", "default", null, null, null, null, Per.USER, StoreAway.HOLD)),
        Arguments.of("anna", one(null, null, null, Per.USER)),
        Arguments.of("anna", one(null, "anna", null, Per.USER)),
        Arguments.of("", one(null, "anna", null, Per.TENANT)));
  }

  private static LeaseSettings curious() {
    LeaseSettings defaults = LeaseSettings.defaults();
    return new LeaseSettings(
        defaults.patience(), defaults.callTimeout(), Duration.ofMillis(10), 10, 10, 10);
  }

  /// A slip of an operator must not last longer than the policy that has it.
  @Test
  void asksAgainUnderAnotherPolicyThoughTheFormerLeftNothing() {
    service.manner = Manner.EMPTY; // for a minute
    try (Leases leases = service.start(curious(), policy("user", 0.001, 1, StoreAway.SHARE))) {
      assertThat(admitted(leases, ANNA)).isFalse();
      service.manner = Manner.GRANTS;
      service.replace(USER);
      Awaitility.await().until(() -> admitted(leases, ANNA));
    }
  }

  @Test
  void givesBackWhatAnotherPolicyGranted() {
    Policy loose = policy("user", 1_000, 1_000, StoreAway.HOLD);
    try (Leases leases = service.start(curious(), loose)) {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(2))
          .until(
              () -> {
                admitted(leases, ANNA);
                return leases.balances().getFirst().outstanding() > 20;
              });
      service.manner = Manner.EMPTY;
      service.replace(policy("user", 1, 1, StoreAway.HOLD));
      Awaitility.await().pollInterval(Duration.ofMillis(2)).until(() -> !admitted(leases, ANNA));
      assertThat(leases.balances().getFirst().outstanding()).isZero();
      assertThat(service.unitsReturned()).isPositive();
    }
  }

  @Test
  void asksForAllThatARequestLacksInOneCall() {
    try (Leases leases = service.start(USER, policy("tenant", 1_000, 1_000, StoreAway.SHARE))) {
      assertThat(admitted(leases, ANNA)).isTrue();
      assertThat(service.calls.getFirst().demands())
          .extracting(Wire.Demand::policy)
          .containsExactlyInAnyOrder("user", "tenant");
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesNothingOfABurstBeforeItIsKnownWhetherTheStoreAnswers(StoreAway storeAway) {
    service.manner = Manner.SLOW;
    try (Leases leases = service.start(policy("user", 50, 100, storeAway))) {
      List<CompletionStage<Decision>> burst = new ArrayList<>();
      for (int i = 0; i < 90; i++) {
        burst.add(leases.admit(ANNA));
      }
      assertThat(burst).extracting(LeasesTests::now).hasOnlyElementsOfType(Decision.Admitted.class);
    }
  }

  @Test
  void admitsWithoutALeaseWhileTheAnswerTakesLong() {
    service.manner = Manner.SILENT;
    LeaseSettings defaults = LeaseSettings.defaults();
    LeaseSettings endless =
        new LeaseSettings(
            defaults.patience(), Duration.ofDays(1), defaults.policiesRefresh(), 10, 10, 10);
    try (Leases leases = service.start(endless, policy("user", 50, 100, StoreAway.SHARE))) {
      for (int i = 0; i < 10; i++) { // more than its share has at once
        assertThat(admitted(leases, ANNA)).isTrue();
      }
      assertThat(leases.balances()).extracting(Balance::awayAdmitted).containsExactly(10L);
    }
  }

  @Test
  void isNotHeldUpByAPartOfTheStoreThatIsAway() {
    service.away.add("globex");
    LeaseSettings defaults = LeaseSettings.defaults();
    LeaseSettings hasty =
        new LeaseSettings(
            defaults.patience(), Duration.ofMillis(300), defaults.policiesRefresh(), 10, 10, 10);
    List<Subject> others =
        Stream.of("ann", "bob", "cy", "dee", "eve")
            .map(user -> new Subject("globex", "default", "other", user, "chat"))
            .toList();
    try (Leases leases = service.start(hasty, exactly("acme"), exactly("globex"))) {
      for (int i = 0; i < 5; i++) {
        others.forEach(other -> assertThat(admitted(leases, other)).isFalse());
        assertThat(admitted(leases, ANNA)).as("request %s", i).isTrue();
      }
      service.away.clear();
      others.forEach(other -> Awaitility.await().until(() -> admitted(leases, other)));
    }
  }

  /// A limit of a tenant's users that asks for each request.
  private static Policy exactly(String tenant) {
    return new Policy(
        tenant,
        "user",
        null,
        tenant,
        null,
        null,
        null,
        Per.USER,
        50,
        100,
        0,
        true,
        false,
        StoreAway.HOLD);
  }

  /// With no answer in 50 ms, `share` would admit it beside all that are open elsewhere.
  @Test
  void opensNoStreamBeforeItIsKnownWhetherTheStoreAnswers() {
    service.streamsLeft.set(0);
    service.manner = Manner.SLOW;
    try (Leases leases = service.start(streams("user", StoreAway.SHARE))) {
      Decision decision = leases.open(ANNA).toCompletableFuture().join().decision();
      assertThat(((Decision.Refused) decision).unavailable()).isFalse();
    }
  }

  @Test
  void tellsAtTheEndThatNoStreamIsOpen() {
    Leases leases = service.start(streams("user", StoreAway.SHARE));
    assertThat(leases.open(ANNA).toCompletableFuture().join().stream()).isNotNull();
    leases.close();
    assertThat(service.calls.getLast().streams())
        .extracting(Wire.Streams::open, Wire.Streams::want)
        .containsExactly(tuple(0, 0)); // when it was asked for one was wanted
  }

  @ParameterizedTest
  @ValueSource(strings = {"garbage", "null", "{}", "{\"sequence\":1}"})
  void takesAnAnswerThatMakesNoSenseForNone(String answer) {
    service.nonsense = answer;
    try (Leases leases = service.start(policy("user", 50, 100, StoreAway.HOLD))) {
      assertThat(admitted(leases, ANNA)).isFalse();
      service.nonsense = null;
      Awaitility.await().until(() -> admitted(leases, ANNA));
    }
  }

  @Test
  void tellsAStoreThatIsAwayOfStreamsNowAndThenOnly() throws InterruptedException {
    try (Leases leases = service.start(streams("user", StoreAway.SHARE))) {
      List<OpenStream> open = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        open.add(Objects.requireNonNull(leases.open(ANNA).toCompletableFuture().join().stream()));
      }
      service.manner = Manner.STORE_AWAY;
      int before = service.calls.size();
      open.getFirst().close();
      Awaitility.await().until(() -> service.calls.size() > before);
      Thread.sleep(1_500);
      assertThat(service.calls.size() - before).isLessThan(10);
      service.manner = Manner.GRANTS;
      int away = service.calls.size();
      Awaitility.await()
          .until(
              () ->
                  service.calls.stream()
                      .skip(away)
                      .anyMatch(call -> call.streams().getFirst().open() == 1));
    }
  }

  private static Policy streams(String limit, StoreAway storeAway) {
    return new Policy(
        limit + "-streams",
        limit,
        null,
        "acme",
        null,
        null,
        null,
        Per.USER,
        0,
        0,
        3,
        false,
        false,
        storeAway);
  }

  @Test
  void limitsRatesAndStreamsOfOneNameForThemselves() {
    Policy streams = streams("user", StoreAway.SHARE); // the more specific of the two
    assertThat(new Policies("1", 4, List.of(USER, streams)).of(ANNA))
        .containsExactlyInAnyOrder(USER, streams);
  }

  @ParameterizedTest
  @MethodSource("policiesInPlaceOfAnother")
  void keepsTheBucketWhenAnotherPolicyTakesThePlace(String key, Policy next) {
    try (Leases leases = service.start(curious(), any(Per.USER))) {
      assertThat(admitted(leases, ANNA)).isTrue();
      service.replace(next);
      Awaitility.await().until(() -> next.equals(now(leases.admit(ANNA)).policy()));
      assertThat(leases.stats().keys()).isEqualTo(1);
      // what was granted under the one goes back under the other
      Awaitility.await().until(() -> leases.balances().getFirst().outstanding() == 0);
      Awaitility.await()
          .until(
              () ->
                  service.demands().stream()
                      .anyMatch(
                          demand ->
                              demand.policy().equals(next.id())
                                  && demand.key().equals(key)
                                  && demand.returns() != null));
    }
  }
}
