import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { awsRows } from "../../../sandbox/provider/aws/provider.ts";
import { TableProvider } from "../../../sandbox/provider/table-provider.ts";
import type { Bag } from "../../../sandbox/provider/values.ts";
import { unique, useCloud } from "../../support/cloud.ts";
import { useEnvironment } from "./environment.ts";
import { bucketCors } from "./plain/bucket-cors.ts";
import { customerGateway } from "./plain/customer-gateway.ts";

const rows = {
  ...awsRows,
  "aws:ec2/customerGateway:CustomerGateway": customerGateway,
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": bucketCors,
};

describe("a plain type that the aws stand-in lacks", () => {
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  const examples = join(import.meta.dirname, "plain");

  for (const file of readdirSync(examples))
    it(`costs under 40 lines: ${file}`, () => {
      const lines = readFileSync(join(examples, file), "utf8").trimEnd().split("\n").length;
      assert.ok(lines < 40, `${lines} lines`);
    });

  it("with fields as the API has them, and tags", () =>
    trip("aws:ec2/customerGateway:CustomerGateway", {
      given: { ipAddress: "192.0.2.1", type: "ipsec.1", bgpAsn: "65000", tags: { team: "platform" } },
      change: { tags: { team: "payments" } },
    }));

  it("that one operation makes and changes", async () => {
    const bucket = await make("aws:s3/bucket:Bucket", { bucket: unique("plain") });
    const rules = (origin: string) => [{ allowedMethods: ["GET"], allowedOrigins: [origin] }];
    await trip("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration", {
      given: { bucket: bucket.id, corsRules: rules("https://one.example.com") },
      change: { corsRules: rules("https://two.example.com") },
    });
    await provider().delete({ type: "aws:s3/bucket:Bucket", name: "plain", ...bucket });
  });

  const provider = () => new TableProvider({ package: "aws", version: "1.0.0", rows, functions: {} });

  async function make(type: string, given: Bag) {
    const { inputs, failures } = provider().check({ type, name: "plain", olds: {}, news: given });
    assert.deepEqual(failures, []);
    return { inputs, ...(await provider().create({ type, name: "plain", id: "", inputs, state: {} }, false)) };
  }

  /** Made, read as it was made, changed, read as it was changed, and deleted. */
  async function trip(type: string, { given, change }: { given: Bag; change: Bag }): Promise<void> {
    const made = await make(type, given);
    const resource = { type, name: "plain", ...made };
    assert.deepEqual(await provider().read(resource), { state: made.state, inputs: made.inputs });
    const { inputs: news } = provider().check({ ...resource, olds: made.inputs, news: { ...given, ...change } });
    const wanted = { ...resource, oldInputs: made.inputs, news, ignored: [] };
    const changed = Object.keys(change).map((key) => (key === "tags" ? "tagsAll" : key));
    assert.deepEqual([...provider().diff(wanted).changes.keys()], changed);
    const state = await provider().update(wanted, false);
    for (const [key, value] of Object.entries(change)) assert.deepEqual(state[key], value);
    assert.deepEqual(await provider().read({ ...resource, state, inputs: news }), { state, inputs: news });
    await provider().delete({ ...resource, state });
    assert.equal(await provider().read({ ...resource, state, inputs: news }), undefined);
  }
});
