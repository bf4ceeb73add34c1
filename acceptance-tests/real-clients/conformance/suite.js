// The suite as published, against the adapter. Which of its cases run: cases.js.
import { runConformanceTests } from "@durable-streams/server-conformance-tests";

runConformanceTests({
  baseUrl: process.env.CONFORMANCE_TEST_URL,
  longPollTimeoutMs: 30_000,
  subscriptions: true, // listed too, so that they are named in cases.js
});
