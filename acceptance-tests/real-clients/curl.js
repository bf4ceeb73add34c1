// curl, as typed in a terminal.
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { until } from "./platform.js";

export class Curl {
  output = "";
  #child;

  constructor(options) {
    this.#child = spawn("curl", options, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout.setEncoding("utf8").on("data", (text) => (this.output += text));
  }

  static async run(options) {
    const { stdout } = await promisify(execFile)("curl", options);
    return stdout;
  }

  /** Waits for a whole line. */
  line(pattern) {
    return until(`${pattern}`, () => this.#lines().some((line) => pattern.test(line)), 20);
  }

  /** Waits for so many events and returns them. */
  events(count) {
    return until(
      `${count} events`,
      () => {
        const lines = this.#lines();
        const events = lines
          .filter((line, i) => line.startsWith("data:") && /^event: ?data$/.test(lines[i - 1]))
          .flatMap((line) => JSON.parse(line.slice(5)));
        return events.length >= count && events;
      },
      20,
    );
  }

  kill() {
    this.#child.kill("SIGKILL");
  }

  #lines() {
    return this.output.split(/\r?\n/).slice(0, -1);
  }
}
