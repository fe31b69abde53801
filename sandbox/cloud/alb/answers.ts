/** What the load balancer answers by itself: errors, redirects, fixed responses. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FixedResponseActionConfig, RedirectActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";

const errorTitles: Record<number, string> = {
  502: "502 Bad Gateway",
  503: "503 Service Temporarily Unavailable",
  504: "504 Gateway Time-out",
};

function errorPage(status: number): string {
  const title = errorTitles[status] ?? `${status} ${STATUS_CODES[status] ?? ""}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

export function sendError(response: ServerResponse, status: number): void {
  const body = errorPage(status);
  response.writeHead(status, { server: "awselb/2.0", "content-type": "text/html", "content-length": body.length });
  response.end(body);
}

/** The same on a socket whose client asked for an upgrade. */
export function sendSocketError(socket: Duplex, status: number): void {
  const body = errorPage(status);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

export function sendFixed(response: ServerResponse, config: FixedResponseActionConfig): number {
  const status = Number(config.StatusCode ?? 200);
  const body = config.MessageBody ?? "";
  response.writeHead(status, {
    server: "awselb/2.0",
    "content-type": config.ContentType ?? "text/plain",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
  return status;
}

export interface RedirectFacts {
  readonly protocol: "HTTP" | "HTTPS";
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly query: string;
}

/** The URL a redirect action leads to; `boundPort` gives the port of this machine that stands for a listener's port. */
export function redirectUrl(
  config: RedirectActionConfig,
  facts: RedirectFacts,
  boundPort: (protocol: string, port: string) => string = (_, port) => port,
): string {
  const fill = (template: string) =>
    template
      .replaceAll("#{protocol}", facts.protocol.toLowerCase())
      .replaceAll("#{host}", facts.host)
      .replaceAll("#{port}", String(facts.port))
      .replaceAll("#{path}", facts.path.replace(/^\//, ""))
      .replaceAll("#{query}", facts.query);
  const protocol = fill(config.Protocol ?? "#{protocol}").toLowerCase();
  const port = boundPort(protocol.toUpperCase(), fill(config.Port ?? "#{port}"));
  const standard = (protocol === "http" && port === "80") || (protocol === "https" && port === "443");
  const path = fill(config.Path ?? "/#{path}");
  const query = fill(config.Query ?? "#{query}");
  const authority = `${fill(config.Host ?? "#{host}")}${standard ? "" : `:${port}`}`;
  return `${protocol}://${authority}${path}${query === "" ? "" : `?${query}`}`;
}

export function sendRedirect(response: ServerResponse, status: number, url: string): void {
  response.writeHead(status, { server: "awselb/2.0", location: url, "content-type": "text/html", "content-length": 0 });
  response.end();
}

/** Path and query of a request line, whether in origin or absolute form. */
export function splitUrl(request: IncomingMessage): { path: string; query: string } {
  let url = request.url ?? "/";
  if (!url.startsWith("/")) url = url.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  return { path: path === "" ? "/" : path, query: mark === -1 ? "" : url.slice(mark + 1) };
}
