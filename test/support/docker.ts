/** Docker for tests: the daemon that answers, or one that is started for them where that can be done. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./cloud.ts";

const run = promisify(execFile);

/** Answers standard output and error of a command. @throws Error with both when it fails. */
export type Docker = (...args: readonly string[]) => Promise<string>;

interface Daemon {
  readonly docker: Docker;
  stop(): Promise<void>;
  /** Of one with a network of its own: by which another program is run in it. */
  readonly pid?: number;
}

/** Call in a `describe`: skips it, saying why, where there is neither a daemon nor a way to start one. */
export function useDocker(): Docker {
  const what = "Docker daemon that answers, and no `dockerd` on PATH that starts as root";
  const daemon = useDaemon(what, async () => (await running()) ?? (await started(bare)));
  return (...args) => daemon().docker(...args);
}

/**
 * Docker with networks, in one of its own: nothing of this machine's firewall or ports is touched. Skips as `useDocker` does,
 * and where there is no `docker compose`.
 */
export function useDockerNetworks(): { docker: Docker; node(script: string): Promise<string> } {
  const daemon = useDaemon("`docker compose`, or no `dockerd` on PATH that starts as root", async () => {
    const composes = await dockerAt()("compose", "version").catch(() => undefined);
    return composes === undefined ? undefined : await started([], ["unshare", "--net", "sh", "-c", inOwnNetwork, "sh"]);
  });
  return {
    docker: (...args) => daemon().docker(...args),
    node: async (script) => {
      const where = ["--target", String(daemon().pid), "--net"];
      return (await run("nsenter", [...where, process.execPath, "--input-type=module", "-e", script])).stdout.trim();
    },
  };
}

const inOwnNetwork = 'ip link set lo up && exec "$@"';

function useDaemon(what: string, find: () => Promise<Daemon | undefined>): () => Daemon {
  let daemon: Daemon | undefined;
  before("find or start a Docker daemon", async function () {
    this.timeout(60_000);
    daemon = await find();
    if (daemon) return;
    console.log(`      skipped: there is no ${what}`);
    this.skip();
  });
  after("stop the Docker daemon", async function () {
    this.timeout(60_000);
    await daemon?.stop();
  });
  return () => {
    if (!daemon) throw new Error("There is no Docker daemon: call this in tests and hooks");
    return daemon;
  };
}

/** The first client on PATH that builds with BuildKit: from 23 on it needs a plugin for that, before it has it in itself. */
async function clientOnPath(): Promise<string> {
  const answers = async (...command: readonly [string, ...string[]]) =>
    run(command[0], command.slice(1)).then(
      ({ stdout }) => stdout,
      () => "",
    );
  const clients = (await answers("which", "-a", "docker")).trim().split("\n");
  for (const client of clients) {
    const [, major = Number.NaN] = /version (\d+)/.exec(await answers(client, "--version")) ?? [];
    if (Number(major) < 23 || (await answers(client, "buildx", "version")) !== "") return client;
  }
  return clients[0] ?? "docker";
}

let client: Promise<string> | undefined;

function dockerAt(host?: string): Docker {
  client ??= clientOnPath();
  const program = client;
  const env = { ...process.env, DOCKER_BUILDKIT: "1", ...(host && { DOCKER_HOST: host }) };
  return async (...args) => {
    const { stdout, stderr } = await run(await program, args, { env, maxBuffer: 2 ** 26 });
    return `${stdout}${stderr}`.trim();
  };
}

async function running(): Promise<Daemon | undefined> {
  const docker = dockerAt();
  const answers = await docker("version").then(
    () => true,
    () => false,
  );
  return answers ? { docker, stop: async () => undefined } : undefined;
}

/** Nothing but what the tests give it: no bridge, so that no rule of this machine's firewall is touched. */
const bare = ["--bridge=none", "--iptables=false", "--ip6tables=false"];

/** Images take gigabytes: not where temporary files are in memory. */
const roomy = "/var/tmp";

/** @param by What runs it, when it is not to run in the network of this machine. */
/** Undefined where there is none to start, or where it does not come up: in a container without the rights, for one. */
async function started(settings: readonly string[], by: readonly string[] = []): Promise<Daemon | undefined> {
  const found = await run("which", ["dockerd"]).catch(() => undefined);
  if (found === undefined || userInfo().uid !== 0) return undefined;
  const directory = mkdtempSync(join(roomy, "switchyard-docker-"));
  const host = `unix://${join(directory, "docker.sock")}`;
  const flags = ["--data-root", join(directory, "data"), "--exec-root", join(directory, "exec"), "-H", host];
  const [command = "", ...args] = [...by, "dockerd", ...flags, ...settings, "-p", join(directory, "docker.pid")];
  const log = join(directory, "log");
  const written = openSync(log, "w");
  const child = spawn(command, args, { stdio: ["ignore", written, written] });
  closeSync(written);
  const docker = dockerAt(host);
  const isUp = async () => child.exitCode !== null || (await docker("version").catch(() => undefined));
  const answer = await eventually(isUp, 30_000).catch(() => true);
  if (answer !== true)
    return { docker, stop: () => stopDaemon(child, directory), ...(child.pid && { pid: child.pid }) };
  console.log(`      dockerd does not come up: ${readFileSync(log, "utf8").trim().split("\n").at(-1)}`);
  await stopDaemon(child, directory);
  return undefined;
}

async function stopDaemon(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  // Namespaces of networks stay mounted when the daemon is gone.
  const mounted = readFileSync("/proc/self/mounts", "utf8").split("\n");
  for (const point of mounted.map((line) => line.split(" ")[1] ?? ""))
    if (point.startsWith(`${directory}/`)) execFileSync("umount", ["-l", point]);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
