import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./history.js";

const event = (offset, clientId, at = offset) => ({
  offset: `${String(offset).padStart(16, "0")}_0123456789ab`,
  type: "message.created",
  data: { clientId, offset: at },
});
const acknowledged = ["a", "b", "c"].map((clientId, i) => ({ clientId, offset: i + 1 }));
const [a, b, c] = acknowledged.map(({ clientId, offset }) => event(offset, clientId));

test("a whole history is accepted", () => assert.deepEqual(judge(acknowledged, [a, b, c]), []));
test("a repeated event is noticed", () => assert.notEqual(judge(acknowledged, [a, b, b, c]).length, 0));
test("a missing event is noticed", () => assert.notEqual(judge(acknowledged, [a, c]).length, 0));
test("a missing last event is noticed", () => assert.notEqual(judge(acknowledged, [a, b]).length, 0));
test("a missing first event is noticed", () => assert.notEqual(judge(acknowledged, [b, c]).length, 0));
test("a swapped event is noticed", () => assert.notEqual(judge(acknowledged, [b, a, c]).length, 0));
test("messages in another order than sent are noticed", () =>
  assert.notEqual(judge(acknowledged, [event(1, "b"), event(2, "a"), c]).length, 0));
test("an event at another offset than acknowledged is noticed", () =>
  assert.notEqual(judge(acknowledged, [a, b, event(3, "c", 4)]).length, 0));
