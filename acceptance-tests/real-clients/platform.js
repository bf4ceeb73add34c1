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
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

export class Platform {
  directory;

  constructor(data) {
    this.directory = data;
  }

  /** @param origin whose pages may use the gateway */
  static async up(origin) {
    const data = fs.mkdtempSync(path.join(targetDirectory(), "platform-"));
    const platform = new Platform(data);
    await platform.#command(["up", "--detach"], { PLIMSOLL_CORS_ORIGINS: origin });
    const lines = fs.readFileSync(path.join(data, "demo.env"), "utf8").split("\n");
    const env = Object.fromEntries(lines.filter((l) => /^\w+=/.test(l)).map((l) => l.split(/=(.*)/s)));
    platform.url = env.PLIMSOLL_URL;
    platform.key = { id: env.PLIMSOLL_KEY_ID, secret: env.PLIMSOLL_KEY_SECRET };
    return platform;
  }

  async down() {
    await this.#command(["down"]);
    fs.rmSync(this.directory, { recursive: true, force: true });
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

  #command(command, env = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn(path.join(root, "platform"), [...command, ...this.#options()], {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, ...env },
      });
      child.on("error", reject);
      child.on("exit", (code) =>
        code === 0 ? resolve() : reject(new Error(`./platform ${command.join(" ")}: exit ${code}`)),
      );
    });
  }
}

function targetDirectory() {
  const directory = path.join(root, "acceptance-tests/target/real-clients");
  fs.mkdirSync(directory, { recursive: true });
  return directory;
}
