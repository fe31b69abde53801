import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { restoreEnvironment } from "./environment.ts";

/** Call in a `describe`: every AWS call of this process is answered by `answer`, on loopback, while a test of it runs. */
export function useAwsServer(answer: RequestListener): void {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  let before: NodeJS.ProcessEnv = {};

  beforeEach("answer AWS calls here", async () => {
    before = { ...process.env };
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "sandbox",
      AWS_SECRET_ACCESS_KEY: "sandbox",
    });
  });
  afterEach("answer no more", async () => {
    restoreEnvironment(before);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}
