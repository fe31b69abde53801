/** HAProxy from the operating system, with two servers in one backend, switched by its runtime API. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface HaProxy {
  readonly version: string;
  readonly url: string;
  /** All new requests go to the server with this index; connections to the other finish. */
  switchTo(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** Its version, when it is on this machine. */
export function haproxyVersion(): string | undefined {
  const { status, stdout } = spawnSync("haproxy", ["-v"], { encoding: "utf8" });
  return status === 0 ? /version (\S+)/.exec(stdout)?.[1] : undefined;
}

/** @param servers Groups of `host:port`; the first one has all traffic in the beginning. */
export async function startHaproxy(version: string, servers: readonly (readonly string[])[]): Promise<HaProxy> {
  const dir = await mkdtemp(join(tmpdir(), "switchyard-haproxy-"));
  const socket = join(dir, "admin");
  const port = await freePort();
  const names = servers.map((group, g) => group.map((_, i) => `v${g}_${i}`));
  const lines = servers.flatMap((group, g) =>
    group.map((address, i) => `  server ${names[g]?.[i]} ${address} weight ${g === 0 ? 100 : 0}`),
  );
  await writeFile(join(dir, "haproxy.cfg"), configuration(socket, port, lines));
  const child: ChildProcess = spawn("haproxy", ["-db", "-f", join(dir, "haproxy.cfg")], { stdio: "ignore" });
  const admin = async (commands: string) => {
    const connection = createConnection(socket);
    connection.end(`${commands}\n`);
    const answer = await text(connection);
    if (answer.trim() !== "") throw new Error(`haproxy answered ${answer.trim()} to ${commands}`);
  };
  await answering(admin, child);
  const weights = (group: number, weight: number) =>
    (names[group] ?? []).map((name) => `set server app/${name} weight ${weight}`);
  return {
    version,
    url: `http://127.0.0.1:${port}/`,
    switchTo: (index) =>
      // First the new ones, so that there is a server at every moment.
      admin([...weights(index, 100), ...weights(1 - index, 0)].join("; ")),
    stop: async () => {
      child.kill("SIGKILL");
      await once(child, "close");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configuration(socket: string, port: number, servers: readonly string[]): string {
  return `global
  stats socket ${socket} level admin
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend entry
  bind 127.0.0.1:${port}
  default_backend app
backend app
  balance roundrobin
  http-reuse always
${servers.join("\n")}
`;
}

async function answering(admin: (command: string) => Promise<void>, child: ChildProcess): Promise<void> {
  const until = Date.now() + 5000;
  for (;;) {
    try {
      return await admin("set rate-limit ssl-sessions global 0");
    } catch (error) {
      if (Date.now() > until || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
