import assert from "node:assert/strict";
import { type ChildProcess, execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { makeOrganization } from "../sandbox/provider/organization.ts";
import { eventually, unique, useCloud } from "../support/cloud.ts";

const root = join(import.meta.dirname, "../..");

interface Planned {
  readonly changes: readonly { readonly op: string; readonly type: string; readonly urn: string }[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Through the command line: an organization from nothing to an account that is closed. */
describe("an organization", function () {
  this.timeout(300_000);
  const cloud = useCloud();
  let config: string;
  const staging = `accounts.staging={"email":"${unique("aws")}@example.com","unit":"trial","budget":{"monthlyUsd":100,"emails":["m@example.com"]}}`;

  before(async () => {
    await cloud.reset();
    // Other suites have given the pipeline an account.
    await rm(join(cloud.dir, "work", "overrides.pipeline.jsonl"), { force: true });
    config = join(await mkdtemp(join(tmpdir(), "switchyard-logins-")), "config");
  });
  after(() => rm(join(config, ".."), { recursive: true, force: true }));

  interface Ended {
    readonly code: number;
    readonly output: string;
    readonly said: string;
  }

  function start(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const env = {
      ...process.env,
      ...{ SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: cloud.dir, SWITCHYARD_ENGINE: "embedded" },
      AWS_CONFIG_FILE: config,
    };
    const argv = [join(root, "automation/switchyard.mjs"), ...args];
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const child = execFile(process.execPath, argv, { env, cwd: root }, (_, output, said) =>
      resolve({ code: child.exitCode ?? 1, output, said }),
    );
    return { child, ended: promise };
  }
  function run(...args: readonly string[]): Promise<Ended> {
    return start(...args).ended;
  }
  async function succeeds(...args: readonly string[]): Promise<string> {
    const { code, output, said } = await run(...args);
    assert.equal(code, 0, `${args.join(" ")}: ${output}${said}`);
    return output;
  }
  /** Refused with one clear error, and nothing written to AWS. */
  async function refused(code: keyof typeof errorCatalogue, words: RegExp, ...args: readonly string[]): Promise<void> {
    const before = await writes();
    const result = await run(...args);
    assert.equal(result.code, errorCatalogue[code].exitCode, result.output + result.said);
    assert.match(result.said, words);
    assert.equal(result.said.trim().split("\n").at(-1)?.startsWith("switchyard: "), true, result.said);
    assert.deepEqual(await writes(), before);
  }
  async function writes(): Promise<readonly string[]> {
    const calls = Object.entries(await cloud.calls());
    return calls.flatMap(([call, count]) =>
      /:(Describe|Get|BatchGet|List|Assume)/.test(call) ? [] : [`${call} ${count}`],
    );
  }
  async function plan(...set: readonly string[]): Promise<Planned> {
    return JSON.parse(
      await succeeds("plan", "organization", "--json", ...set.flatMap((one) => ["--set", one])),
    ) as Planned;
  }
  const names = ({ changes }: Planned, op: string) =>
    changes
      .filter((one) => one.op === op && one.type.startsWith("aws:"))
      .map(({ urn }) => urn.split("::").slice(-2).join(" ").replace(/^.*\$/, ""));

  it("is refused with the steps to take by hand, one after the other", async () => {
    await refused("not-set-up", /no AWS organization\. 1\. .*create-organization/, "plan", "organization");
    await makeOrganization(cloud.sdk());
    await fetch(`${cloud.endpoint}/_switchyard/identity-center`, { method: "DELETE" });
    await refused("not-set-up", /Identity Center is not enabled in us-east-1\. 1\. /, "up", "organization");
    await fetch(`${cloud.endpoint}/_switchyard/identity-center`, { method: "PUT" });
  });

  it("is made, and its plan is clean right after", async () => {
    await succeeds("up", "organization");
    assert.deepEqual(names(await plan(), "create"), []);
    const { counts } = JSON.parse(await succeeds("plan", "organization", "--refresh", "--json")) as Planned;
    assert.deepEqual(Object.keys(counts), ["same"]);
  });

  it("gets an account by one entry: exactly what one account needs, and nothing the second time", async () => {
    const planned = await plan(staging);
    assert.deepEqual(names(planned, "create"), [
      "aws:ssoadmin/accountAssignment:AccountAssignment staging/administrators/break-glass",
      "aws:ssoadmin/accountAssignment:AccountAssignment staging/administrators/operate",
      "aws:ssoadmin/accountAssignment:AccountAssignment staging/developers/look",
      "aws:ssoadmin/accountAssignment:AccountAssignment staging/developers/operate",
      "aws:account/alternativeContact:AlternativeContact staging/operations",
      "aws:account/alternativeContact:AlternativeContact staging/security",
      "aws:budgets/budget:Budget staging",
      "aws:organizations/account:Account staging",
    ]);
    assert.deepEqual(Object.keys(planned.counts).sort(), ["create", "same"]);
    await succeeds("up", "organization", "--config", staging);
    assert.deepEqual(Object.keys((await plan()).counts), ["same"]);
    assert.match(await succeeds("accounts"), /staging +\d{12} +workloads\/trial .*ACTIVE .*developers: look, operate/);
  });

  it("moves a person by one membership", async () => {
    const planned = await plan('people.ben.groups=["administrators"]');
    assert.deepEqual(
      [names(planned, "create"), names(planned, "delete"), names(planned, "update")],
      [
        ["aws:identitystore/groupMembership:GroupMembership ben/administrators"],
        ["aws:identitystore/groupMembership:GroupMembership ben/developers"],
        [],
      ],
    );
  });

  it("writes a person's profiles, and leaves the others alone", async () => {
    await writeFile(config, "[default]\nregion = eu-west-1\n");
    await succeeds("logins", "--person", "ben", "--write");
    const text = await readFile(config, "utf8");
    assert.ok(text.startsWith("[default]\nregion = eu-west-1\n"));
    assert.match(text, /\[profile staging-operate\]\nsso_session = switchyard\nsso_account_id = \d{12}/);
    await refused("not-found", /no person "bem"\. Did you mean ben\?/, "logins", "--person", "bem");
  });

  it("refuses what AWS would refuse later, before anything is written", async () => {
    const up = ["up", "organization", "--set"];
    await refused("invalid-config", /no unit "trail"\. Did you mean trial\?/, ...up, "accounts.staging.unit=trail");
    await refused("invalid-config", /more than AWS allows, 5/, ...up, "accountQuota=5");
    await refused("invalid-config", /the unit is in itself/, ...up, "units.workloads.parent=live");
    await refused(
      "protected",
      /no entry with its e-mail address any more/,
      ...up,
      "accounts.staging.email=new@example.com",
    );
    await refused("protected", /has no decommission: true/, "account", "close", "staging", "--yes");
    await refused("not-found", /Did you mean staging\?/, "account", "close", "stagin", "--yes");
    await refused(
      "policy-violation",
      /sso-administrator-only-break-glass/,
      ...up,
      'permissionSets.look.managedPolicies=["AdministratorAccess"]',
    );
  });

  it("closes an account whose entry says so, also where a run was cut short, and lets its entry go", async () => {
    await succeeds("up", "organization", "--config", "accounts.staging.decommission=true");
    await refused("invalid-flag", /--yes/, "account", "close", "staging");
    await cloud.fault({
      service: "organizations",
      operation: "CloseAccount",
      nth: 1,
      effect: "error",
      code: "AccessDeniedException",
      status: 400,
    });
    assert.equal((await run("account", "close", "staging", "--yes")).code, errorCatalogue["aws-refused"].exitCode);
    await cloud.fault({ service: "organizations", operation: "CloseAccount", nth: 1, effect: "hang" });
    const killed = start("account", "close", "staging", "--yes");
    await eventually(async () => (await cloud.faults()).some(({ hits }) => hits.length > 0) || undefined, 60_000);
    killed.child.kill("SIGKILL");
    await killed.ended;
    await cloud.clearFaults();
    const said = await succeeds("account", "close", "staging", "--yes");
    assert.match(said, /nobody is assigned to it\n3\. staging: account \d{12} is closed\n4\. /);
    assert.match(said, /90 days/);
    assert.match(await succeeds("account", "close", "staging", "--yes"), /is closed already/);
    assert.deepEqual(Object.keys((await plan()).counts), ["same"]);
    await rm(join(cloud.dir, "work", "overrides.organization.jsonl"));
    assert.deepEqual(Object.keys((await plan()).counts), ["same"]);
    assert.match(await succeeds("accounts"), /\(.*staging.*SUSPENDED +nobody/);
  });

  it("is in the audit of the pipeline once there is one, by how each update ended", async () => {
    const keys = [
      { AttributeName: "stack", KeyType: "HASH" },
      { AttributeName: "item", KeyType: "RANGE" },
    ] as const;
    const client = new DynamoDBClient(cloud.sdk());
    await client.send(
      new CreateTableCommand({
        TableName: ledgerTableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [...keys],
        AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: "S" })),
      }),
    );
    client.destroy();
    await succeeds("up", "organization");
    const wrong = 'permissionSets.look.managedPolicies=["ReadOnlyAccessss"]';
    assert.notEqual((await run("up", "organization", "--set", wrong)).code, 0);
    const refusal = { service: "organizations", operation: "DescribeOrganization", effect: "error" } as const;
    await cloud.fault({ ...refusal, code: "AccessDeniedException", status: 400 });
    assert.notEqual((await run("up", "organization")).code, 0);
    await cloud.clearFaults();
    const lines = (await succeeds("audit", "list", "organization", "--lines")).trim().split("\n");
    const ends = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      ends.map(({ kind, outcome }) => `${kind} ${outcome}`),
      ["apply unchanged", "apply failed"],
    );
    assert.match(await succeeds("audit", "verify", "organization"), /2 records/);
  });
});
