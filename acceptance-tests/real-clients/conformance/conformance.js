// The published suite in its own test runner, in a process of its own.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { excluded, run } from "./cases.js";

const vitest = path.resolve(import.meta.dirname, "../node_modules/vitest/vitest.mjs");

/** What is wrong with the lists, as sentences: each case of the suite is in exactly one of them. */
export async function unlisted() {
  const output = await start(["list", "--json"], { CONFORMANCE_CONCURRENCY: "1" });
  const suite = JSON.parse(output).map((entry) => entry.name);
  const listed = [...run, ...excluded.flatMap(({ cases }) => cases)];
  const wrong = [];
  for (const name of suite) {
    const times = listed.filter((other) => other === name).length;
    if (times !== 1) {
      wrong.push(`"${name}" is listed ${times} times (expected: once, to run or with a reason not to)`);
    }
  }
  for (const name of listed.filter((other) => !suite.includes(other))) {
    wrong.push(`"${name}" is listed, and the suite has no such case`);
  }
  return wrong;
}

/**
 * Runs the cases that apply; name, status and first failure of each that ran.
 *
 * Those that fail run once more, one at a time: some cases give the server half a second. `repeated`
 * tells which passed only then, and what had been wrong.
 */
export async function runCases(url, directory) {
  const cases = new Map();
  const repeated = [];
  for (const found of await runOnly(run, 8, url, directory)) {
    cases.set(found.name, found);
  }
  const failed = [...cases.values()].filter(({ status }) => status === "failed");
  if (failed.length > 0) {
    for (const found of await runOnly(failed.map(({ name }) => name), 1, url, directory)) {
      if (found.status === "passed") {
        repeated.push(cases.get(found.name));
      }
      cases.set(found.name, found);
    }
  }
  return { cases, repeated };
}

async function runOnly(names, concurrency, url, directory) {
  const report = path.join(directory, "conformance.json");
  fs.rmSync(report, { force: true });
  const pattern = `^(${names.map(escape).join("|")})$`;
  await start(["run", "--reporter=json", `--outputFile=${report}`, "-t", pattern], {
    CONFORMANCE_TEST_URL: url,
    CONFORMANCE_CONCURRENCY: `${concurrency}`,
  });
  return JSON.parse(fs.readFileSync(report, "utf8"))
    .testResults.flatMap((file) => file.assertionResults)
    .filter(({ status }) => status === "passed" || status === "failed")
    .map(({ ancestorTitles, title, status, failureMessages }) => ({
      name: [...ancestorTitles, title].join(" > "),
      status,
      failure: failureMessages?.[0],
    }));
}

/** The runner joins the titles with a blank. */
function escape(name) {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(" > ", "( > | )");
}

function start(options, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, ...options, "--root", import.meta.dirname], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_OPTIONS: "", ...env },
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", () => resolve(Buffer.concat(chunks).toString())); // failures are in the report
  });
}
