import assert from "node:assert/strict";
import { keptFromDeletion, refuseProtected } from "../../../automation/stacks/destroy.ts";
import type { OpenStack } from "../../../automation/stacks/open.ts";

const resource = (type: string, given: object = {}) => ({
  urn: `urn:pulumi:p::s::${type}::production`,
  type,
  ...given,
});
const instance = "aws:rds/instance:Instance";

function stackWith(resources: readonly object[]): { open: OpenStack; destroyed: object[] } {
  const destroyed: object[] = [];
  const stack = {
    exportStack: async () => ({ version: 3, deployment: { resources } }),
    destroy: async (options: object) => {
      destroyed.push(options);
      return { summary: {} };
    },
  };
  return { open: { name: "production", stack } as unknown as OpenStack, destroyed };
}

describe("a stack that is to be destroyed", () => {
  it("has resources that are kept: protected ones, and those AWS would refuse to delete", () => {
    assert.deepEqual(
      keptFromDeletion([
        resource("aws:s3/bucket:Bucket", { inputs: { forceDestroy: true } }),
        resource(instance, { protect: true, inputs: { deletionProtection: true } }),
        resource("aws:lb/loadBalancer:LoadBalancer", { inputs: { enableDeletionProtection: true } }),
        resource("aws:dynamodb/table:Table", { inputs: { deletionProtectionEnabled: false } }),
      ]),
      [`${instance} production (protected)`, "aws:lb/loadBalancer:LoadBalancer production (enableDeletionProtection)"],
    );
  });

  it("is refused with their names before an engine destroys anything", async () => {
    const { open, destroyed } = stackWith([resource(instance, { protect: true })]);
    await assert.rejects(refuseProtected(open), (error: Error & { code?: string }) => {
      assert.equal(error.code, "protected");
      assert.match(error.message, /^stack production: 1 of its resources is kept .*Instance production \(protected\)/);
      return true;
    });
    assert.deepEqual(destroyed, []);
  });

  it("is previewed only, when there are none", async () => {
    const { open, destroyed } = stackWith([resource(instance)]);
    await refuseProtected(open);
    assert.deepEqual(
      destroyed.map((options) => (options as { previewOnly?: boolean }).previewOnly),
      [true],
    );
  });

  it("is previewed also when it was never updated, of which the SDK has no summary", async () => {
    const stack = { exportStack: async () => ({}), destroy: async () => ({ summary: undefined }) };
    await refuseProtected({ name: "pr-7", stack } as unknown as OpenStack);
  });
});
