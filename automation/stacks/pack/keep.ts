import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { policyPack, Runners, runnerEnv } from "./runners.ts";

/** Bytes of what a policy runner says of its operation, the stack's configuration among it. */
const longest = 16 << 20;
/** Milliseconds. It says it at once. */
const patience = 10_000;

/** The policy pack in Pulumi's policy runner, for one operation of an engine after another. */
export interface PackKeeper {
  /** For an engine: with it the policy runner that it starts hands over to a kept one (`hand-over.cjs`). */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a runner, unless one waits: an operation is about to ask for it. */
  prepare(): void;
}

let keeper: Promise<PackKeeper> | undefined;

/**
 * Of this process. To start a runner and have it judge its first stack takes longer than the next one does, and whoever
 * updates a stack has mostly just previewed it. Each operation has a runner to itself while it lasts.
 */
export function packKeeper(): Promise<PackKeeper> {
  keeper ??= keepPack();
  return keeper;
}

/** @param runners for a test, which starts and ends its own */
export async function keepPack(runners = new Runners()): Promise<PackKeeper> {
  const token = randomBytes(16).toString("hex");
  const server = createServer((engine) => void serve(engine, token, runners)).listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    env: { ...runnerEnv, SWITCHYARD_KEPT_PACK: JSON.stringify({ port, token, directory: policyPack }) },
    prepare: () => runners.prepare(),
  };
}

/** Answers with the port of a runner that knows of the operation; it is the engine's until that hangs up. */
async function serve(engine: Socket, token: string, runners: Runners): Promise<void> {
  // The operation it belongs to keeps this process alive.
  engine.unref().on("error", () => engine.destroy());
  const left = once(engine, "close");
  const asked = await request(engine, token);
  if (asked === undefined) return void engine.destroy();
  const runner = runners.take();
  const port = await runner.about(asked);
  if (port === undefined) {
    runner.child.kill();
    return void engine.end();
  }
  const hangUp = () => engine.destroy();
  runner.child.once("close", hangUp);
  engine.write(`${port}\n`);
  await left;
  runner.child.off("close", hangUp);
  runners.giveBack(runner);
}

/** The environment of the policy runner that asks; none from whoever does not know the token. */
async function request(engine: Socket, token: string): Promise<Record<string, string> | undefined> {
  let bytes = 0;
  engine.on("data", (data) => {
    bytes += data.length;
    if (bytes > longest) engine.destroy();
  });
  engine.setTimeout(patience, () => engine.destroy());
  const lines = createInterface({ input: engine });
  try {
    const [line] = (await Promise.race([once(lines, "line"), once(lines, "close").then(() => [""])])) as [string];
    const said = JSON.parse(line) as { readonly token: string; readonly environment: Record<string, string> };
    return said.token === token ? said.environment : undefined;
  } catch {
    return undefined;
  } finally {
    engine.setTimeout(0);
  }
}
