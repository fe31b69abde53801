/** One PostgreSQL cluster: what stands behind one database instance. */
import type { ChildProcess } from "node:child_process";
import { chownSync, closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Processes } from "../handlers.ts";
import { freePort } from "../moto/server.ts";
import { type Authority, type ServerCertificate, serverCertificate } from "./authority.ts";
import { type DatabaseHome, prepareHome, type RunAs, run } from "./binaries.ts";

/** RDS's own superuser (Amazon RDS User Guide, "Understanding PostgreSQL roles and permissions"). */
const superuser = "rdsadmin";

export interface ClusterFactory {
  /** Version of the PostgreSQL that runs, e.g. "18.4". */
  version(): Promise<string>;
  /** Begins with what the first cluster would wait a second for; that one tells what of it has failed. */
  prepare(): void;
  create(options: ClusterOptions): Promise<Cluster>;
  /** Forgets the template and every file; clusters must be stopped before. */
  clear(): Promise<void>;
}

export interface ClusterOptions {
  readonly name: string;
  readonly masterUsername: string;
  /** May be left out of a copy, which has one. */
  readonly masterPassword?: string | undefined;
  /** Database to create besides `postgres`. */
  readonly databaseName?: string | undefined;
  /** Connections without TLS are refused. */
  readonly forceTls: boolean;
  /** A directory that `Cluster.copy` made: its roles and data are there, the master's password is set anew if one is given. */
  readonly from?: string | undefined;
}

export interface Cluster {
  readonly port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Applies to connections opened from now on. */
  setForceTls(force: boolean): void;
  setPassword(username: string, password: string): Promise<void>;
  /** Copies its data as they are at one moment, while it runs; the path of the directory. */
  copy(name: string): Promise<string>;
  /** Stops the cluster and deletes its data. */
  remove(): Promise<void>;
}

interface Prepared extends DatabaseHome {
  readonly authority: Authority;
  readonly certificate: ServerCertificate;
  readonly password: string;
  readonly template: string;
}

export function clusterFactory(options: {
  dir: string;
  processes: Processes;
  authority(): Promise<Authority>;
  password(): string;
}): ClusterFactory {
  let prepared: Promise<Prepared> | undefined;
  const prepare = () => {
    prepared ??= prepareTemplate(options).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };
  return {
    version: async () => {
      const { bin } = await prepare();
      return /\d+(\.\d+)?/.exec((await run(join(bin, "postgres"), ["--version"])).stdout)?.[0] ?? "";
    },
    prepare: () => void prepare().catch(() => undefined),
    create: async (wanted) => createCluster(wanted, await prepare(), options.processes),
    clear: async () => {
      const old = await prepared?.catch(() => undefined);
      prepared = undefined;
      if (old) rmSync(old.dir, { recursive: true, force: true });
    },
  };
}

/** An initialised data directory that every cluster is a copy of: initdb takes a second, a copy a tenth of one. */
async function prepareTemplate(options: Parameters<typeof clusterFactory>[0]): Promise<Prepared> {
  const home = await prepareHome(options.dir);
  const authority = await options.authority();
  const certificate = await serverCertificate(authority);
  const password = options.password();
  const owned = (file: string, content: string) => writeOwned(home.user, join(home.dir, file), content);
  owned("server.crt", certificate.certificate);
  owned("server.key", certificate.key);
  owned("password", password);
  const template = join(home.dir, "template");
  const flags = ["-U", superuser, "--auth=scram-sha-256", `--pwfile=${join(home.dir, "password")}`];
  // Small write-ahead log files keep the copies small.
  const locale = ["--no-sync", "--locale=C", "--encoding=UTF8", "--wal-segsize=1"];
  await runPostgres(join(home.bin, "initdb"), ["-D", template, ...flags, ...locale], {
    ...home.user,
    env: { LC_ALL: "C" },
    cwd: home.dir,
  });
  rmSync(join(home.dir, "password"));
  return { ...home, authority, certificate, password, template };
}

function writeOwned({ uid, gid }: RunAs, file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid);
}

async function runPostgres(command: string, args: readonly string[], options: object): Promise<void> {
  try {
    await run(command, [...args], options);
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const said = stderr?.trim().split("\n").at(-1) ?? (error as Error).message;
    const fix = said.includes("user does not exist")
      ? ": PostgreSQL needs this user to have a line in /etc/passwd"
      : "";
    throw new Error(`PostgreSQL cannot make a database: ${said}${fix}`, { cause: error });
  }
}

async function createCluster(options: ClusterOptions, home: Prepared, processes: Processes): Promise<Cluster> {
  const data = join(home.dir, options.name);
  await run("cp", ["-a", options.from ?? home.template, data], { ...home.user, cwd: home.dir });
  const hbaFile = join(data, "pg_hba.conf");
  const writeHba = (force: boolean) => {
    // Rewritten in place: the file stays the PostgreSQL user's.
    const kind = force ? "hostssl" : "host";
    writeFileSync(
      hbaFile,
      `hostssl all ${superuser} 127.0.0.1/32 scram-sha-256\n${kind} all all 127.0.0.1/32 scram-sha-256\n`,
    );
  };
  writeHba(options.forceTls);
  const port = await freePort();
  let child: ChildProcess | undefined;

  const connect = async (): Promise<pg.Client> => {
    const ssl = { ca: home.authority.certificate, servername: "localhost" };
    const { password } = home;
    const client = new pg.Client({ host: "127.0.0.1", port, user: superuser, password, database: "postgres", ssl });
    // A connection cut by a stopping server is reported by the query or by connect.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const start = async () => {
    const logFile = join(home.dir, `${options.name}.log`);
    const log = openSync(logFile, "a");
    const settings = Object.entries(settingsOf(home, port)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const postgres = join(home.bin, "postgres");
    const started = processes.spawn(`postgres-${options.name}`, postgres, ["-D", data, ...settings], {
      ...home.user,
      cwd: home.dir,
      env: { LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    child = started;
    await answering(connect, started, logFile);
  };
  const stop = async () => {
    // SIGINT is PostgreSQL's fast shutdown: sessions are ended, data is written.
    if (child) await processes.stop(child, 5000, "SIGINT");
    child = undefined;
  };
  const administer = async (statements: readonly string[]) => {
    const client = await connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };

  const copy = async (copyName: string) => {
    const into = join(home.dir, copyName);
    const client = await connect();
    try {
      await client.query("SELECT pg_backup_start('copy', true)");
      await run("cp", ["-a", data, into], { ...home.user, cwd: home.dir });
      const { rows } = await client.query("SELECT labelfile FROM pg_backup_stop(false)");
      // The log that was written meanwhile makes the copy whole, so it is taken after the end.
      rmSync(join(into, "pg_wal"), { recursive: true });
      rmSync(join(into, "postmaster.pid"));
      await run("cp", ["-a", join(data, "pg_wal"), into], { ...home.user, cwd: home.dir });
      writeOwned(home.user, join(into, "backup_label"), rows[0].labelfile);
    } finally {
      await client.end();
    }
    return into;
  };

  await start();
  await administer(options.from === undefined ? newStatements(options) : passwordStatements(options));
  return {
    port,
    start,
    stop,
    setForceTls: (force) => {
      writeHba(force);
      child?.kill("SIGHUP");
    },
    setPassword: (masterUsername, masterPassword) => administer(passwordStatements({ masterUsername, masterPassword })),
    copy,
    remove: async () => {
      await stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

// The sandbox's data does not outlive it, so nothing waits for the disk. No socket file: 127.0.0.1 only.
function settingsOf(home: Prepared, port: number): Record<string, string> {
  return {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    ssl: "on",
    ssl_cert_file: join(home.dir, "server.crt"),
    ssl_key_file: join(home.dir, "server.key"),
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    shared_buffers: "32MB",
    max_connections: "200",
    huge_pages: "off",
    jit: "off",
  };
}

/** The master user as RDS makes it: no superuser, a member of `rds_superuser`, owner of the instance's database. */
function newStatements(options: ClusterOptions): string[] {
  const master = pg.escapeIdentifier(options.masterUsername);
  const predefined = "pg_monitor, pg_signal_backend, pg_checkpoint, pg_read_all_data, pg_write_all_data";
  return [
    "CREATE ROLE rds_superuser NOLOGIN",
    `GRANT ${predefined} TO rds_superuser WITH ADMIN OPTION`,
    `CREATE ROLE ${master} LOGIN CREATEDB CREATEROLE`,
    ...passwordStatements(options),
    `GRANT rds_superuser TO ${master} WITH ADMIN OPTION`,
    ...(options.databaseName ? [`CREATE DATABASE ${pg.escapeIdentifier(options.databaseName)} OWNER ${master}`] : []),
  ];
}

function passwordStatements({
  masterUsername,
  masterPassword,
}: Pick<ClusterOptions, "masterUsername" | "masterPassword">): string[] {
  if (masterPassword === undefined) return [];
  return [`ALTER ROLE ${pg.escapeIdentifier(masterUsername)} PASSWORD ${pg.escapeLiteral(masterPassword)}`];
}

async function answering(connect: () => Promise<pg.Client>, child: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await (await connect()).end();
      return;
    } catch (error) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || Date.now() > deadline) {
        const lines = existsSync(logFile) ? readFileSync(logFile, "utf8").trim().split("\n").slice(-3).join(" | ") : "";
        throw new Error(`PostgreSQL does not start: ${lines || (error as Error).message}`, { cause: error });
      }
      await delay(15);
    }
  }
}
