import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DynamoDB, TransactionCanceledException, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { S3 } from "@aws-sdk/client-s3";
import { unique, useCloud } from "../../../support/cloud.ts";

const root = join(import.meta.dirname, "../../../..");

/** moto with what serve.py mends, and no server. */
const mended = "runpy.run_path(sys.argv[1], run_name='__main__')";
function python(lines: readonly string[]) {
  const script = ["import runpy, sys", "from moto import server", "server.main = lambda: None", ...lines].join("\n");
  const [program, serve] = [join(root, ".sandbox/venv/bin/python"), join(root, "sandbox/cloud/moto/serve.py")];
  const env = { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" };
  return spawnSync(program, ["-c", script, serve], { encoding: "utf8", timeout: 30_000, env });
}

describe("moto's transactions", () => {
  const cloud = useCloud();
  const dynamodb = () => new DynamoDB(cloud.sdk());

  async function newTable(): Promise<string> {
    const TableName = unique("transactions");
    await dynamodb().createTable({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "stack", KeyType: "HASH" },
        { AttributeName: "item", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "stack", AttributeType: "S" },
        { AttributeName: "item", AttributeType: "S" },
      ],
    });
    return TableName;
  }

  const key = (item: string) => ({ stack: { S: "production" }, item: { S: item } });
  const put = (TableName: string, item: string, text = "new"): TransactWriteItem => ({
    Put: { TableName, Item: { ...key(item), text: { S: text } } },
  });
  const refused = (TableName: string): TransactWriteItem => ({
    ConditionCheck: { TableName, Key: key("lease"), ConditionExpression: "attribute_exists(nothing)" },
  });
  async function contents(TableName: string): Promise<Record<string, string | undefined>> {
    const { Items = [] } = await dynamodb().scan({ TableName });
    return Object.fromEntries(Items.map(({ item, text }) => [item?.S, text?.S]));
  }

  it("are there as a whole", async () => {
    const table = await newTable();
    await dynamodb().transactWriteItems({ TransactItems: [put(table, "a"), put(table, "b")] });
    const Delete = { TableName: table, Key: key("a") };
    await dynamodb().transactWriteItems({ TransactItems: [{ Delete }, put(table, "b", "newer"), put(table, "c")] });
    assert.deepEqual(await contents(table), { b: "newer", c: "new" });
  });

  const update = (TableName: string): TransactWriteItem => ({
    Update: {
      TableName,
      Key: key("b"),
      UpdateExpression: "SET #text = :text",
      ExpressionAttributeNames: { "#text": "text" },
      ExpressionAttributeValues: { ":text": { S: "newer" } },
    },
  });
  for (const [what, more] of [
    ["", () => []],
    [", with an Update among them", (table: string) => [update(table)]],
  ] as const)
    it(`leave nothing when one condition does not hold${what}`, async () => {
      const table = await newTable();
      await dynamodb().transactWriteItems({ TransactItems: [put(table, "a", "old"), put(table, "b", "old")] });
      const Delete = { TableName: table, Key: key("c") };
      await dynamodb().putItem({ TableName: table, Item: { ...key("c"), text: { S: "old" } } });
      const TransactItems = [put(table, "a"), ...more(table), { Delete }, put(table, "d"), refused(table)];
      await assert.rejects(dynamodb().transactWriteItems({ TransactItems }), TransactionCanceledException);
      assert.deepEqual(await contents(table), { a: "old", b: "old", c: "old" });
      await dynamodb().transactWriteItems({ TransactItems: [put(table, "a", "after")] });
      assert.equal((await contents(table))["a"], "after");
    });

  it("take no longer in a full table than in an empty one", async () => {
    const [empty, full] = [await newTable(), await newTable()];
    const text = "x".repeat(1000);
    for (let i = 0; i < 2_000; i += 25) {
      const items = Array.from({ length: 25 }, (_, k) => ({ ...key(String(i + k)), text: { S: text } }));
      const RequestItems = { [full]: items.map((Item) => ({ PutRequest: { Item } })) };
      await dynamodb().batchWriteItem({ RequestItems });
    }
    const client = dynamodb();
    const taken = async (table: string) => {
      const started = performance.now();
      await client.transactWriteItems({ TransactItems: [put(table, "a"), put(table, "b")] });
      return performance.now() - started;
    };
    const times: Record<string, number[]> = { [empty]: [], [full]: [] };
    for (let i = 0; i < 10; i++) for (const table of [empty, full]) times[table]?.push(await taken(table));
    const [fast, slow] = [Math.min(...(times[empty] ?? [])), Math.min(...(times[full] ?? []))];
    assert.ok(slow < 3 * fast, `${slow} ms with 2000 items, ${fast} ms with none`);
  });

  it("of a moto that does otherwise are refused at the start", () => {
    const { status, stderr } = python([
      "from moto.dynamodb.models import DynamoDBBackend",
      "DynamoDBBackend.transact_write_items = DynamoDBBackend.put_item",
      mended,
    ]);
    assert.equal(status, 1);
    assert.match(stderr, /serve\.py: moto [\d.]+: .*put_item has no `copy\.deepcopy\(`/);
  });
});

describe("moto's buckets", () => {
  const cloud = useCloud();
  const policy = (statement: object) => ({
    Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", ...statement }] }),
  });

  it("take objects where their policy asks for TLS, and none where it denies them", async () => {
    const s3 = new S3({ ...cloud.sdk(), forcePathStyle: true });
    const Bucket = unique("bucket");
    const all = { Action: "s3:*", Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`] };
    await s3.createBucket({ Bucket });
    await s3.putBucketPolicy({
      Bucket,
      ...policy({ ...all, Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    });
    await s3.putObject({ Bucket, Key: "one", Body: "1" });
    assert.match((await s3.getBucketPolicy({ Bucket })).Policy ?? "", /SecureTransport/);
    await s3.putBucketPolicy({ Bucket, ...policy({ ...all, Action: "s3:PutObject" }) });
    await assert.rejects(s3.putObject({ Bucket, Key: "two", Body: "2" }));
    s3.destroy();
  });
});

describe("what moto does once", () => {
  const holds = (...lines: readonly string[]) => {
    const { status, stderr } = python(lines);
    assert.equal(status, 0, stderr);
  };

  it("leaves the policies of AWS's own as they were, in every account and after a reset", () =>
    holds(
      "from moto.iam.models import IAMBackend, iam_backends",
      "own = IAMBackend._init_aws_policies",
      mended,
      "kept = lambda each: {**vars(each), 'arn': each.arn, 'id': 0, 'versions': [vars(one) for one in each.versions]}",
      "for account in ('123456789012', '210987654321'):",
      "    backend = iam_backends[account]['aws']",
      "    expected = [kept(each) for each in own(backend)]",
      "    backend.aws_managed_policies[0].attachment_count = 7",
      "    backend.reset()",
      "    assert [kept(each) for each in backend.aws_managed_policies] == expected and len(expected) > 1000",
    ));

  it("makes the private key of a symmetric key when it is asked for", () =>
    holds(
      mended,
      "from moto.kms.models import kms_backends",
      "def key(spec, usage):",
      "    return kms_backends['123456789012']['us-east-1'].create_key(None, usage, spec, '', None)",
      "symmetric, signing = key('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'), key('RSA_2048', 'SIGN_VERIFY')",
      "assert type(symmetric.private_key).__name__ == 'MadeWhenUsed' and '_made' not in vars(symmetric.private_key)",
      "signed = symmetric.private_key.sign(b'text', 'RSASSA_PSS_SHA_256')",
      "assert symmetric.private_key.verify(b'text', signed, 'RSASSA_PSS_SHA_256')",
      "assert type(signing.private_key).__name__ == 'RSAPrivateKey'",
    ));

  it("reads a service's model", () =>
    holds(
      mended,
      "from moto.core.utils import create_loader",
      "first, second = (create_loader().load_service_model('sts', 'service-2') for _ in range(2))",
      "assert first is second and first['metadata']['endpointPrefix'] == 'sts'",
    ));
});
