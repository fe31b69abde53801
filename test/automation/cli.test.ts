import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Commands, parser } from "../../automation/parser.ts";
import { projectRoot } from "../../automation/surroundings.ts";
import { SwitchyardError } from "../../programs/errors.ts";

const entry = join(projectRoot, "automation/switchyard.mjs");

interface Call {
  readonly command: string;
  readonly args: readonly unknown[];
}

/** Commands that only remember how they were called. */
function recorder(): { calls: Call[]; load: Commands } {
  const calls: Call[] = [];
  const fake = (file: string) => async () =>
    new Proxy(
      {},
      {
        // An awaited module must not look like a promise.
        get: (_, name) =>
          name === "then"
            ? undefined
            : async (...args: unknown[]) => void calls.push({ command: `${file}.${String(name)}`, args }),
      },
    );
  return { calls, load: new Proxy({}, { get: (_, file) => fake(String(file)) }) as Commands };
}

async function called(line: string): Promise<{ command: string; flags: Record<string, unknown> }> {
  const { calls, load } = recorder();
  await parser(line.split(" "), load).parseAsync();
  assert.equal(calls.length, 1, `${line} calls ${calls.length} commands`);
  const [{ command, args }] = calls as [Call];
  const [kind, flags] = args.length === 2 ? args : [undefined, args[0]];
  const { _, $0, "keep-warm": _kebab, "dry-run": _dry, ...rest } = flags as Record<string, unknown>;
  return { command: kind === undefined ? command : `${command}(${String(kind)})`, flags: rest };
}

async function refusal(line: string): Promise<SwitchyardError> {
  const { calls, load } = recorder();
  // yargs refuses some before it answers a promise.
  const parsing = (async () => parser(line.split(" ").filter(Boolean), load).parseAsync())();
  const error = await parsing.then(
    () => assert.fail(`"${line}" was accepted`),
    (e: unknown) => e,
  );
  assert.ok(error instanceof SwitchyardError, String(error));
  assert.deepEqual(calls, []);
  return error;
}

const commands: readonly (readonly [line: string, command: string, flags: Record<string, unknown>])[] = [
  ["up production", "stacks.up", { stack: "production" }],
  ["up sandbox --config a.b=1 --config c=x", "stacks.up", { stack: "sandbox", config: ["a.b=1", "c=x"] }],
  ["up production --refresh", "stacks.up", { stack: "production", refresh: true }],
  ["plan production --refresh", "stacks.planCommand", { stack: "production", refresh: true }],
  ["plan production", "stacks.planCommand", { stack: "production" }],
  [
    "plan production --policies --format sarif --out x.sarif",
    "stacks.planCommand",
    { stack: "production", policies: true, format: "sarif", out: "x.sarif" },
  ],
  ["policies", "policies.policies", {}],
  ["policies production", "policies.policies", { stack: "production" }],
  ["deploy production --tag v1", "deploy.deploy", { stack: "production", tag: "v1", dryRun: false }],
  ["deploy production --tag v1 --json", "deploy.deploy", { stack: "production", tag: "v1", dryRun: false, json: true }],
  [
    "deploy production --tag 1.0 --strategy canary --canary 10% --bake 5m --keep-warm 2h --approve --report r.json",
    "deploy.deploy",
    {
      stack: "production",
      tag: "1.0",
      strategy: "canary",
      canary: "10%",
      bake: "5m",
      keepWarm: "2h",
      approve: true,
      dryRun: false,
      report: "r.json",
    },
  ],
  [
    "deploy production --tag v1 --step 20% --every 90s --no-approve --dry-run",
    "deploy.deploy",
    { stack: "production", tag: "v1", step: "20%", every: "90s", approve: false, dryRun: true },
  ],
  ["rollback production --report r.json", "rollback.rollback", { stack: "production", report: "r.json" }],
  ["rollback production --to v7", "rollback.rollback", { stack: "production", to: "v7" }],
  ["status production", "status.status", { stack: "production" }],
  ["history production", "status.history", { stack: "production", limit: 20 }],
  ["history production --limit 5", "status.history", { stack: "production", limit: 5 }],
  ["destroy sandbox", "stacks.destroy", { stack: "sandbox", yes: false }],
  ["destroy sandbox --yes", "stacks.destroy", { stack: "sandbox", yes: true }],
  ["promote production", "operate.promote", { stack: "production" }],
  [
    "promote production --tag v7 --wait 30m --approver ann",
    "operate.promote",
    { stack: "production", tag: "v7", wait: "30m", approver: "ann" },
  ],
  ["abort production", "operate.abort", { stack: "production" }],
  ["sweep production", "operate.operateOn(sweep)", { stack: "production" }],
  ["repair production", "operate.operateOn(repair)", { stack: "production" }],
  ["adopt production", "operate.operateOn(adopt)", { stack: "production" }],
  ["explain production v7", "explain.explain", { stack: "production", release: "v7" }],
  ["drift production", "drift.drift", { stack: "production" }],
  ["migrate production", "migrate.migrate", { stack: "production", status: false, contract: false }],
  ["migrate production --contract", "migrate.migrate", { stack: "production", status: false, contract: true }],
  ["migrate production --status", "migrate.migrate", { stack: "production", status: true, contract: false }],
  [
    "run production --service api -- node -e 1.0 --json",
    "run.runTask",
    {
      stack: "production",
      service: "api",
      command: ["node", "-e", "1.0", "--json"],
      "--": ["node", "-e", "1.0", "--json"],
    },
  ],
  ["run production --service api", "run.runTask", { stack: "production", service: "api", command: [] }],
  ["images build --tag v1", "images.build", { tag: "v1" }],
  ["images push --tag v1 --source ../other", "images.push", { tag: "v1", source: "../other" }],
  ["images digests", "images.digests", {}],
  ["sandbox start", "sandbox.start", {}],
  ["sandbox start --port 0 --owner 12", "sandbox.start", { port: 0, owner: 12 }],
  ["sandbox stop", "sandbox.stop", {}],
  ["sandbox status", "sandbox.sandboxStatus", {}],
  ["sandbox reset", "sandbox.reset", {}],
];

/** What is refused, and what the one line about it must name. */
const refusals: readonly (readonly [line: string, named: RegExp])[] = [
  ["", /Name a command/],
  ["frobnicate", /frobnicate/],
  ["deploy", /<stack>: it is missing/],
  ["explain production", /<release>: it is missing/],
  ["status production extra", /extra/],
  ["status production --bogus", /bogus/],
  ["status Production", /<stack>: "Production" is not a stack name/],
  ["status ../x", /<stack>/],
  ["status x", /<stack>/],
  ["deploy production", /tag/],
  ["deploy production --tag", /--tag/],
  ["deploy production --tag a/b", /--tag: "a\/b"/],
  ["deploy production --tag a --tag b", /--tag: it is given more than once/],
  ["deploy production --tag v1 --strategy rolling", /strategy.*rolling.*all-at-once/],
  ["deploy production --tag v1 --canary 0%", /--canary: "0%"/],
  ["deploy production --tag v1 --canary 100%", /--canary: "100%"/],
  ["deploy production --tag v1 --canary ten", /--canary: "ten"/],
  ["deploy production --tag v1 --step 1.5%", /--step: "1.5%"/],
  ["deploy production --tag v1 --bake 5", /--bake: "5"/],
  ["deploy production --tag v1 --every 5x", /--every: "5x"/],
  ["deploy production --tag v1 --keep-warm -1h", /keep-warm|Unknown argument/],
  ["deploy production --tag v1 --keep-warm soon", /--keep-warm: "soon"/],
  ["deploy production --tag v1 --canary 10% --step 10%", /--step: the strategy canary has no use for it/],
  ["deploy production --tag v1 --strategy all-at-once --bake 1m", /--bake: the strategy all-at-once/],
  ["deploy production --tag v1 --strategy linear --canary 10%", /--canary: the strategy linear/],
  ["rollback production --tag v1", /tag/],
  ["history production --limit 0", /--limit/],
  ["history production --limit many", /--limit/],
  ["plan production --format sarif", /format.*policies/],
  ["plan production --policies --format pdf", /format.*pdf/],
  ["plan production --out x", /out.*policies/],
  ["run production", /service/],
  ["images", /build, push or digests/],
  ["images pull", /pull/],
  ["images push", /tag/],
  ["sandbox", /start, stop, status or reset/],
  ["sandbox explode", /explode/],
  ["sandbox start --port 70000", /--port/],
  ["sandbox start --port http", /--port/],
  ["sandbox start --owner 0", /--owner/],
  ["status production --engine other", /engine.*other/],
];

describe("the command line", () => {
  // Flags that choose the surroundings are kept in this process's environment, which later tests hand on.
  const { SWITCHYARD_ENGINE: engine } = process.env;
  after(() => {
    if (engine === undefined) delete process.env["SWITCHYARD_ENGINE"];
    else process.env["SWITCHYARD_ENGINE"] = engine;
  });

  for (const [line, command, flags] of commands)
    it(`${line} → ${command}`, async () => {
      assert.deepEqual(await called(line), { command, flags: { json: false, ...flags } });
    });

  for (const [line, named] of refusals)
    it(`refuses "${line}"`, async () => {
      const error = await refusal(line);
      assert.equal(error.code, "invalid-flag");
      assert.match(error.message, named);
      assert.doesNotMatch(error.message, /\n|\w\.\. /);
    });

  it("has every command in the table above", async () => {
    const help = await parser([]).getHelp();
    const names = [...help.matchAll(/^ {2}switchyard (\w+)/gm)].map(([, name]) => name);
    assert.ok(names.length > 15);
    assert.deepEqual(
      names.filter((name) => !commands.some(([line]) => line.split(" ")[0] === name)),
      [],
    );
  });
});

function switchyard(...args: string[]) {
  const env = { ...process.env, SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: "/nonexistent/switchyard" };
  return spawnSync(process.execPath, [entry, ...args], { encoding: "utf8", env });
}

/** URLs of the modules a command loads. */
function loadedBy(...args: string[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), "switchyard-loaded-"));
  const file = join(dir, "modules.json");
  try {
    const preload = pathToFileURL(join(projectRoot, "test/fixtures/loaded-modules.mjs")).href;
    const { status } = spawnSync(process.execPath, ["--import", preload, entry, ...args], {
      env: { ...process.env, LOADED_MODULES: file },
    });
    assert.equal(status, 0);
    return JSON.parse(readFileSync(file, "utf8")) as string[];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function notForHelp(urls: readonly string[]): string[] {
  return urls.filter((url) => /@aws-sdk|@smithy|@pulumi|\/zod\/|\/yaml\/|automation\/commands\/|\/sandbox\//.test(url));
}

describe("the process", () => {
  it("ends with the code of the error, one line on stderr, and nothing on stdout", () => {
    const { status, stdout, stderr } = switchyard("deploy", "production", "--tag", "v1", "--bake", "soon");
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.equal(stderr, 'switchyard: --bake: "soon" is not a duration. Give a number and a unit: 30s, 5m, 1h\n');
  });

  it("says what to start when no sandbox runs", () => {
    const { status, stderr } = switchyard("status", "sandbox", "--json");
    assert.equal(status, 11);
    assert.match(stderr, /no sandbox is running\. Start one with `switchyard sandbox start`/);
  });

  it("prints the policies without an account or a sandbox, also as JSON", () => {
    const { status, stdout } = switchyard("policies", "--json");
    assert.equal(status, 0);
    assert.ok(JSON.parse(stdout).rules.some((rule: { name: string }) => rule.name === "rds-encrypted"));
  });

  it("goes on when nobody reads any more", () => {
    const cli = `"${process.execPath}" "${entry}" policies`;
    const { stdout, stderr } = spawnSync("bash", ["-c", `${cli} | true; echo "\${PIPESTATUS[0]}"`], {
      encoding: "utf8",
    });
    assert.equal(stdout, "0\n");
    assert.equal(stderr, "");
  });

  it("helps", () => {
    const { status, stdout } = switchyard("--help");
    assert.equal(status, 0);
    assert.match(stdout, /switchyard deploy <stack>/);
  });

  it("helps without loading an SDK or a command", () => {
    assert.deepEqual(notForHelp(loadedBy("--help")), []);
    const deploy = notForHelp(loadedBy("policies"));
    assert.ok(
      deploy.some((url) => url.endsWith("automation/commands/policies.ts")),
      "the check sees what is loaded",
    );
  });
});
