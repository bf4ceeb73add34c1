// A proxy that removes the ids from event streams: what an EventSource can't do without.
import http from "node:http";

export async function forgetful(url) {
  const upstream = new URL(url);
  const open = new Set();
  const server = http.createServer((request, response) => {
    const onward = http.request(
      {
        host: upstream.hostname,
        port: upstream.port,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, host: upstream.host },
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        response.flushHeaders();
        open.add(response);
        response.on("close", () => open.delete(response));
        let rest = "";
        answer.setEncoding("utf8");
        answer.on("data", (text) => {
          const lines = (rest + text).split("\n");
          rest = lines.pop();
          response.write(lines.filter((line) => !line.startsWith("id:")).map((line) => `${line}\n`).join(""));
        });
        answer.on("end", () => response.end(rest));
        answer.on("error", () => response.destroy());
      },
    );
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Drops every open answer. */
    cut() {
      for (const response of open) {
        response.destroy();
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
