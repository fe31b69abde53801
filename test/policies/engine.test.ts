import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as aws from "@pulumi/aws";
import { type EngineEvent, LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { loadEngine, loadProviders } from "@switchyard/sandbox";
import { useClosedAccount } from "./support/closed-account.ts";

const { embeddedPulumi } = await loadEngine();
const { serveProvider } = await loadProviders();

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
  const account = useClosedAccount();
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "faulty-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

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
      assert.deepEqual(account.calls, []);
    });
  }

  it("would have called AWS without the pack", async () => {
    await assert.rejects((await open()).up());
    assert.ok(account.calls.includes("AuthorizeSecurityGroupIngress"), `called: ${account.calls}`);
  });
});
