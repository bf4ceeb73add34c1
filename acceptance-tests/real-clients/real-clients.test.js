// Clients that others wrote, unmodified, against one platform of our own. In order: what needs a calm
// platform first, then all clients at once while each process is killed and kept away.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { followWithEventSource, launch, servePage } from "./browser.js";
import { startAdapter } from "./conformance/adapter.js";
import { excluded, run } from "./conformance/cases.js";
import { runCases, unlisted } from "./conformance/conformance.js";
import { Curl } from "./curl.js";
import { Follower } from "./durable-streams.js";
import { forgetful } from "./forgetful.js";
import { judge, number } from "./history.js";
import { pause, Platform, until } from "./platform.js";
import { Producer, Room } from "./room.js";

const ABSENCE = 30_000;
const RECOVERY = 120; // seconds, of a busy machine
const RUN = Date.now().toString(36); // a platform that is kept has the rooms of earlier runs
const SUITES_ORIGIN = "https://example.com"; // of its preflight

let platform;
let page;
let browser;
let token;

before(async () => {
  page = await servePage(process.env.PLIMSOLL_TEST_DATA ? 9701 : 0);
  [platform, browser] = await Promise.all([Platform.up([page.origin, SUITES_ORIGIN]), launch()]);
  token = await platform.token("alice");
}, minutes(4));

after(async () => {
  await browser?.close();
  page?.close();
  await platform?.down();
  // does not hold the process itself
  setTimeout(() => {
    console.error(`still open after the tests: ${process.getActiveResourcesInfo()}`);
    process.exit(1);
  }, 10_000).unref();
}, minutes(1));

test("curl", minutes(2), async (t) => {
  const room = await Room.create(platform.url, token, `curl-${RUN}`);
  const url = platform.url + room.events;
  const auth = ["-H", `Authorization: Bearer ${token}`];
  const one = await room.send("one", "one");

  await t.test("gets what there is as a JSON array", async () => {
    const events = JSON.parse(await Curl.run(["-sSf", ...auth, `${url}?offset=-1`]));
    assert.deepEqual(judge([one], events), []);
  });

  await t.test("gets the position of the head", async () => {
    const headers = await Curl.run(["-sSfI", ...auth, url]);
    assert.match(headers, new RegExp(`^stream-next-offset: ${one.position}\r?$`, "im"));
  });

  await t.test("follows, and goes on where it was with Last-Event-ID", async () => {
    const first = new Curl(["-sSN", ...auth, `${url}?offset=now&live=sse`]);
    await first.line(/^event: ?control/);
    const two = await room.send("two", "two");
    assert.deepEqual((await first.events(1)).map(clientId), ["two"]);
    await first.line(new RegExp(`^id: ?${two.position}$`));
    first.kill();
    await room.send("three", "three");
    const second = new Curl([
      ...["-sSN", ...auth, "-H", "Accept: text/event-stream", "-H", `Last-Event-ID: ${two.position}`],
      `${url}?offset=now`, // outranked
    ]);
    await room.send("four", "four");
    assert.deepEqual((await second.events(2)).map(clientId), ["three", "four"]);
    second.kill();
  });

  await t.test("gets an event stream as it is, even if it asks for compression", async () => {
    const curl = new Curl(["-sSNi", ...auth, "-H", "Accept-Encoding: gzip, br, zstd", `${url}?offset=-1&live=sse`]);
    await curl.events(4);
    const headers = curl.output.slice(0, curl.output.search(/\r?\n\r?\n/));
    assert.match(headers, /^content-type: text\/event-stream/im);
    assert.match(headers, /^cache-control: no-cache, no-transform/im);
    assert.match(headers, /^x-accel-buffering: no/im);
    assert.doesNotMatch(headers, /^content-(encoding|length)/im);
    curl.kill();
  });

  await t.test("learns of a lost position from a status, an EventSource from a reset", async () => {
    const lost = `${one.position.slice(0, 17)}${one.position.endsWith("0") ? "1".repeat(12) : "0".repeat(12)}`;
    const answer = await Curl.run(["-sS", "-w", "\n%{http_code}", ...auth, `${url}?offset=${lost}`]);
    assert.equal(answer.split("\n").at(-1), "410");
    const curl = new Curl(["-sSN", ...auth, "-H", "Accept: text/event-stream", `${url}?offset=${lost}`]);
    await curl.line(/^event: ?reset/);
    await curl.line(/^event: ?snapshot/);
    curl.kill();
  });
});

test("the conformance suite of Durable Streams, read side", minutes(4), async (t) => {
  await t.test("each case is listed, to run or with a reason not to", async () => {
    assert.deepEqual(await unlisted(), []);
    t.diagnostic(`${run.length} cases run; not run:`);
    for (const { reason, cases } of excluded) {
      t.diagnostic(`${cases.length}: ${reason}`);
    }
  });
  const adapter = await startAdapter(platform.url, token);
  t.after(() => adapter.close());
  const { cases, repeated } = await runCases(adapter.url, platform.directory);
  for (const { name, failure } of repeated) {
    t.diagnostic(`passed only when run again: ${name} (${failure.split("\n")[0]})`);
  }
  for (const name of run) {
    await t.test(name, () => {
      const found = cases.get(name);
      assert.ok(found, "it has not run");
      assert.equal(found.status, "passed", found.failure);
    });
  }
});

test("a client that loses its ids is noticed", minutes(2), async (t) => {
  const room = await Room.create(platform.url, token, `forgetful-${RUN}`);
  const proxy = await forgetful(platform.url);
  t.after(() => proxy.close());
  const source = await followWithEventSource(browser, page.origin, proxy.url, room.events, token);
  const acknowledged = [await room.send("one", "one"), await room.send("two", "two")];
  await until("two messages", async () => (await source.state()).received.length >= 2);
  proxy.cut();
  acknowledged.push(await room.send("three", "three"));
  const received = await until("a third", async () => {
    const { received } = await source.state();
    return received.some((event) => event.data.clientId === "three") && received;
  });
  assert.notDeepEqual(judge(acknowledged, received), []);
  await source.close();
});

test("clients survive kill -9 and the absence of each process", minutes(8), async (t) => {
  const room = await Room.create(platform.url, token, `faults-${RUN}`);
  const url = platform.url + room.events;
  const source = await followWithEventSource(browser, page.origin, platform.url, room.events, token);
  const followers = new Map([
    ["catch-up", new Follower(url, token, false)],
    ["long-poll", new Follower(url, token, "long-poll")],
    ["sse", new Follower(url, token, "sse")],
  ]);
  // the same client without its loop's care
  const careless = new Follower(url, token, "sse", { forgetOffset: true, keepRepeated: true });
  const producer = new Producer(room, 100);
  t.after(async () => {
    for (const one of [producer, careless, ...followers.values()]) {
      await one.stop();
    }
    await source.close();
  });

  /** Everyone has what was acknowledged until now, and something after it. */
  async function recovered() {
    const enough = producer.acknowledged.length + 10;
    await until("the producer goes on", () => producer.acknowledged.length >= enough, RECOVERY);
    const offset = producer.acknowledged.at(-1).offset;
    const has = (received) => received.length > 0 && number(received.at(-1).offset) >= offset;
    await until("the EventSource has caught up", async () => {
      const { received, gaveUp } = await source.state();
      assert.ok(!gaveUp, "the EventSource gave up");
      return has(received);
    }, RECOVERY);
    for (const [mode, follower] of followers) {
      await until(`the ${mode} client has caught up`, () => has(follower.received), RECOVERY);
    }
  }

  await recovered();
  for (const service of ["chat", "gateway", "postgres"]) {
    await t.test(`${service}: kill -9`, async () => {
      await platform.kill(service);
      // undici takes a stream with `Connection: close` for whole when the server dies; a network
      // that breaks is an error to it
      careless.drop();
      followers.get("sse").drop();
      await recovered();
    });
    await t.test(`${service}: away for 30 s`, async () => {
      await platform.stop(service);
      const { length } = producer.acknowledged;
      await pause(ABSENCE);
      assert.ok(producer.acknowledged.length <= length + 1, `${service} was not away`);
      await platform.start(service);
      await recovered();
    });
  }
  await producer.stop();
  await careless.stop();
  const { acknowledged } = producer;
  const last = acknowledged.at(-1).offset;
  t.diagnostic(`${acknowledged.length} messages, of which ${producer.retries} were sent again`);

  await t.test("the same EventSource object got all events once, in order", async () => {
    const state = await until("the last event", async () => {
      const state = await source.state();
      return number(state.received.at(-1).offset) >= last && state;
    });
    const { received, ends, opened, dropped, resets, gaveUp } = state;
    t.diagnostic(`EventSource: opened ${opened} times, dropped ${dropped} times, ends: ${ends.join(", ")}`);
    assert.ok(!gaveUp);
    assert.equal(resets, 0);
    assert.ok(opened >= 5, `it was dropped only ${dropped} times`);
    assert.deepEqual(judge(acknowledged, received), []);
  });
  for (const [mode, follower] of followers) {
    await t.test(`the ${mode} client got all events once, in order`, async () => {
      await until("the last event", () => number(follower.received.at(-1).offset) >= last);
      await follower.stop();
      t.diagnostic(`${mode}: opened ${follower.opened} times, dropped ${follower.repeated} repeated events`);
      assert.deepEqual(judge(acknowledged, follower.received), []);
    });
  }
  await t.test("the client without the loop's care did not", () => {
    assert.notDeepEqual(judge(acknowledged, careless.received), []);
  });
});

/** Longest a test may take; a busy machine needs several times as long as an idle one. */
function minutes(count) {
  return { timeout: count * 60_000 };
}

function clientId(event) {
  return event.data.clientId;
}
