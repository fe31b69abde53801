import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

// Plain JavaScript that runs before anything is installed, so it has no types of its own.
interface Setup {
  setUp(project: string): Promise<void>;
  requireNode(version: string): void;
  bothToTheirEnds(works: (Promise<void> | undefined)[]): Promise<void>;
  packagesCurrent(project: string): boolean;
  environmentCurrent(project: string): boolean;
  findPython(candidates?: string[]): Promise<string>;
  createEnvironment(project: string, python: string): Promise<void>;
  requireFreeSpace(where: string, megabytes: number, statfs: () => { bavail: number; bsize: number }): void;
  withLock<T>(file: string, work: () => Promise<T>): Promise<T>;
}
const root = resolve(import.meta.dirname, "../../../sandbox/setup");
const bootstrap = join(root, "bootstrap.mjs");

describe("the set-up", () => {
  let setup: Setup;
  let project: string;
  before(async () => {
    const modules = ["bootstrap", "lock", "packages", "python", "run"];
    setup = Object.assign(
      {},
      ...(await Promise.all(modules.map((name) => import(join(root, `${name}.mjs`))))),
    ) as Setup;
  });
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "switchyard-setup-"));
    mkdirSync(join(project, "sandbox"));
    writeFileSync(join(project, "sandbox", "requirements.txt"), "");
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  const program = (name: string, script: string) => {
    const file = join(project, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  describe("of node packages", () => {
    const write = (file: string, packages: object) => {
      mkdirSync(join(project, "node_modules", "node", "bin"), { recursive: true });
      writeFileSync(join(project, "node_modules", "node", "bin", "node"), "");
      writeFileSync(join(project, file), JSON.stringify({ packages }));
    };
    const wanted = {
      "": { version: "0.1.0" },
      "node_modules/a": { version: "1.0.0", integrity: "x" },
      "node_modules/other-platform": { version: "1.0.0", optional: true },
    };
    const installed = { "node_modules/a": { version: "1.0.0", integrity: "x" } };

    it("is complete when npm's record matches the lockfile", () => {
      write("package-lock.json", wanted);
      write("node_modules/.package-lock.json", installed);
      assert.equal(setup.packagesCurrent(project), true);
    });
    it("is not when the lockfile changed, or an installation was interrupted", () => {
      assert.equal(setup.packagesCurrent(project), false);
      write("package-lock.json", wanted);
      assert.equal(setup.packagesCurrent(project), false);
      write("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.1", integrity: "x" } });
      assert.equal(setup.packagesCurrent(project), false);
      write("node_modules/.package-lock.json", installed);
      rmSync(join(project, "node_modules", "node"), { recursive: true });
      assert.equal(setup.packagesCurrent(project), false);
    });
  });

  describe("of Python", () => {
    it("takes the first that is new enough", async () => {
      const old = program("old", "echo 3.9");
      const good = program("good", "echo 3.12");
      assert.equal(await setup.findPython(["/nowhere", old, good]), good);
    });
    it("says what is missing and how to get it", async () => {
      const old = program("old", "echo 3.9");
      await assert.rejects(
        setup.findPython([old]),
        /old is Python 3\.9, which is too old: install Python 3\.10 or later/,
      );
      await assert.rejects(
        setup.findPython(["/nowhere"]),
        /Python is missing: install Python 3\.10 or later \(for example `apt-get/,
      );
      const bare = program("bare", "exit 1");
      await assert.rejects(
        setup.createEnvironment(project, bare),
        /neither a usable venv module nor pip: .*python3-venv/,
      );
    });
    it("makes an environment once, and again when the requirements change or a run was interrupted", async () => {
      const log = join(project, "log");
      const inner = program("inner", `echo "$@" >> ${log}`);
      const python = program("venv", `mkdir -p "$3/bin" && cp ${inner} "$3/bin/python"`);
      await setup.createEnvironment(project, python);
      assert.equal(setup.environmentCurrent(project), true);
      assert.match(readFileSync(log, "utf8"), /^-m pip install .*--require-hashes -r .*sandbox\/requirements\.txt\n$/);
      const stamp = join(project, ".sandbox", "venv", "installed");
      assert.equal(readFileSync(stamp, "utf8"), createHash("sha256").update("").digest("hex"));
      writeFileSync(join(project, "sandbox", "requirements.txt"), "# changed\n");
      assert.equal(setup.environmentCurrent(project), false);
      await setup.createEnvironment(project, python);
      assert.equal(setup.environmentCurrent(project), true);
      rmSync(stamp);
      assert.equal(setup.environmentCurrent(project), false);
    });
    it("does without ensurepip where pip can fill a directory", async () => {
      const log = join(project, "log");
      const debian = program(
        "debian",
        `case "$2" in venv) exit 1;; pip) echo "$@" >> ${log};; *) echo "$PYTHONPATH|$@";; esac`,
      );
      await setup.createEnvironment(project, debian);
      assert.match(readFileSync(log, "utf8"), /--target .*\.sandbox\/venv\/packages/);
      const wrapped = spawnSync(join(project, ".sandbox", "venv", "bin", "python"), ["-m", "moto.server"]);
      assert.match(String(wrapped.stdout), /\.sandbox\/venv\/packages\|-m moto\.server/);
    });
    it("reports the installer's last lines when it fails", async () => {
      const failing = program(
        "failing",
        'case "$2" in venv) exit 1;; pip) [ "$3" = --version ] || { echo "no matching hash"; exit 2; };; esac',
      );
      await assert.rejects(
        setup.createEnvironment(project, failing),
        /ended with code 2\. Its last lines:\nno matching hash/,
      );
      assert.equal(setup.environmentCurrent(project), false);
      const full = program(
        "full",
        'case "$2" in venv) exit 1;; pip) [ "$3" = --version ] || { echo "No space left on device"; exit 2; };; esac',
      );
      await assert.rejects(setup.createEnvironment(project, full), /The disk is full: free about 1\.5 GB/);
    });
  });

  it("refuses an old Node and a full disk in one line", () => {
    setup.requireNode("20.0.0");
    assert.throws(() => setup.requireNode("18.19.1"), /Node 18\.19\.1 is too old: install Node 20 or later/);
    setup.requireFreeSpace("/x", 100, () => ({ bavail: 100_000, bsize: 4096 }));
    assert.throws(
      () => setup.requireFreeSpace("/x", 1500, () => ({ bavail: 10, bsize: 4096 })),
      /The disk is full.*\/x/,
    );
  });

  it("lets the packages be installed where Python fails, and says what failed of both", async () => {
    const { promise, resolve: install } = Promise.withResolvers<void>();
    let ended = false;
    const both = setup.bothToTheirEnds([promise, Promise.reject(new Error("Python is missing"))]).catch((error) => {
      ended = true;
      throw error;
    });
    await new Promise(setImmediate);
    assert.equal(ended, false);
    install();
    await assert.rejects(both, /^Error: Python is missing$/);
    await assert.rejects(
      setup.bothToTheirEnds([Promise.reject(new Error("no npm")), Promise.reject(new Error("no pip"))]),
      /no npm\nno pip/,
    );
    await setup.bothToTheirEnds([undefined, Promise.resolve()]);
  });

  describe("lock", () => {
    it("lets one in at a time", async () => {
      const lock = join(project, "deep", "lock");
      const order: string[] = [];
      const work = (name: string) =>
        setup.withLock(lock, async () => {
          order.push(`${name} in`);
          await new Promise((done) => setTimeout(done, 20));
          order.push(`${name} out`);
        });
      await Promise.all([work("a"), work("b")]);
      assert.equal(order.join(), order[0] === "a in" ? "a in,a out,b in,b out" : "b in,b out,a in,a out");
      assert.equal(existsSync(lock), false);
    });
    it("is taken over from a run that was killed", async () => {
      const lock = join(project, "lock");
      const gone = spawnSync("true").pid;
      for (const content of [String(gone), "", "garbage"]) {
        writeFileSync(lock, content);
        assert.equal(await setup.withLock(lock, async () => "done"), "done");
      }
    });
    it("is given back when the work fails", async () => {
      const lock = join(project, "lock");
      await assert.rejects(
        setup.withLock(lock, async () => Promise.reject(new Error("x"))),
        /x/,
      );
      assert.equal(existsSync(lock), false);
    });
  });

  describe("command", () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [bootstrap, ...args], { encoding: "utf8" });

    it("runs with the project's programs first on PATH, its arguments and its exit code", () => {
      const script = "console.log(process.execPath, process.argv.slice(1), process.env.PATH); process.exit(7)";
      const result = run("--", "node", "-e", script, "--", "--keep", "a b");
      assert.equal(result.status, 7);
      assert.match(result.stdout, /node_modules\/node\/bin\/node \[ '--keep', 'a b' \]/);
      assert.match(result.stdout.split("] ")[1] ?? "", new RegExp(`^[^${delimiter}]*/node_modules/.bin${delimiter}`));
    });
    it("is named when it is missing", () => {
      assert.match(run().stderr, /^usage: node sandbox\/setup\/bootstrap\.mjs -- <command>/);
      const missing = run("--", "no-such-program");
      assert.equal(missing.status, 1);
      assert.match(missing.stderr, /^no-such-program cannot be run: /);
    });
    it("is sent the signals the set-up is sent", async () => {
      const script = "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('up')";
      const child = spawn(process.execPath, [bootstrap, "--", "node", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await new Promise((up) => child.stdout.once("data", up));
      child.kill("SIGTERM");
      assert.equal(await new Promise((ended) => child.once("exit", ended)), 9);
    });
    it("that dies of a signal ends the set-up with 128 and the signal's number", () => {
      assert.equal(run("--", "sh", "-c", "kill -KILL $$").status, 137);
    });
  });
});
