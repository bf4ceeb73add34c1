// A platform of our own, in a data directory of its own, through `./platform` alone.
import { execFile, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Resolves once a condition holds; what it returns. */
export async function until(what, condition, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await condition();
    if (found) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${seconds} s`);
    }
    await pause(100);
  }
}

export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(stop, milliseconds);
    signal?.addEventListener("abort", stop);
  });
}

export class Platform {
  #keep;

  constructor(data, keep) {
    this.directory = data;
    this.#keep = keep;
  }

  /** @param origins of pages that may call the gateway */
  static async up(origins) {
    const given = process.env.PLIMSOLL_TEST_DATA;
    const platform = new Platform(given ?? fs.mkdtempSync(path.join(target(), "platform-")), !!given);
    if (!given) {
      await platform.#command([
        ...["up", "--detach"],
        ...["--env", `gateway:PLIMSOLL_GATEWAY_ALLOWEDORIGINS=${origins.join(",")}`],
        // the suite waits for some polls to end
        ...["--env", "chat:PLIMSOLL_SUBSCRIPTIONS_STREAM_LONGPOLL=5s"],
      ]);
    }
    const lines = fs.readFileSync(path.join(platform.directory, "demo.env"), "utf8").split("\n");
    platform.url = lines.find((line) => line.startsWith("PLIMSOLL_URL=")).slice("PLIMSOLL_URL=".length);
    return platform;
  }

  async down() {
    if (!this.#keep) {
      await this.#command(["down"]);
      fs.rmSync(this.directory, { recursive: true, force: true });
    }
  }

  /** Kills a process without warning; the launcher starts it again. */
  kill(service) {
    return this.#command(["kill", service]);
  }

  /** Stops a process and keeps it down. */
  stop(service) {
    return this.#command(["stop", service]);
  }

  start(service) {
    return this.#command(["start", service]);
  }

  /** A user's token, as the README has it made. */
  async token(user) {
    const { stdout } = await run(path.join(root, "platform"), ["token", "--user", user, ...this.#options()]);
    return stdout.trim();
  }

  #options() {
    return ["--data", this.directory];
  }

  #command(command) {
    return new Promise((resolve, reject) => {
      const child = spawn(path.join(root, "platform"), [...command, ...this.#options()], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      child.on("error", reject);
      child.on("exit", (code) =>
        code === 0 ? resolve() : reject(new Error(`./platform ${command.join(" ")}: exit ${code}`)),
      );
    });
  }
}

/** Where what the tests leave behind may lie. */
function target() {
  const directory = path.join(root, "acceptance-tests/target/real-clients");
  fs.mkdirSync(directory, { recursive: true });
  return directory;
}
