/** Docker for tests: the daemon that answers, or one that is started for them where that can be done. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./cloud.ts";

const run = promisify(execFile);

/** Answers standard output and error of a command. @throws Error with both when it fails. */
export type Docker = (...args: readonly string[]) => Promise<string>;

interface Daemon {
  readonly docker: Docker;
  stop(): Promise<void>;
}

/** Call in a `describe`: skips it, saying why, where there is neither a daemon nor a way to start one. */
export function useDocker(): Docker {
  let daemon: Daemon | undefined;
  before("find or start a Docker daemon", async function () {
    this.timeout(60_000);
    daemon = (await running()) ?? (await started());
    if (daemon) return;
    console.log("      skipped: no Docker daemon answers, and there is no `dockerd` on PATH to start as root");
    this.skip();
  });
  after("stop the Docker daemon", async function () {
    this.timeout(60_000);
    await daemon?.stop();
  });
  return (...args) => {
    if (!daemon) throw new Error("There is no Docker daemon: call this in tests and hooks");
    return daemon.docker(...args);
  };
}

function dockerAt(host?: string): Docker {
  const env = { ...process.env, DOCKER_BUILDKIT: "1", ...(host && { DOCKER_HOST: host }) };
  return async (...args) => {
    const { stdout, stderr } = await run("docker", args, { env, maxBuffer: 2 ** 26 });
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

/** One with nothing but what the tests give it: no bridge, so that no rule of this machine's firewall is touched. */
async function started(): Promise<Daemon | undefined> {
  const found = await run("which", ["dockerd"]).catch(() => undefined);
  if (found === undefined || userInfo().uid !== 0) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "switchyard-docker-"));
  const host = `unix://${join(directory, "docker.sock")}`;
  const flags = ["--data-root", join(directory, "data"), "--exec-root", join(directory, "exec"), "-H", host];
  const bare = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--storage-driver=vfs"];
  const child = spawn("dockerd", [...flags, ...bare, "-p", join(directory, "docker.pid")], { stdio: "ignore" });
  const docker = dockerAt(host);
  const isUp = () => docker("version").catch(() => undefined);
  const stop = () => stopDaemon(child, directory);
  try {
    await eventually(isUp, 30_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { docker, stop };
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

/**
 * An image with this project's Node, a shell and the libraries of both, which need not be pulled from anywhere: what the
 * Dockerfiles take for their base.
 */
export async function importNode(docker: Docker, tag: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "switchyard-node-image-"));
  const put = (from: string, to = from) => {
    mkdirSync(join(directory, dirname(to)), { recursive: true });
    copyFileSync(realpathSync(from), join(directory, to));
  };
  try {
    const programs = { [process.execPath]: "/usr/local/bin/node", "/bin/sh": "/bin/sh", "/bin/rm": "/bin/rm" };
    for (const [from, to] of Object.entries(programs)) {
      put(from, to);
      for (const library of librariesOf(from)) put(library);
    }
    mkdirSync(join(directory, "image"));
    const archive = join(directory, "..", `${tag}.tar`);
    execFileSync("tar", ["-C", directory, "-cf", archive, "."]);
    await docker("import", archive, tag);
    rmSync(archive);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function librariesOf(program: string): readonly string[] {
  const listed = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...new Set([...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path))];
}
