import type { Server } from "node:http";
import { WebSocketServer } from "ws";

/** A websocket at `path` that sends back what it receives. `close` tells every client the server is going away. */
export function attachEcho(server: Server, path: string): { close(): void } {
  const version = process.env["VERSION"] ?? "unversioned";
  const sockets = new WebSocketServer({ server, path, maxPayload: 64 * 1024 });
  sockets.on("headers", (headers) => headers.push(`x-version: ${version}`));
  sockets.on("connection", (socket) => {
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return {
    close() {
      sockets.close();
      // 1001 is "going away" (RFC 6455, section 7.4.1).
      for (const socket of sockets.clients) socket.close(1001, "the task is stopping");
    },
  };
}
