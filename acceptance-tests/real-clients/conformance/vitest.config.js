import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["suite.js"],
    // each case has streams of its own, and some wait for as long as the server lets a poll wait
    sequence: { concurrent: true },
    maxConcurrency: Number(process.env.CONFORMANCE_CONCURRENCY),
    testTimeout: 60_000,
  },
});
