/** `/_switchyard/…`: what the cloud tells and is told besides AWS calls. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Access } from "./access/access.ts";
import type { Cloud } from "./context.ts";
import { type Faults, parseFaults } from "./faults.ts";
import { type Front, readBody } from "./front.ts";
import type { Moto } from "./moto/server.ts";

export function installAdmin(options: {
  cloud: Cloud;
  front: Front;
  moto: Moto;
  faults: Faults;
  access: Access;
  dir: string;
}): void {
  const { cloud, front, moto, faults, access } = options;
  const startedAt = Date.now();
  const { route } = cloud.context;

  route("/_switchyard/status", (_, response) => {
    const calls = Object.fromEntries([...front.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
    const uptimeMs = Date.now() - startedAt;
    json(response, 200, {
      pid: process.pid,
      dir: options.dir,
      uptimeMs,
      pace: cloud.context.pace,
      calls,
      ...cloud.status(),
    });
  });
  route("/_switchyard/reset", async (request, response) => {
    if (request.method !== "POST") return json(response, 405, { message: "Use POST" });
    faults.clear();
    await cloud.reset();
    await moto.reset();
    front.clearCounts();
    json(response, 200, {});
  });
  // What each role did, and was refused.
  route("/_switchyard/access", (request, response) => {
    if (request.method === "DELETE") access.forget();
    else if (request.method !== "GET") return json(response, 405, { message: "Use GET or DELETE" });
    json(response, 200, access.took());
  });
  route("/_switchyard/faults", async (request, response) => {
    if (request.method === "DELETE") {
      faults.clear();
      return json(response, 200, {});
    }
    if (request.method === "GET") return json(response, 200, told(faults, request.url?.endsWith("?bodies") ?? false));
    if (request.method !== "POST") return json(response, 405, { message: "Use GET, POST or DELETE" });
    await addFaults(request, response, faults);
  });
}

/** The faults with what they hit; bodies are many, and told when they are asked for. */
function told(faults: Faults, bodies: boolean): object {
  if (bodies) return faults.list();
  return faults.list().map(({ hits, ...fault }) => ({
    ...fault,
    hits: hits.map(({ service, operation }) => ({ service, operation })),
  }));
}

async function addFaults(request: IncomingMessage, response: ServerResponse, faults: Faults): Promise<void> {
  try {
    faults.add(parseFaults(JSON.parse((await readBody(request)).toString("utf8"))));
    json(response, 200, {});
  } catch (error) {
    json(response, 400, { message: `The list of faults is not usable: ${(error as Error).message}` });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}
