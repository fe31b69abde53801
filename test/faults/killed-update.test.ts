import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EC2 } from "@aws-sdk/client-ec2";
import { KMS } from "@aws-sdk/client-kms";
import type { FaultHit } from "@switchyard/sandbox";
import { changesNothing } from "../../automation/deploy/decide/mutations.ts";
import { eventually } from "../support/cloud.ts";
import { processesOf } from "../support/release/driver.ts";
import { faultHits, setFaults } from "../support/release/faults.ts";
import { usePipeline } from "../support/release/pipeline.ts";

const stack = "sandbox";
const everything = { service: "*", operation: "*", effect: "note" } as const;
/** The ledger's; those of an operation's steps are killed elsewhere. */
const ledger = new Set(["dynamodb:TransactWriteItems", "dynamodb:UpdateItem"]);

/** The official CLI takes some ten seconds for an update: it is killed at these, from the first things made to the last. */
const killsOfOfficial = [
  "iam:CreateRole",
  "ec2:CreateSubnet",
  "ec2:AuthorizeSecurityGroupIngress",
  "elasticloadbalancing:CreateLoadBalancer",
  "elasticloadbalancing:CreateRule",
  "rds:CreateDBInstance",
];

/** An environment made from nothing, its driver killed each time AWS has done what it was asked and before it answers. */
for (const engine of ["embedded", "pulumi"] as const)
  describe(`an update that is killed, on the engine ${engine}`, function () {
    this.timeout(1_200_000);
    this.retries(0);
    const { dir, drive } = usePipeline("killed", engine);

    const nameOf = ({ service, operation }: FaultHit) => `${service}:${operation}`;
    const isWrite = (call: FaultHit) => !changesNothing(call.operation) && !ledger.has(nameOf(call));

    /** The writes an `up` makes where there is nothing, each kind once. */
    async function kindsOfWrites(): Promise<readonly string[]> {
      await setFaults(everything);
      await drive("up", stack).succeeds();
      const [calls = []] = await faultHits();
      await setFaults();
      await drive("destroy", stack, "--yes").succeeds();
      return [...new Set(calls.filter(isWrite).map(nameOf))].sort();
    }

    async function pending(): Promise<readonly string[]> {
      const state = JSON.parse(await readFile(join(dir(), "state/.pulumi/stacks/switchyard", `${stack}.json`), "utf8"));
      const operations = (state.checkpoint.latest.pending_operations ?? []) as { type: string }[];
      return operations.map(({ type }) => type);
    }

    it("is gone on with in the pipeline, whose ledger keeps its lease too", async () => {
      const up = ["up", "pipeline", "--set", "switchyard:keepImages=50"];
      await setFaults({ service: "ecr", operation: "PutLifecyclePolicy", nth: 1, effect: "hang-after-effect" });
      const killed = drive(...up);
      await eventually(async () => (await faultHits())[0]?.length || !killed.running, 60_000);
      assert.ok(killed.running, killed.output);
      await killed.kill();
      await setFaults();
      const next = drive(...up);
      await next.succeeds();
      assert.match(next.output, /An earlier update of pipeline was cut short/);
      await drive("up", "pipeline").succeeds();
    });

    it("finds again everything it was making, at every kind of write, and makes nothing twice", async () => {
      const kinds = await kindsOfWrites();
      assert.ok(kinds.length > 30, kinds.join(" "));
      const left = new Set(kinds);
      const rounds: (readonly string[])[] = [];
      for (;;) {
        const armed = [...left].filter((kind) => engine === "embedded" || killsOfOfficial.includes(kind));
        const faults = armed.map((kind) => {
          const [service = "", operation = ""] = kind.split(":");
          // Each second time it is killed before AWS has done anything: then there is nothing to be found.
          return {
            service,
            operation,
            nth: 1,
            effect: rounds.length % 4 === 3 ? "hang" : "hang-after-effect",
          } as const;
        });
        await setFaults(...faults);
        const up = drive("up", stack);
        const held = await eventually(async () => {
          const hits = await faultHits();
          const found = armed.filter((_, i) => (hits[i]?.length ?? 0) > 0);
          return found.length > 0 || !up.running ? found : undefined;
        }, 120_000);
        if (held.length === 0) {
          await up.succeeds();
          break;
        }
        await up.kill();
        rounds.push(held);
        for (const kind of held) left.delete(kind);
      }
      // What the provider writes to finish a thing is not written again where that was found finished.
      const killed = kinds.length - left.size;
      console.log(`      killed ${rounds.length} times, at ${killed} kinds of writes; not at ${[...left].join(", ")}`);
      assert.ok(engine === "pulumi" ? rounds.length >= 4 : killed > 35);
      await eventually(async () => (await processesOf(dir())).length === 0, 30_000);
      assert.deepEqual(await pending(), []);

      await setFaults();
      const plan = drive("plan", stack);
      await plan.succeeds();
      assert.match(plan.output, /sandbox: \d+ unchanged/);
      await drive("drift", stack).succeeds();
      const ec2 = new EC2({});
      const own = [{ Name: "tag:Name", Values: ["sandbox*"] }];
      assert.equal((await ec2.describeVpcs({ Filters: own })).Vpcs?.length, 1);
      assert.equal((await ec2.describeAddresses({})).Addresses?.length, 1);
      const state = await readFile(join(dir(), "state/.pulumi/stacks/switchyard", `${stack}.json`), "utf8");
      const kms = new KMS({});
      for (const { KeyId = "" } of (await kms.listKeys({})).Keys ?? []) {
        const { KeyMetadata } = await kms.describeKey({ KeyId });
        const isOwn = KeyMetadata?.KeyState === "Enabled" && KeyMetadata.KeyManager === "CUSTOMER";
        if (isOwn && /sandbox/.test(KeyMetadata.Description ?? ""))
          assert.ok(state.includes(KeyId), `${KeyId} is left over`);
      }
    });
  });
