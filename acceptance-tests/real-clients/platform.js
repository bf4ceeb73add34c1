// A platform of our own, in a data directory of its own, through `./platform` alone.
import { execFile, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const root = path.resolve(import.meta.dirname, "../..");
const own = path.join(root, "acceptance-tests/target/real-clients/platform");
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
    const platform = new Platform(given ?? own, !!given);
    if (!given) {
      await platform.#down(); // what a run that was killed left behind
      platform.#preferOwnPorts();
      await platform.#command([
        ...["up", "--detach", ...(process.env.PLIMSOLL_TEST_BUILT ? ["--no-build"] : [])],
        // the suite asks more often than a user may
        ...["--plan", "load"],
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
      await this.#down();
    }
  }

  async #down() {
    if (fs.existsSync(this.directory)) {
      await this.#command(["down"]);
      fs.rmSync(this.directory, { recursive: true, force: true });
    }
  }

  /** Far from the usual ports, which a platform of the developer's may take while this one starts. */
  #preferOwnPorts() {
    const names = ["gateway", "auth", "chat", "ratelimit"].flatMap((name) => [name, `${name}.internal`]).concat("postgres", "redis");
    const first = 30_000 + Math.floor(Math.random() * 250) * names.length;
    fs.mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    fs.writeFileSync(
      path.join(this.directory, "ports.properties"),
      names.map((name, i) => `${name}=${first + i}\n`).join(""),
    );
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
