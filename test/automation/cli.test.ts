import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Commands } from "../../automation/command-loaders.ts";
import { parser } from "../../automation/parser.ts";
import { projectRoot } from "../../automation/surroundings.ts";
import { otherExitCodes } from "../../programs/error-catalogue.ts";
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
  const {
    _,
    $0,
    "keep-warm": _kebab,
    "keep-for": _keepFor,
    "state-bucket": _bucket,
    "dry-run": _dry,
    ...rest
  } = flags as Record<string, unknown>;
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
  ["up sandbox --set a.b=1 --set c=x", "stacks.up", { stack: "sandbox", set: ["a.b=1", "c=x"] }],
  ["plan sandbox --set a.b=1", "stacks.planCommand", { stack: "sandbox", set: ["a.b=1"] }],
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
  [
    "deploy production --tag v1 --service api --service web",
    "deploy.deploy",
    { stack: "production", tag: "v1", service: ["api", "web"], dryRun: false },
  ],
  ["rollback production --report r.json", "rollback.rollback", { stack: "production", report: "r.json" }],
  ["rollback production --to v7", "rollback.rollback", { stack: "production", to: "v7" }],
  [
    "retire production --service docs --report r.json",
    "retire.retire",
    { stack: "production", service: "docs", report: "r.json", dryRun: false },
  ],
  [
    "retire production --service docs --dry-run",
    "retire.retire",
    { stack: "production", service: "docs", dryRun: true },
  ],
  ["status production", "status.status", { stack: "production" }],
  ["history production", "status.history", { stack: "production", limit: 20 }],
  ["history production --limit 5", "status.history", { stack: "production", limit: 5 }],
  ["destroy sandbox", "destroy.destroy", { stack: "sandbox", yes: false }],
  ["destroy sandbox --yes", "destroy.destroy", { stack: "sandbox", yes: true }],
  ["preview create 12 --tag v1", "preview.create", { number: "12", tag: "v1" }],
  ["preview update 12 --tag v1 --for 24h", "preview.update", { number: "12", tag: "v1", for: "24h" }],
  ["preview extend 12 --for 24h", "preview.extendPreview", { number: "12", for: "24h" }],
  ["preview destroy 12", "preview.destroyPreview", { number: "12" }],
  [
    "preview destroy 12 --due 2026-11-03T14:00:00Z",
    "preview.destroyPreview",
    { number: "12", due: "2026-11-03T14:00:00Z" },
  ],
  ["preview list", "preview.listPreviews", {}],
  ["runner start plan 12", "runner.startPlan", { number: "12", attempt: 1 }],
  [
    "runner start plan-apply production --pull-request 12 --commit 1a2b",
    "runner.startApply",
    { stack: "production", "pull-request": 12, pullRequest: 12, commit: "1a2b", attempt: 1 },
  ],
  [
    "runner start ephemeral 12 --tag v2 --for 8h",
    "runner.startEphemeral",
    { number: "12", tag: "v2", for: "8h", attempt: 1 },
  ],
  [
    "runner start run production --role deploy --attempt 2 -- deploy production --tag v2",
    "runner.startRun",
    { stack: "production", role: "deploy", attempt: 2, command: ["deploy", "production", "--tag", "v2"] },
  ],
  [
    "runner start run production -- status production",
    "runner.startRun",
    { stack: "production", attempt: 1, command: ["status", "production"] },
  ],
  ["runner list --limit 5", "runner.listExecutions", { limit: 5 }],
  [
    "runner follow production-1a2b-1 --wait 2h",
    "runner.followExecution",
    { execution: "production-1a2b-1", wait: "2h" },
  ],
  ["runner approve production-1a2b-1", "runner.approve", { execution: "production-1a2b-1" }],
  ["runner reject production-1a2b-1 --why late", "runner.reject", { execution: "production-1a2b-1", why: "late" }],
  ["runner cancel production-1a2b-1", "runner.cancelExecution", { execution: "production-1a2b-1" }],
  ["runner schedule list", "schedule.listSchedules", {}],
  [
    "runner schedule set drift at(2199-01-31T06:00:00) production --role preview -- drift production",
    "schedule.setSchedule",
    {
      ...{
        schedule: "drift",
        expression: "at(2199-01-31T06:00:00)",
        stack: "production",
        role: "preview",
      },
      command: ["drift", "production"],
    },
  ],
  ["runner schedule remove drift", "schedule.removeSchedule", { schedule: "drift" }],
  ["runner schedule remove My_Drift.2", "schedule.removeSchedule", { schedule: "My_Drift.2" }],
  ["runner schedule remove 007", "schedule.removeSchedule", { schedule: "007" }],
  ["ci comment", "ciComment.ciComment", {}],
  ["ci judge --only pipeline --only live --out a", "ciJudge.ciJudge", { only: ["pipeline", "live"], out: "a" }],
  ["ci judge --only live --out a --base HEAD^1", "ciJudge.ciJudge", { only: ["live"], out: "a", base: "HEAD^1" }],
  ["ci report --from a", "ciReport.ciReport", { from: "a" }],
  ["ci report --from a --pull-request 7", "ciReport.ciReport", { from: "a", pullRequest: 7, "pull-request": 7 }],
  ["ci note --from a.json", "ciNote.ciNote", { from: "a.json" }],
  ["ci sweep production", "ciSweep.ciSweep", { stack: "production" }],
  [
    "ci tag production --only approve --reviewed approval",
    "ciTag.ciTag",
    { stack: "production", only: "approve", reviewed: "approval" },
  ],
  ["ci preview", "ciPreview.ciPreview", {}],
  ["ci drift", "ciDrift.ciDrift", {}],
  ["ci drift --only production --only pipeline", "ciDrift.ciDrift", { only: ["production", "pipeline"] }],
  ["audit verify production --notes", "audit.verify", { stack: "production", notes: true }],
  ["ci tag production", "ciTag.ciTag", { stack: "production" }],
  ["ci tag staging api/v1 --only deploy", "ciTag.ciTag", { ref: "api/v1", stack: "staging", only: "deploy" }],
  ["ci drift --only production --repair apply", "ciDrift.ciDrift", { only: ["production"], repair: "apply" }],
  ["audit seal", "audit.seal", { days: 365 }],
  ["audit seal --only production --make --days 30", "audit.seal", { only: ["production"], make: true, days: 30 }],
  ["ci run --input command=plan --input stack=live", "ciRun.ciRun", { input: ["command=plan", "stack=live"] }],
  ["preview sweep", "preview.sweep", {}],
  ["doctor", "doctor.doctor", {}],
  ["bootstrap", "bootstrap.bootstrap", { plan: false, undo: false, yes: false }],
  [
    "bootstrap --plan --repository acme/switchyard --tag v1 --without images --without roles",
    "bootstrap.bootstrap",
    {
      ...{ plan: true, undo: false, yes: false, tag: "v1" },
      ...{ repository: "acme/switchyard", without: ["images", "roles"] },
    },
  ],
  [
    "bootstrap --undo --yes --state-bucket acme-state",
    "bootstrap.bootstrap",
    { plan: false, undo: true, yes: true, stateBucket: "acme-state" },
  ],
  [
    "destroy --everything --unprotect --yes",
    "everything.destroyEverything",
    { everything: true, unprotect: true, yes: true },
  ],
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
  ["logs production", "logs.logs", { stack: "production", follow: false }],
  [
    "logs production --service api --service web --since 1h --follow",
    "logs.logs",
    { stack: "production", service: ["api", "web"], since: "1h", follow: true },
  ],
  ["console", "console.consoleCommand", { "allow-actions": false, allowActions: false }],
  [
    "console --only production --only staging --port 7700 --allow-actions",
    "console.consoleCommand",
    { only: ["production", "staging"], port: 7700, "allow-actions": true, allowActions: true },
  ],
  ["cost production", "cost.cost", { stack: "production", anew: false }],
  ["cost production --anew", "cost.cost", { stack: "production", anew: true }],
  ["export render production", "export.exportTo(render)", { stack: "production" }],
  [
    "export northflank production --repository acme/switchyard",
    "export.exportTo(northflank)",
    { stack: "production", repository: "acme/switchyard" },
  ],
  ["top production", "top.top", { stack: "production", once: false }],
  ["top production --once", "top.top", { stack: "production", once: true }],
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
  ["freeze production", "freeze.freeze(freeze)", { stack: "production" }],
  ["freeze production --why incident", "freeze.freeze(freeze)", { stack: "production", why: "incident" }],
  ["unfreeze production", "freeze.freeze(unfreeze)", { stack: "production" }],
  [
    "upgrade production --to v8 --beside production-2",
    "upgrade.upgrade",
    { stack: "production", to: "v8", beside: "production-2", back: false, settle: false },
  ],
  [
    "upgrade production --to v8 --beside production-2 --keep-for 14d",
    "upgrade.upgrade",
    { stack: "production", to: "v8", beside: "production-2", keepFor: "14d", back: false, settle: false },
  ],
  ["upgrade production --back", "upgrade.upgrade", { stack: "production", back: true, settle: false }],
  ["upgrade production --settle", "upgrade.upgrade", { stack: "production", back: false, settle: true }],
  ["affected --base 1a2b3c4d", "affected.affectedCommand", { base: "1a2b3c4d" }],
  [
    "affected --base origin/main --head feature/x~2",
    "affected.affectedCommand",
    { base: "origin/main", head: "feature/x~2" },
  ],
  ["ci merge", "ciMerge.ciMerge", {}],
  ["ci merge --only pipeline --only images", "ciMerge.ciMerge", { only: ["pipeline", "images"] }],
  [
    "ci merge --only pipeline --take-back",
    "ciMerge.ciMerge",
    { only: ["pipeline"], takeBack: true, "take-back": true },
  ],
  ["ci merge --only pipeline --check", "ciMerge.ciMerge", { only: ["pipeline"], check: true }],
  ["ci where pipeline", "handOver.ciWhere", { stack: "pipeline" }],
  ["ci where production --only images", "handOver.ciWhere", { stack: "production", only: "images" }],
  ["ci pull-request", "ciPullRequest.ciPullRequest", { parallel: 2 }],
  [
    "ci pull-request --pull-request 7 --parallel 4 --sarif x.sarif --out plan.md",
    "ciPullRequest.ciPullRequest",
    { pullRequest: 7, "pull-request": 7, parallel: 4, sarif: "x.sarif", out: "plan.md" },
  ],
  ["audit list production", "audit.audit", { stack: "production", limit: 50, lines: false }],
  [
    "audit list production --since 7d --until 2026-11-03 --actor ann --commit 1a2b --kind apply --outcome failed",
    "audit.audit",
    {
      ...{ stack: "production", since: "7d", until: "2026-11-03", actor: "ann", commit: "1a2b" },
      ...{ kind: "apply", outcome: "failed", limit: 50, lines: false },
    },
  ],
  ["audit verify production", "audit.verify", { stack: "production" }],
  ["accounts", "organization.accounts", {}],
  ["account close staging --yes", "account.close", { name: "staging", yes: true }],
  ["logins --person ann --write", "organization.logins", { person: "ann", write: true }],
  ["images build --tag v1", "images.build", { tag: "v1" }],
  ["images push --tag v1 --source ../other", "images.push", { tag: "v1", source: "../other" }],
  ["images push --remote --tag v1", "remoteImages.pushRemotely", { tag: "v1", remote: true }],
  ["images digests", "images.digests", {}],
  ["images build --public --tag v1", "publicImages.buildPublic", { public: true, tag: "v1" }],
  [
    "images push --public --tag v1 --layouts built",
    "publicImages.pushPublic",
    { public: true, tag: "v1", layouts: "built" },
  ],
  ["images digests --public --check", "publicImages.publicDigests", { public: true, check: true }],
  ["sandbox start", "sandbox.start", {}],
  ["sandbox start --port 0 --owner 12", "sandbox.start", { port: 0, owner: 12 }],
  ["sandbox stop", "sandbox.stop", {}],
  ["sandbox status", "sandbox.sandboxStatus", {}],
  ["sandbox reset", "sandbox.reset", {}],
  ["sandbox mail", "sandbox.mail", {}],
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
  ["deploy production --tag v1 --service Api", /--service: "Api" is not a service's name/],
  ["deploy production --tag v1 --service", /service/],
  ["rollback production --tag v1", /tag/],
  ["destroy", /<stack>: it is missing/],
  ["destroy production --everything", /<stack>: it is given with --everything/],
  ["retire production", /service/],
  ["history production --limit 0", /--limit/],
  ["history production --limit many", /--limit/],
  ["plan production --format sarif", /format.*policies/],
  ["plan production --policies --format pdf", /format.*pdf/],
  ["plan production --out x", /out.*policies/],
  ["run production", /service/],
  ["freeze", /<stack>: it is missing/],
  ["freeze Production", /<stack>: "Production" is not a stack name/],
  ["unfreeze production --why", /why/],
  ["affected", /base/],
  ["affected --base=--output=x", /--base: "--output=x" is no name of a commit/],
  ["affected --base a;b", /--base/],
  ["audit", /list, verify or seal/],
  ["audit production", /production/],
  ["ci", /pull-request, judge, report, preview, merge, tag, note, comment, drift, sweep, where or run/],
  ["ci report", /from/],
  ["ci note", /from/],
  ["ci sweep Production", /<stack>: "Production" is not a stack name/],
  ["ci tag production --only approve --reviewed ../x", /--reviewed: "..\/x" is not the name of an environment/],
  ["ci tag production --only approve --reviewed approval --approver ann", /mutually exclusive/],
  ["ci judge --only production --out a --base=-x", /--base/],
  ["ci merge --take-back", /only/],
  ["ci merge --only pipeline --take-back --check", /check/],
  ["ci where production --only approve", /only/],
  ["ci where", /<stack>: it is missing/],
  ["ci where Pipeline", /<stack>: "Pipeline" is not a stack name/],
  ["ci merge --only Pipeline", /--only: "Pipeline" is not a stack name/],
  ["ci pull-request --pull-request 0", /--pull-request/],
  ["ci pull-request --pull-request x", /--pull-request/],
  ["ci pull-request --parallel 17", /--parallel/],
  ["audit list", /<stack>: it is missing/],
  ["audit list Production", /<stack>: "Production" is not a stack name/],
  ["audit list production --since soon", /--since: "soon" is no moment/],
  ["audit list production --since 2026-02-30", /--since: "2026-02-30" is no moment/],
  ["audit list production --until 20d11", /--until/],
  ["audit list production --since 99999d", /--since: "99999d" is too long/],
  ["audit list production --commit HEAD", /--commit: "HEAD" is no commit/],
  ["audit list production --commit ../x", /--commit/],
  ["audit list production --kind everything", /kind.*everything/],
  ["audit list production --outcome fine", /outcome.*fine/],
  ["audit list production --limit 0", /--limit/],
  ["audit seal --days 0", /--days/],
  ["audit verify", /<stack>: it is missing/],
  ["account", /close/],
  ["account close", /<name>: it is missing/],
  ["account close Staging", /<name>: "Staging" is not the name of an account's entry/],
  ["account open staging", /open/],
  ["logins --person=", /--person: it is empty/],
  ["logins ann", /ann/],
  ["accounts all", /all/],
  ["ci drift --repair", /repair.*"apply", "pull-request"/],
  ["ci drift --repair yes", /repair.*"apply", "pull-request"/],
  ["ci drift --only Production", /--only: "Production" is not a stack name/],
  ["ci tag production --only everything", /only.*everything/],
  ["ci tag Production v1", /<stack>: "Production" is not a stack name/],
  ["ci tag", /<stack>: it is missing/],
  ["runner", /start, follow, list, approve, reject, cancel or schedule/],
  ["runner schedule", /list, set or remove/],
  ["runner schedule remove", /<schedule>: it is missing/],
  ["runner schedule remove drift/nightly", /<schedule>: "drift\/nightly" is not the name of a schedule/],
  [`runner schedule remove ${"d".repeat(65)}`, /<schedule>: "d+" is not the name of a schedule/],
  ["runner schedule set drift", /<expression>: it is missing/],
  ["runner schedule set drift daily production -- drift", /<expression>: it is none of at/],
  ["runner schedule set drift at(2020-01-31T06:00:00) production -- drift", /<expression>: .*UTC is over/],
  ["runner schedule set drift at(2199-01-31T06:00:00) production --ref a..b: -- drift", /--ref/],
  ["runner start", /plan, plan-apply, ephemeral or run/],
  ["runner start plan x", /<number>/],
  ["runner start run production --role admin -- status", /role/],
  ["runner start plan 12 --attempt 0", /--attempt/],
  ["runner approve", /<execution>: it is missing/],
  ["runner cancel a/b", /<execution>: "a\/b" is not the name of an execution/],
  ["preview", /create, update, extend, destroy, list or sweep/],
  ["preview create --tag v1", /<number>: it is missing/],
  ["preview create pr-12 --tag v1", /<number>: "pr-12" is not the number of a pull request/],
  ["preview create 012 --tag v1", /<number>/],
  ["preview create 12", /tag/],
  ["preview extend 12", /for/],
  ["preview extend 12 --for 31d", /--for: "31d" is too long/],
  ["preview destroy 0", /<number>/],
  ["images", /build, push or digests/],
  ["images pull", /pull/],
  ["images push", /tag/],
  ["images push --remote --tag v1 --source ../other", /remote.*source|source.*remote/],
  ["images push --remote --public --tag v1", /remote.*public|public.*remote/],
  ["sandbox", /start, stop, status, reset or mail/],
  ["sandbox explode", /explode/],
  ["sandbox start --port 70000", /--port/],
  ["sandbox start --port http", /--port/],
  ["sandbox start --owner 0", /--owner/],
  ["deploy production --tag v1 --DRY-RUN", /--DRY-RUN: flags are written in lower case/],
  ["deploy production --tag v1 --DRY-RUN=1", /write --dry-run/i],
  ["deploy production --tag v1 --KEEP-WARM=9h --keep-warm=1h", /--KEEP-WARM/],
  ["--json -- deploy production --tag v1", /Name a command, before any --/],
  ["-- up production", /Name a command, before any --/],
  ["console production", /production/],
  ["console --port 70000", /--port/],
  ["console --port -1", /--port/],
  ["console --only Production", /--only/],
  ["console --only", /only/],
  ["console --allow-actions=yes", /--allow-actions/],
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
  const ended = spawnSync(process.execPath, [entry, ...args], { encoding: "utf8", env });
  assert.notEqual(ended.status, otherExitCodes.internal.exitCode, `${args.join(" ")}: ${ended.stderr}`);
  return ended;
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
    assert.equal(stderr, 'switchyard: --bake: "soon" is not a duration. Give a number and a unit: 30s, 5m, 1h, 7d\n');
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
