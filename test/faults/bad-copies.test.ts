import assert from "node:assert/strict";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Agent, request } from "undici";
import { plan } from "../../automation/stacks/update.ts";
import { badCopies } from "../fixtures/bad-copies/all.ts";
import { edit } from "../fixtures/faults.ts";
import { useBadCopies } from "../policies/support/bad-copies.ts";
import { refusal, writesSince } from "../policies/support/refusal.ts";

/** Each fault alone in the real program, previewed by the engine with the policy pack in Pulumi's runner. */
describe("a bad copy, on the engine", function () {
  this.timeout(180_000);
  const { cloud, platform, refused } = useBadCopies();

  describe("of an environment that is not there yet", () => {
    it("is not refused without a fault", async () => {
      const { broken, error, writes } = await refusal(cloud, await platform().open("environment"));
      assert.deepEqual([broken, error, writes], [[], undefined, []]);
    });

    for (const copy of badCopies) {
      if (copy.knownLater === undefined) it(`${copy.fault}: refused by ${copy.rule}`, () => refused(copy));
    }

    it("with a provider for another account alone: refused by the provider, which does not begin", async () => {
      const other = edit("pulumi:providers:aws", "production", { allowedAccountIds: ["210987654321"] });
      const calls = await cloud.calls();
      await assert.rejects(plan(await platform().open("environment", other)), {
        code: "update-failed",
        message: /the preview failed: AWS account ID not allowed: 123456789012.*redentials of the stack's account/,
      });
      assert.deepEqual(await writesSince(cloud, calls), []);
    });
  });

  describe("of an environment that is there", () => {
    let written: readonly string[];
    before(async () => {
      const calls = await cloud.calls();
      await platform().apply();
      written = await writesSince(cloud, calls);
    });

    it("was written by calls a refused update does not make", () => {
      for (const call of ["ec2:CreateVpc", "rds:CreateDBInstance", "iam:PutRolePolicy"])
        assert.ok(written.includes(call), `written by ${written}`);
    });

    it("is not refused without a fault", async () => {
      const { broken, error, writes } = await refusal(cloud, await platform().open("environment"));
      assert.deepEqual([broken, error, writes], [[], undefined, []]);
    });

    it("has nothing left to change, also after its state is read from the account", async () => {
      const { counts } = await plan(await platform().open("environment"), { refresh: true });
      assert.deepEqual(Object.keys(counts), ["same"]);
    });

    it("redirects hosts to its own name, and tells browsers to ask by HTTPS only", async () => {
      const { LoadBalancers = [] } = await new ElasticLoadBalancingV2(cloud.sdk()).describeLoadBalancers({});
      const ask = async (url: string) => {
        const answer = await request(url, { dispatcher: trusting, headers: { host: "www.example.com" } });
        await answer.body.dump();
        return answer;
      };
      const trusting = new Agent({ connect: { rejectUnauthorized: false } });
      try {
        const plain = await ask(`http://${LoadBalancers[0]?.DNSName}/a?b=c`);
        const [, port] = /^https:\/\/www\.example\.com:(\d+)\/a\?b=c$/.exec(String(plain.headers["location"])) ?? [];
        const { statusCode, headers } = await ask(`https://127.0.0.1:${port}/a?b=c`);
        assert.deepEqual(
          [statusCode, headers["location"], headers["strict-transport-security"]],
          [301, `https://app.example.com:${port}/a?b=c`, "max-age=300"],
        );
      } finally {
        await trusting.destroy();
      }
    });

    for (const copy of badCopies) {
      if (copy.knownLater) it(`${copy.fault}: refused by ${copy.rule}`, () => refused(copy));
    }
  });
});
