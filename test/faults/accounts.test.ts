import assert from "node:assert/strict";
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { ECRPUBLIC } from "@aws-sdk/client-ecr-public";
import { IAM } from "@aws-sdk/client-iam";
import { Organizations } from "@aws-sdk/client-organizations";
import { STS } from "@aws-sdk/client-sts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { makeOrganization } from "../sandbox/provider/organization.ts";
import { unique, useCloud } from "../support/cloud.ts";
import { Driver } from "../support/release/driver.ts";

/** Through the command line: stacks in accounts of their own, entered by a role. */
describe("stacks in several accounts", function () {
  this.timeout(300_000);
  const cloud = useCloud();
  const ids: Record<string, string> = {};

  before("an organization with two accounts", async () => {
    await cloud.reset();
    await makeOrganization(cloud.sdk());
    const organizations = new Organizations(cloud.sdk());
    for (const name of ["public", "tooling"]) {
      await organizations.createAccount({ AccountName: name, Email: `${unique(name)}@example.com` });
      const { Accounts = [] } = await organizations.listAccounts({});
      ids[name] = Accounts.find(({ Name }) => Name === name)?.Id ?? "";
    }
  });
  after(() => cloud.reset());

  const roleOf = (account: string) => `arn:aws:iam::${ids[account]}:role/OrganizationAccountAccessRole`;

  function drive(...args: readonly string[]): Driver {
    return new Driver(args, {
      ...process.env,
      ...cloud.env,
      SWITCHYARD_SANDBOX: "1",
      SWITCHYARD_SANDBOX_DIR: cloud.dir,
    });
  }

  /** A client in an account, as its administrator. */
  function inside<C>(client: new (configuration: object) => C, account: string): C {
    const entered = async () => {
      const role = { RoleArn: roleOf(account), RoleSessionName: "test" };
      const { Credentials: given } = await new STS(cloud.sdk()).assumeRole(role);
      return { accessKeyId: given?.AccessKeyId ?? "", secretAccessKey: given?.SecretAccessKey ?? "" };
    };
    return new client({ ...cloud.sdk(), ...(account !== "management" && { credentials: entered }) });
  }

  async function writes(): Promise<readonly string[]> {
    const calls = Object.entries(await cloud.calls());
    return calls.flatMap(([call, count]) => (/:(Describe|Get|List|Assume)/.test(call) ? [] : [`${call} ${count}`]));
  }

  async function refused(words: RegExp, ...args: readonly string[]): Promise<void> {
    const before = await writes();
    const driver = drive(...args);
    assert.equal(await driver.exitCode(), errorCatalogue.credentials.exitCode, driver.output);
    assert.match(driver.output, words);
    assert.deepEqual(await writes(), before, driver.command);
  }

  /** What the stacks leave in an account. */
  async function found(account: string) {
    const [tables, repositories, roles] = await Promise.all([
      inside(DynamoDB, account).listTables({}),
      inside(ECRPUBLIC, account).describeRepositories({}),
      inside(IAM, account).listRoles({}),
    ]);
    const names = (roles.Roles ?? []).map(({ RoleName = "" }) => RoleName);
    return {
      tables: tables.TableNames ?? [],
      public: (repositories.repositories ?? []).map(({ repositoryName }) => repositoryName).sort(),
      roles: names.filter((name) => name.startsWith("switchyard-")).sort(),
    };
  }

  it("are refused with another account's credentials, before anything is written", async () => {
    const other = new RegExp(
      `they are of account \\d+, and the stack \\w+ is in ${ids["public"]}; nothing was written`,
    );
    const elsewhere = `account=${ids["public"]}`;
    for (const stack of ["registry", "pipeline", "sandbox"]) {
      await refused(other, "plan", stack, "--set", elsewhere);
      await refused(other, "up", stack, "--set", elsewhere);
    }
    await mkdir(join(cloud.dir, "work"), { recursive: true });
    const given = `${JSON.stringify({ "switchyard:account": ids["public"] })}\n`;
    for (const stack of ["sandbox", "registry"])
      await appendFile(join(cloud.dir, "work", `overrides.${stack}.jsonl`), given);
    for (const [command, ...rest] of [
      ["deploy", "--tag", "v1"],
      ["rollback"],
      ["sweep"],
      ["destroy", "--yes"],
      ["status"],
    ])
      await refused(other, command as string, "sandbox", ...rest);
    await refused(other, "drift", "registry");
    await refused(other, "destroy", "registry", "--yes");
  });

  it("are refused with a role of another account, and with one that cannot be entered", async () => {
    await refused(
      new RegExp(`they are of account ${ids["tooling"]}, and the stack registry is in ${ids["public"]}`),
      ...["up", "registry", "--set", `account=${ids["public"]}`, "--set", `assumeRole=${roleOf("tooling")}`],
    );
    const principal = { AWS: "arn:aws:iam::999999999999:root" };
    const statement = { Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" };
    const document = { Version: "2012-10-17", Statement: [statement] };
    const RoleName = unique("closed");
    await inside(IAM, "tooling").createRole({ RoleName, AssumeRolePolicyDocument: JSON.stringify(document) });
    const closed = `arn:aws:iam::${ids["tooling"]}:role/${RoleName}`;
    await refused(/cannot be entered with them \(AccessDenied/, "up", "pipeline", "--set", `assumeRole=${closed}`);
  });

  it("land in their own, and nowhere else", async () => {
    await drive("up", "registry", "--config", `assumeRole=${roleOf("public")}`).succeeds();
    await drive("up", "pipeline", "--config", `assumeRole=${roleOf("tooling")}`).succeeds();
    assert.deepEqual(await found("public"), { tables: [], public: ["base", "minimal"], roles: ["switchyard-push"] });
    const tooling = await found("tooling");
    assert.deepEqual({ ...tooling, roles: [] }, { tables: ["switchyard-ledger"], public: [], roles: [] });
    assert.deepEqual(await found("management"), { tables: [], public: [], roles: [] });
  });

  it("find there what they made: nothing changes the second time", async () => {
    for (const stack of ["pipeline", "registry"]) {
      const again = drive("up", stack);
      await again.succeeds();
      assert.match(again.output, /: \d+ unchanged in/);
      await drive("drift", stack).succeeds();
    }
  });

  const everything = ["destroy", "--everything"] as const;
  async function keeps(exit: keyof typeof errorCatalogue, words: RegExp, ...args: readonly string[]): Promise<void> {
    const before = await writes();
    const driver = drive(...everything, ...args);
    assert.equal(await driver.exitCode(), errorCatalogue[exit].exitCode, driver.output);
    assert.match(driver.output, words);
    assert.deepEqual(await writes(), before);
  }

  it("are destroyed all at once, what is protected only when that is said, and every account is asked what is left", async () => {
    await keeps("protected", /In this order: pipeline, registry\n.*kept from deletion: registry: .* base/, "--yes");
    await keeps("invalid-flag", /deletes every resource of 2 stacks/, "--unprotect");
    const RoleName = unique("by-hand");
    const document = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    const Tags = [{ Key: "project", Value: "switchyard" }];
    await inside(IAM, "public").createRole({ RoleName, AssumeRolePolicyDocument: document, Tags });
    const left = drive(...everything, "--yes", "--unprotect");
    assert.equal(await left.exitCode(), errorCatalogue["left-over"].exitCode, left.output);
    assert.match(left.output, new RegExp(`stray +arn:aws:iam::${ids["public"]}:role/${RoleName}: .* tagged by hand`));
    assert.match(left.output, /ending +arn:aws:kms:.*: AWS deletes it on \d{4}-/);
    for (const account of ["public", "tooling"])
      assert.deepEqual(await found(account), { tables: [], public: [], roles: [] });
    await inside(IAM, "public").deleteRole({ RoleName });
    const again = drive(...everything, "--yes");
    await again.succeeds();
    assert.match(again.output, /Nothing is left, 3 accounts asked/);
  });
});
