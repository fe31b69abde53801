/** An upgraded connection (websocket): once the target agrees, bytes pass both ways untouched. */
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { sendSocketError } from "./answers.ts";
import type { ProxyResult } from "./proxy.ts";
import type { InFlight, Target } from "./target.ts";

export function tunnel(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  target: Target,
  headers: readonly string[],
  options: { readonly secure: boolean; readonly idleTimeoutMs: number },
): Promise<ProxyResult> {
  const { id: host, port } = target.address;
  const startedAt = performance.now();
  const upstream: Socket = options.secure
    ? connectTls({ host, port, rejectUnauthorized: false })
    : connect({ host, port });
  return new Promise((resolve) => {
    const flight: InFlight = {
      kind: "websocket",
      cut: () => {
        client.destroy();
        upstream.destroy();
      },
    };
    target.inFlight.add(flight);
    let result: ProxyResult = { status: 502 };
    const end = () => {
      target.inFlight.delete(flight);
      client.destroy();
      upstream.destroy();
      resolve(result);
    };
    upstream.on(options.secure ? "secureConnect" : "connect", () => {
      upstream.write(requestHead(request, headers));
      if (head.length > 0) upstream.write(head);
      client.pipe(upstream);
    });
    upstream.once("data", (first: Buffer) => {
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first.subarray(0, 16).toString("latin1"))?.[1] ?? 502);
      result = { status, targetStatus: status, targetMs: performance.now() - startedAt };
      client.write(first);
      upstream.pipe(client);
    });
    upstream.on("error", () => {
      if (result.targetStatus === undefined && client.writable) sendSocketError(client, 502);
      else end();
    });
    upstream.setTimeout(options.idleTimeoutMs, end);
    upstream.on("close", () => (result.targetStatus === undefined ? client.once("close", end) : end()));
    client.on("error", end);
    client.on("close", end);
  });
}

function requestHead(request: IncomingMessage, headers: readonly string[]): string {
  const lines = [`${request.method} ${request.url} HTTP/1.1`];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  lines.push("Connection: Upgrade", `Upgrade: ${request.headers.upgrade ?? ""}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
