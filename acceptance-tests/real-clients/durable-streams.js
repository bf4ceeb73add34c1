// @durable-streams/client, unmodified, in the loop that a client needs under faults: it does not
// reconnect a broken event stream by itself, and repeats data when a connection ends between `data`
// and `control`. So: reopen at `res.offset`, and drop events that are not above the last one seen.
import { stream } from "@durable-streams/client";
import { pause } from "./platform.js";

export class Follower {
  received = [];
  repeated = 0; // dropped, because seen before
  opened = 0;
  #stopped = false;
  #open;
  #done;

  /**
   * @param mode `false` (catch-up, again and again), `"long-poll"` or `"sse"`: the client's `live`
   * @param options how to break the loop, to show that it is needed
   */
  constructor(url, token, mode, options = {}) {
    this.#done = this.#run(url, token, mode, options);
  }

  async #run(url, token, live, { forgetOffset = false, keepRepeated = false }) {
    let offset = "-1";
    let last = "";
    while (!this.#stopped) {
      this.#open = new AbortController();
      let res;
      try {
        res = await stream({
          url,
          offset,
          live,
          json: true,
          signal: this.#open.signal,
          headers: { Authorization: `Bearer ${token}` },
          backoffOptions: { initialDelay: 100, maxDelay: 1_000, multiplier: 1.3 },
          warnOnHttp: false,
        });
        this.opened++;
        res.closed.catch(() => {}); // rejects too; nobody else listens
        for await (const event of res.jsonStream()) {
          if (event.offset > last || keepRepeated) {
            this.received.push(event);
            last = event.offset;
          } else {
            this.repeated++;
          }
        }
      } catch {
        // whatever it was: reopen
      }
      if (res && !forgetOffset) {
        offset = res.offset;
      }
      await pause(200);
    }
  }

  /** Breaks the connection, as a network does. */
  drop() {
    this.#open.abort();
  }

  stop() {
    this.#stopped = true;
    this.#open.abort();
    return this.#done;
  }
}
