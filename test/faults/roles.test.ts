import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Route53 } from "@aws-sdk/client-route-53";
import { SFN } from "@aws-sdk/client-sfn";
import { stopCloud, type Took } from "@switchyard/sandbox";
import { makeOrganization } from "../sandbox/provider/organization.ts";
import { eventually } from "../support/cloud.ts";
import { assertAllUsed } from "../support/grants.ts";
import { Driver } from "../support/release/driver.ts";
import { assumeWith, type SessionCredentials } from "../support/tokens.ts";
import { unusedReasons } from "../support/unused-grants.ts";

const account = "123456789012";
/** Another than the one that certificates and logs of a CDN are of, so that rights to those are rights of their own. */
const region = "eu-west-1";
const stack = "sandbox";
/** Role → the context of the workflow that takes it. */
const contexts = {
  plan: "pull_request",
  images: "environment:images",
  platform: "environment:platform",
  approve: "environment:approval",
  sweep: "environment:sweep",
  drift: "environment:drift",
  seal: "environment:seal",
  runner: "environment:runner",
  [`deploy-${stack}`]: `environment:${stack}`,
} as const;
type Role = keyof typeof contexts;

/** Every command of the workflows with the role the workflow takes: the sandbox refuses what the documents do not allow. */
describe("the roles of the workflows", function () {
  this.timeout(600_000);
  this.retries(0);
  let dir: string;
  let endpoint: string;
  let zoneId = "";
  const deployer: Role = `deploy-${stack}`;

  before("an empty sandbox, and the roles made with full rights", async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-roles-"));
    await drive("sandbox", "start", "--port", "0", "--owner", String(process.pid)).succeeds();
    endpoint = JSON.parse(await readFile(join(dir, "cloud.json"), "utf8")).endpoint;
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "x" };
    await makeOrganization({ endpoint, region: "us-east-1", credentials, maxAttempts: 3 });
    const may = ["github.planOrganization=true", "github.runner=true"];
    await mkdir(join(dir, "work"), { recursive: true });
    for (const each of ["pipeline", "images", stack])
      await writeFile(join(dir, "work", `overrides.${each}.jsonl`), `${JSON.stringify({ "aws:region": region })}\n`);
    const { HostedZone } = await new Route53({ endpoint, region, credentials }).createHostedZone({
      Name: "example.com",
      CallerReference: "1",
    });
    zoneId = HostedZone?.Id?.split("/").at(-1) ?? "";
    const github = ["github.repository=acme/switchyard", `github.stacks=["${stack}"]`, ...may];
    await drive("up", "pipeline", ...github.flatMap((value) => ["--config", value])).succeeds();
  });
  after(async () => {
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  });

  function drive(...args: readonly string[]): Driver {
    return new Driver(args, environment());
  }

  function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
    return {
      ...process.env,
      SWITCHYARD_SANDBOX: "1",
      SWITCHYARD_SANDBOX_DIR: dir,
      SWITCHYARD_PACE: "0.02",
      ...more,
    };
  }

  function session(role: Role): Promise<SessionCredentials> {
    const sub = `repo:acme/switchyard:${contexts[role]}`;
    return assumeWith(endpoint, `arn:aws:iam::${account}:role/switchyard-${role}`, { sub });
  }

  async function as(role: Role, ...args: readonly string[]): Promise<Driver> {
    const given = await session(role);
    const credentials = `${given.accessKeyId}:${given.secretAccessKey}:${given.sessionToken}`;
    return new Driver(args, environment({ SWITCHYARD_SANDBOX_CREDENTIALS: credentials }));
  }

  async function took(): Promise<readonly Took[]> {
    return (await fetch(`${endpoint}/_switchyard/access`)).json() as Promise<readonly Took[]>;
  }

  async function succeed(commands: readonly (readonly [Role, ...string[]])[]): Promise<void> {
    for (const [role, ...args] of commands) await (await as(role, ...args)).succeeds();
  }

  /** For one command, so that the next takes the tag away again. */
  const tagged = "tags.team=delivery";
  /** Likewise; the alarm is deleted again. */
  const alarm = `sweepAlarmTopic=arn:aws:sns:${region}:${account}:oncall`;
  const repositories = (names: readonly string[]) => ["--config", `repositories=${JSON.stringify(names)}`];
  const stacks = (names: readonly string[]) => ["--config", `github.stacks=${JSON.stringify(names)}`];
  const usual = ["base", "web", "api", "migrate"];
  /** Made with the environment, changed with it, and taken away with it. */
  const cdn = (priceClass: number) => [
    "--config",
    `files=${JSON.stringify({ origins: ["https://www.example.com"], cdn: { priceClass, name: "files.example.com" } })}`,
    "--config",
    `domain=${JSON.stringify({ name: "app.example.com", zoneId })}`,
    // The page itself asks api at the environment's own name, and tasks of the sandbox find no names.
    "--config",
    'services.web.checks=[{"path":"/healthz"}]',
  ];
  /** A repository and a deployed environment more, and gone again: all the stack has many of. */
  const more = [...repositories([...usual, "jobs"]), ...stacks([stack, "staging"])];
  const less = [...repositories(usual), ...stacks([stack])];

  it("are enough for what each workflow does", async () => {
    await succeed([
      [
        "platform",
        "up",
        "pipeline",
        ...more,
        "--set",
        alarm,
        "--set",
        tagged,
        "--set",
        'pullAccounts=["111122223333"]',
      ],
      ["platform", "up", "pipeline", ...less],
      ["images", "images", "push", "--tag", "v1"],
      ["images", "images", "push", "--tag", "v2"],
      ["plan", "images", "build", "--tag", "v2"],
      ["plan", "plan", stack],
      ["plan", "plan", "organization"],
      [
        ...([deployer, "up", stack, "--config", "monitoring.email=oncall@example.com", ...cdn(100)] as const),
        ...(["--set", tagged, "--set", "cost.maxMonthlyUsd=100000"] as const),
      ],
      [deployer, "deploy", stack, "--tag", "v1"],
      ["plan", "plan", stack],
      ["plan", "cost", stack, "--anew"],
    ]);
    const flags = ["--strategy", "canary", "--approve", "--keep-warm", "1s"];
    const deploy = await as(deployer, "deploy", stack, "--tag", "v2", ...flags);
    await deploy.shows("waiting: a person's approval");
    await succeed([["approve", "promote", stack, "--tag", "v2", "--approver", "ann"]]);
    await deploy.succeeds();
    await eventually(async () => {
      await succeed([["sweep", "sweep", stack]]);
      return (await took()).some(({ role, action }) => role === "switchyard-sweep" && action === "ecs:UpdateService");
    }, 60_000);
    await drive("audit", "seal", "--make", "--only", stack).succeeds();
    await succeed([
      [deployer, "status", stack],
      [deployer, "drift", stack],
      ...["pipeline", "images", stack].map((name) => ["drift", "drift", name] as const),
      ["seal", "audit", "seal", "--only", "pipeline", "--only", stack],
      [deployer, "history", stack],
      [deployer, "up", stack, "--config", "services.web.environment.PAGE_TITLE=Ours", ...cdn(200)],
      [deployer, "rollback", stack],
      [deployer, "run", stack, "--service", "api", "--", "node", "-v"],
    ]);
    const refused = (await took()).filter(({ allowed }) => !allowed).map(({ role, action }) => `${role} ${action}`);
    // A plan asks the function which migrations are applied, and does without where it may not run anything.
    assert.deepEqual([...new Set(refused)], ["switchyard-plan lambda:InvokeFunction"]);
  });

  it("refuse what another workflow does, before anything is written", async () => {
    const deploy = await as("plan", "deploy", stack, "--tag", "v1");
    assert.notEqual(await deploy.exitCode(), 0, deploy.output);
    assert.match(deploy.output, /assumed-role\/switchyard-plan\/workflow is not authorized to perform/);
    const wrote = /^(ecs|elasticloadbalancing|ecr|lambda|rds|iam|kms|ec2):(Create|Update|Modify|Put|Delete|Register)/;
    const refused = (await took()).filter(
      ({ role, action, allowed }) => role === "switchyard-plan" && allowed && wrote.test(action),
    );
    assert.deepEqual(refused, []);
  });

  it("let one alone start the runner", async () => {
    const start = async (role: Role) => {
      const sfn = new SFN({ endpoint, region, credentials: await session(role), maxAttempts: 1 });
      const stateMachineArn = `arn:aws:states:${region}:${account}:stateMachine:switchyard-run`;
      return sfn.startExecution({ stateMachineArn }).catch((error: Error) => error.name);
    };
    // Allowed, and nothing there to start.
    assert.equal(await start("runner"), "StateMachineDoesNotExist");
    assert.equal(await start(deployer), "AccessDeniedException");
    const tried = (await took()).filter(({ action }) => action === "states:StartExecution");
    assert.deepEqual(
      tried.map(({ role, allowed }) => [role, allowed]),
      [
        ["switchyard-runner", true],
        [`switchyard-${deployer}`, false],
      ],
    );
  });

  it("are enough to destroy what a role deploys", async () => {
    await succeed([[deployer, "destroy", stack, "--yes"]]);
  });

  for (const [role, reasons] of Object.entries(unusedReasons))
    it(`grant ${role} nothing that is not used, but for a reason`, async () => {
      const config = { endpoint, region, credentials: { accessKeyId: "sandbox", secretAccessKey: "x" } };
      await assertAllUsed(config, `switchyard-${role}`, await took(), reasons);
    });
});
