/** The sandbox's cloud process: moto as a child, one endpoint in front of it, and everything moto has not. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAccess } from "./access/access.ts";
import { installAdmin } from "./admin.ts";
import { install as installAlb } from "./alb/install.ts";
import { install as installBatch } from "./batch/install.ts";
import { installCodeBuild } from "./codebuild/install.ts";
import { createCloud } from "./context.ts";
import { installDistribution } from "./distribution/install.ts";
import { installEcr } from "./ecr/install.ts";
import { installEcrPublic } from "./ecr-public/install.ts";
import { install as installEcs } from "./ecs/install.ts";
import { SandboxError, sandboxError } from "./errors.ts";
import { createFaults } from "./faults.ts";
import { installFirewall } from "./firewall.ts";
import { createFront } from "./front.ts";
import type { Install } from "./handlers.ts";
import { imageUnpacker } from "./images.ts";
import { installLambda } from "./lambda/install.ts";
import { defaultPort, portTaken } from "./lifecycle.ts";
import { installMail } from "./mail/install.ts";
import { install as installMetrics } from "./metrics/install.ts";
import { startMoto } from "./moto/server.ts";
import { installNetwork } from "./network.ts";
import { install as installOrganization } from "./organization/install.ts";
import { installPricing } from "./pricing/install.ts";
import { isAlive, type ProcessIdentity, processStart, recordedProcesses } from "./processes.ts";
import { databaseAuthority } from "./rds/authority.ts";
import { installRds } from "./rds/install.ts";
import { createRegistry } from "./registry.ts";
import { Schedules } from "./schedules/schedules.ts";
import { installSecrets } from "./secrets.ts";
import { installStates } from "./states/install.ts";

const parts: Install[] = [
  installLambda,
  installNetwork,
  installFirewall,
  installRds,
  installSecrets,
  installAlb,
  installEcs,
  installMetrics,
  installMail,
  installOrganization,
  installPricing,
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      port: { type: "string" },
      pace: { type: "string" },
      python: { type: "string" },
      "owner-pid": { type: "string" },
    },
  });
  const { dir, python } = values;
  if (!dir || !python) {
    throw new SandboxError({
      what: "--dir and --python are needed",
      where: "sandbox/cloud/main.ts",
      fix: "Start it with startCloud()",
    });
  }
  await run({
    dir,
    python,
    port: Number(values.port ?? 0),
    pace: Number(values.pace ?? 1),
    owner: identityOf(values["owner-pid"]),
  });
}

function identityOf(pid: string | undefined): ProcessIdentity | undefined {
  return pid === undefined ? undefined : { pid: Number(pid), processStart: processStart(Number(pid)) ?? null };
}

async function run(options: {
  dir: string;
  python: string;
  port: number;
  pace: number;
  owner: ProcessIdentity | undefined;
}): Promise<void> {
  const data = join(options.dir, "cloud");
  mkdirSync(data, { recursive: true });
  const self = { pid: process.pid, processStart: processStart(process.pid) ?? null };
  const processes = recordedProcesses(join(data, "pids"));
  writeFileSync(join(data, "pids", `cloud.${process.pid}`), JSON.stringify(self));

  // Whoever calls closes: a server that does closes what is being asked over just then, on a busy machine.
  const server = createServer({ keepAliveTimeout: 0 });
  const port = await listen(server, options.port);
  const endpoint = `http://127.0.0.1:${port}`;

  const closing: (() => Promise<void> | void)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (exitCode: number) => {
    stopping ??= (async () => {
      server.close();
      for (const close of closing.reverse()) await close();
      await processes.stopAll(2000);
      rmSync(join(options.dir, "cloud.json"), { force: true });
      process.exit(exitCode);
    })();
    return stopping;
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void stop(0));
  watchOwner(options.owner, () => void stop(0));
  // A fault of the cloud's own must not leave its children behind.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      report(error, options.dir);
      void stop(1);
    });
  }

  try {
    const moto = await startMoto({ python: options.python, dir: data, pace: options.pace, processes });
    closing.push(moto.stop);
    const registry = createRegistry({ motoEndpoint: moto.endpoint, account: "123456789012" });
    const cloud = createCloud({
      dir: data,
      pace: options.pace,
      endpoint,
      wellKnownPorts: port === defaultPort,
      registry,
      processes,
      unpackImage: (reference) => unpack(reference),
      databaseAuthority: () => databaseAuthority(data).then((authority) => authority.file),
    });
    closing.push(cloud.stop);
    const store = installEcr(cloud.context);
    const unpack = imageUnpacker(store, join(data, "images"));
    const access = installAccess(cloud.context);
    installStates(cloud.context, installBatch(cloud.context, access.enter), new Schedules(cloud.context));
    installCodeBuild(cloud.context, access.enter);
    installDistribution(cloud.context, store, installEcrPublic(cloud.context, store));
    for (const install of parts) await install(cloud.context);
    const faults = createFaults();
    const front = createFront({ moto, registry, faults, access, log: cloud.context.log });
    installAdmin({ cloud, front, moto, faults, access, dir: options.dir });
    server.on("request", front.listener);
  } catch (error) {
    report(error, options.dir);
    await stop(1);
  }
  const startedAt = new Date().toISOString();
  const record = {
    endpoint,
    port,
    ...self,
    pace: options.pace,
    startedAt,
    ...(options.owner ? { owner: options.owner } : {}),
  };
  const file = join(options.dir, "cloud.json");
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  }).catch(async (error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE" ? await portTaken(port) : error;
  });
  return (server.address() as { port: number }).port;
}

function watchOwner(owner: ProcessIdentity | undefined, gone: () => void): void {
  if (!owner) return;
  setInterval(() => {
    if (!isAlive(owner)) gone();
  }, 250).unref();
}

function report(error: unknown, dir: string): void {
  if (!(error instanceof SandboxError)) console.error(error);
  const { what, where, fix } = sandboxError(error, dir);
  console.error(JSON.stringify({ what, where, fix }));
}

main().catch((error: unknown) => {
  report(error, process.cwd());
  process.exit(1);
});
