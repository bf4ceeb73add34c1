// The suite creates streams with PUT and appends to them with POST; a topic of ours is written
// through its product's REST API only. This server stands between the two: PUT makes a room, POST
// posts messages to it, and GET and HEAD go to `/chat/v1/rooms/{room}/events` with the query string
// and the headers as the suite sent them. What comes back is the platform's own answer: status,
// headers, positions and timing are never touched. Only bodies are unwrapped, from events to what
// the suite appended, because the suite compares them:
//
// - a stream of JSON: each event's envelope is replaced by the value in its message; events that the
//   suite did not append (`member.added` of the room's creator) are left out;
// - a stream of text or bytes: the same for pages, whose contents are concatenated, and their
//   Content-Type is the stream's (ours is always `application/json`). Event streams of these are
//   passed on byte by byte, as the JSON that they are.
import http from "node:http";
import { Room } from "../room.js";

const MAX_CONTENT = 30_000; // characters of one message

export async function startAdapter(url, token) {
  const streams = new Map();
  const upstream = new URL(url);
  const agent = new http.Agent({ keepAlive: true });

  async function put(id, request, response) {
    const type = request.headers["content-type"] ?? "application/octet-stream";
    const body = await read(request);
    const known = streams.has(id);
    let position;
    if (!known) {
      const stream = { type, room: await Room.create(url, token, id), messages: 0 };
      streams.set(id, stream);
      position = body.length > 0 ? await append(stream, body) : undefined;
    }
    response.writeHead(known ? 200 : 201, {
      "Content-Type": type,
      Location: `http://${request.headers.host}/v1/stream/${id}`,
      ...(position && { "Stream-Next-Offset": position }),
    });
    response.end();
  }

  async function post(id, request, response) {
    const stream = streams.get(id);
    const body = await read(request);
    if (!stream) {
      response.writeHead(404).end();
      return;
    }
    const position = await append(stream, body);
    response.writeHead(204, { "Stream-Next-Offset": position }).end();
  }

  async function append(stream, body) {
    let position;
    for (const content of contents(stream, body)) {
      ({ position } = await stream.room.send(`${++stream.messages}`, content));
    }
    return position;
  }

  function pass(id, request, response) {
    const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "";
    const headers = { ...request.headers, host: upstream.host };
    if (request.method !== "OPTIONS") {
      headers.authorization = `Bearer ${token}`;
    }
    const onward = http.request(
      {
        host: upstream.hostname,
        port: upstream.port,
        method: request.method,
        path: new Room(url, token, id).events + query,
        headers,
        agent,
      },
      (answer) => unwrap(streams.get(id), request, answer, response),
    );
    onward.on("error", (e) => {
      if (!response.destroyed) {
        console.error(`${request.method} ${request.url}: ${e.code ?? e} (socket ${onward.reusedSocket ? "used before" : "new"})`);
      }
      response.destroy();
    });
    response.on("close", () => onward.destroy());
    onward.end();
  }

  const server = http.createServer((request, response) => {
    const id = request.url.replace(/^\/v1\/stream\//, "").replace(/\?.*$/s, "");
    const handle = { PUT: put, POST: post }[request.method] ?? pass;
    Promise.resolve(handle(id, request, response)).catch((e) => {
      console.error(`${request.method} ${request.url}: ${e.stack}`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 0; // closing an idle connection can meet the suite's next request
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}

/** What the suite appends at once, as the contents of messages. */
function contents(stream, body) {
  if (isJson(stream)) {
    const value = JSON.parse(body);
    return (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one));
  }
  const text = isText(stream) ? body.toString() : body.toString("base64");
  const parts = [];
  for (let i = 0; i < text.length; i += MAX_CONTENT) {
    parts.push(text.slice(i, i + MAX_CONTENT)); // a multiple of 4: each is base64 of its own
  }
  return parts;
}

function isJson(stream) {
  return /^application\/json\b/i.test(stream.type);
}

function isText(stream) {
  return /^text\//i.test(stream.type);
}

function unwrap(stream, request, answer, response) {
  const type = answer.headers["content-type"] ?? "";
  const page = answer.statusCode === 200 && /^application\/json\b/.test(type) && request.method === "GET";
  const events = type.startsWith("text/event-stream");
  if (stream && page) {
    unwrapPage(stream, answer, response).catch((e) => {
      console.error(`${request.method} ${request.url}: ${e.stack}`);
      response.destroy();
    });
  } else if (stream && events && isJson(stream)) {
    unwrapEvents(answer, response);
  } else {
    const headers = { ...answer.headers };
    if (stream && request.method === "HEAD" && answer.statusCode === 200) {
      headers["content-type"] = stream.type;
    }
    response.writeHead(answer.statusCode, headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  }
}

async function unwrapPage(stream, answer, response) {
  const values = contentsOf(JSON.parse(await read(answer)));
  const body = isJson(stream)
    ? Buffer.from(`[${values.join(",")}]`)
    : isText(stream)
      ? Buffer.from(values.join(""))
      : Buffer.concat(values.map((value) => Buffer.from(value, "base64")));
  const headers = { ...answer.headers, "content-length": body.length };
  if (!isJson(stream)) {
    headers["content-type"] = stream.type;
  }
  response.writeHead(answer.statusCode, headers);
  response.end(body);
}

/** Each payload is one `data:` line after its `event:` line. */
function unwrapEvents(answer, response) {
  response.writeHead(answer.statusCode, answer.headers);
  response.flushHeaders();
  let rest = "";
  let event = "";
  answer.setEncoding("utf8");
  answer.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("event:")) {
        event = line.slice(6).trim();
      }
      const payload = event === "data" && line.startsWith("data:");
      response.write(
        payload ? `data:[${contentsOf(JSON.parse(line.slice(5))).join(",")}]\n` : `${line}\n`,
      );
    }
  });
  answer.on("end", () => response.end(rest));
  answer.on("error", () => response.destroy());
}

function contentsOf(events) {
  return events
    .filter((event) => event.type === "message.created")
    .map((event) => event.data.parts[0].content);
}

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
