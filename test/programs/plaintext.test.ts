import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { entropyPerCharacter, looksSecret } from "../../programs/plaintext.ts";

describe("plain variables", () => {
  const plain: readonly (readonly [string, string])[] = [
    ["LOG_LEVEL", "info"],
    ["API_URL", "https://app.example.com/api/v2?limit=10"],
    ["KEYBOARD", "qwerty"],
    ["TOKENIZER", "standard"],
    ["PUBLIC_HOST", "static-assets.eu-central-1.example.com"],
    ["SQS_QUEUE_ARN", "arn:aws:sqs:us-east-1:123456789012:a-queue-with-a-Long-name"],
    ["COMMIT", "04544ce"],
    ["FEATURES", "checkout,new-search,dark-mode,ratings"],
    ["EMPTY", ""],
  ];
  for (const [name, value] of plain)
    it(`${name}=${value} passes`, () => assert.equal(looksSecret(name, value), undefined));

  const secret: readonly (readonly [string, string, RegExp])[] = [
    ["DB_PASSWORD", "x", /named/],
    ["api_key", "x", /named/],
    ["GITHUB_TOKEN", "x", /named/],
    ["SIGNING_KEY", "x", /named/],
    ["CERT", "-----BEGIN RSA PRIVATE KEY-----\nMII", /private key/],
    ["ID", `AKIA${"ABCDEFGHIJKLMNOP"}`, /AWS access key/],
    ["CACHE_URL", "redis://user:hunter2@cache:6379/0", /URL with a password/],
    ["HASH", createHash("sha256").update("x").digest("hex"), /random/],
    ["SALT", "kJ8s9Dk2LmQ4zXw7VbN1Tq6R", /random/],
  ];
  for (const [name, value, reason] of secret)
    it(`${name} is refused: ${reason.source}`, () => {
      const found = looksSecret(name, value);
      assert.match(found ?? "", reason);
      assert.ok(!found?.includes(value) || value === "x");
    });

  it("entropy is that of the alphabet for random text and none for one letter", () => {
    assert.equal(entropyPerCharacter("aaaa"), 0);
    assert.equal(entropyPerCharacter("abcd"), 2);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        const bits = entropyPerCharacter(text);
        return bits >= 0 && bits <= Math.log2(text.length) + 1e-9;
      }),
    );
  });

  it("random keys are found whatever they are", () => {
    for (let round = 0; round < 200; round += 1)
      assert.notEqual(looksSecret("VALUE", randomBytes(32).toString("hex")), undefined);
  });
});
