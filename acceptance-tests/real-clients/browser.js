// Headless Chromium with a page that any web site could serve.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";

export const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
  .flatMap((name) => (process.env.PATH ?? "").split(path.delimiter).map((dir) => path.join(dir, name)))
  .find((file) => fs.existsSync(file));

/** Serves the page; its origin is one that the gateway has to allow. */
export async function servePage(port = 0) {
  const html = fs.readFileSync(path.join(import.meta.dirname, "event-source.html"));
  const server = http.createServer((_, response) =>
    response.writeHead(200, { "Content-Type": "text/html" }).end(html),
  );
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function launch() {
  return chromium.launch({
    executablePath: CHROMIUM,
    // no calls home, which a closed network would refuse one by one
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Follows a room with one EventSource in a page of its own. */
export async function followWithEventSource(browser, origin, gateway, path, token) {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.evaluate(([...all]) => follow(...all), [gateway, path, token]);
  return { state: () => page.evaluate(() => state()), close: () => page.close() };
}
