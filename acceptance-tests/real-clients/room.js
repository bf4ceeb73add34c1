// A room, through the REST API.
import { pause } from "./platform.js";

export class Room {
  #url;
  #token;

  constructor(url, token, id) {
    this.#url = url;
    this.#token = token;
    this.id = id;
  }

  static async create(url, token, id) {
    const room = new Room(url, token, id);
    await room.#post("/chat/v1/rooms", { id, name: id, private: false });
    return room;
  }

  /** Path of the room's topic. */
  get events() {
    return `/chat/v1/rooms/${this.id}/events`;
  }

  /** @returns {{clientId: string, offset: number, position: string}} what was acknowledged */
  async send(clientId, content) {
    const answer = await this.#post(`/chat/v1/rooms/${this.id}/messages`, {
      clientId,
      parts: [{ type: "text/plain", content }],
    });
    const message = await answer.json();
    return { clientId, offset: message.offset, position: answer.headers.get("Stream-Next-Offset") };
  }

  async #post(path, body) {
    const answer = await fetch(this.#url + path, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.#token}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) {
      throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    }
    return answer;
  }
}

/** Sends numbered messages one after another, each until it is acknowledged. */
export class Producer {
  acknowledged = [];
  retries = 0;
  #stopped = new AbortController();
  #done;

  constructor(room, everyMilliseconds) {
    this.#done = this.#run(room, everyMilliseconds);
  }

  async #run(room, every) {
    const signal = this.#stopped.signal;
    for (let n = 1; !signal.aborted; n++) {
      const clientId = `m${n}`;
      for (;;) {
        try {
          this.acknowledged.push(await room.send(clientId, `message ${n}`));
          break;
        } catch {
          this.retries++; // its clientId makes it safe to repeat, whatever became of the first
          if (signal.aborted) {
            return;
          }
          await pause(250);
        }
      }
      await pause(every, signal);
    }
  }

  stop() {
    this.#stopped.abort();
    return this.#done;
  }
}
