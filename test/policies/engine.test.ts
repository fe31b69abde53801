import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as aws from "@pulumi/aws";
import { type EngineEvent, LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { embeddedPulumi } from "../../sandbox/engine/command.ts";
import { serveProvider } from "../../sandbox/provider/serve.ts";

const policies = fileURLToPath(new URL("../../policies", import.meta.url));

/** A program with one fault: SSH open to the internet. */
async function faulty(): Promise<void> {
  const provider = new aws.Provider("main", { region: "us-east-1" });
  new aws.vpc.SecurityGroupIngressRule(
    "fault",
    {
      securityGroupId: "sg-1",
      cidrIpv4: "0.0.0.0/0",
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      description: "fault",
    },
    { provider },
  );
}

describe("a fault in a program, on the engine", () => {
  let directory: string;
  let account: Server;
  const calls: string[] = [];
  const environment: Record<string, string | undefined> = {};

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "faulty-"));
    account = createServer((request, response) => {
      request
        .setEncoding("utf8")
        .on("data", (body: string) => calls.push(/Action=(\w+)/.exec(body)?.[1] ?? request.url ?? ""));
      response.writeHead(400).end();
    });
    await new Promise<void>((resolve) => account.listen(0, "127.0.0.1", resolve));
    // The stand-in provider runs in this process and reads the SDKs' variables from it.
    const endpoint = `http://127.0.0.1:${(account.address() as AddressInfo).port}`;
    const wanted = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "sandbox",
      AWS_SECRET_ACCESS_KEY: "sandbox",
    };
    for (const [key, value] of Object.entries(wanted)) {
      environment[key] = process.env[key];
      process.env[key] = value;
    }
  });
  after(async () => {
    for (const [key, value] of Object.entries(environment)) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
    account.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open() {
    const state = join(directory, "state");
    await mkdir(state, { recursive: true });
    return LocalWorkspace.createOrSelectStack(
      { stackName: "production", projectName: "switchyard", program: faulty },
      {
        pulumiCommand: embeddedPulumi({
          allowedBackend: pathToFileURL(state).href,
          providers: { aws: (address) => serveProvider("aws", address) },
        }),
        projectSettings: { name: "switchyard", runtime: "nodejs", backend: { url: pathToFileURL(state).href } },
        envVars: { PULUMI_CONFIG_PASSPHRASE: "test" },
      },
    );
  }

  for (const operation of ["preview", "up"] as const) {
    it(`is blocked by its rule in ${operation}, before any call to AWS`, async () => {
      const said: string[] = [];
      const onEvent = ({ policyEvent }: EngineEvent) => {
        if (policyEvent?.enforcementLevel === "mandatory") said.push(policyEvent.policyName);
      };
      const stack = await open();
      const options = {
        policyPacks: [policies],
        policyPackConfigs: [join(policies, "config/production.json")],
        onEvent,
      };
      await assert.rejects(stack[operation](options));
      assert.ok(said.includes("sg-no-public-ssh"), `said: ${said}`);
      assert.deepEqual(calls, []);
    });
  }

  it("would have called AWS without the pack", async () => {
    await assert.rejects((await open()).up());
    assert.ok(calls.includes("AuthorizeSecurityGroupIngress"), `called: ${calls}`);
  });
});
