import assert from "node:assert/strict";
import type { Aws } from "../../../automation/aws/clients.ts";
import { hashOf } from "../../../automation/ledger/chain.ts";
import { keptHeads, readSealKey, sealKey } from "../../../automation/ledger/seal.ts";
import { MemoryTable } from "../../support/memory-table.ts";

const head = { seq: 42, hash: hashOf("a record") };

/** An S3 that answers lists of versions page by page, and remembers from where it was asked. */
function bucketOf(pages: readonly (readonly string[])[], lock: string | Error = "COMPLIANCE") {
  const asked: unknown[] = [];
  const send = async (command: { readonly input: unknown }) => {
    const { input } = command;
    const { name } = command.constructor;
    if (name === "GetCallerIdentityCommand") return { Account: "123456789012" };
    if (name === "GetObjectLockConfigurationCommand") {
      if (lock instanceof Error) throw lock;
      return { ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: lock } } } };
    }
    asked.push(input);
    const page = asked.length - 1;
    const Versions = (pages[page] ?? []).map((Key) => ({ Key, LastModified: new Date(0) }));
    const IsTruncated = page + 1 < pages.length;
    return { Versions, IsTruncated, NextKeyMarker: `key ${page}`, NextVersionIdMarker: `version ${page}` };
  };
  return { asked, aws: { region: "eu-west-1", client: async () => ({ send }) } as unknown as Aws };
}

describe("heads that are kept", () => {
  it("are all in the name of their object", () => {
    for (const stack of ["production", "production#plan"]) {
      const key = sealKey(stack, head);
      assert.match(key, /^[a-z.]+\/000000000042-[0-9a-f]{64}$/);
      assert.deepEqual(readSealKey(key), head);
    }
    for (const key of ["", "production/", "production/42-abc", `${sealKey("production", head)}.txt`])
      assert.equal(readSealKey(key), undefined, key);
  });

  it("are read with every version, from every page, and what is none is passed over", async () => {
    const key = sealKey("production", head);
    const { aws, asked } = bucketOf([[key, "production/readme"], [key]]);
    const found = await keptHeads(aws, new MemoryTable("production"));
    const where = "head kept in switchyard-audit-123456789012-eu-west-1 at 1970-01-01T00:00:00.000Z";
    assert.deepEqual(found, [
      { ...head, where },
      { ...head, where },
    ]);
    const [first, second] = asked as Record<string, unknown>[];
    assert.equal(first?.["Prefix"], "production/");
    assert.deepEqual([second?.["KeyMarker"], second?.["VersionIdMarker"]], ["key 0", "version 0"]);
  });

  it("are none where there is no bucket, and any other failure is told", async () => {
    const failure = (name: string) => Object.assign(new Error(name), { name });
    assert.equal(await keptHeads(bucketOf([], failure("NoSuchBucket")).aws, new MemoryTable()), undefined);
    assert.deepEqual(
      await keptHeads(bucketOf([[]], failure("ObjectLockConfigurationNotFoundError")).aws, new MemoryTable()),
      [],
    );
    await assert.rejects(keptHeads(bucketOf([], failure("AccessDenied")).aws, new MemoryTable()), /AccessDenied/);
  });
});
