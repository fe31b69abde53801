import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
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
    ["VITE_GOOGLE_MAPS_API_KEY", "AIzaSyA1234567890abcdefghijklmnopqrstuvw"],
    ["GITHUB_TOKEN_PERMISSIONS", "read"],
    ["COMMIT", "89e6c98d92887913cadf06b2adb97f26cde4849b"],
    ["TOKEN_TTL", "3600"],
    ["PASSWORD_MIN_LENGTH", "12"],
    ["PASSWORD_RESET_URL", "https://example.com/reset"],
    ["AUTH_TOKEN_HEADER", "x-auth"],
    ["CREDENTIALS_PATH", "/run/creds"],
    ["USE_API_KEY", "true"],
    ["COGNITO_CLIENT_ID", "1h57kf5cpq17m0eml12EXAMPLE"],
    ["ASSET_HASH", "d41d8cd98f00b204e9800998ecf8427e"],
    ["NEXT_PUBLIC_FIREBASE_API_KEY", "AIzaSyA1234567890abcdefghijklmnopqrstuvw"],
    ["PUBLIC_KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="],
    ["TOKEN_ENDPOINT", "https://idp/token"],
    ["ACCESS_KEY_ROTATION", "on"],
    ["DISABLE_TOKEN_CHECK", "false"],
    ["HANDLER", "src/functions/GetOrders2Handler"],
    ["BUCKET", "MyStack-Assets3F4B2C1D-1ABCDEFGHIJKL"],
    ["SENTENCE", "ThisIsALongCamelCase123Feature"],
    ["DB_PASSWORD", ""],
    ["DB_PASSWORD", "$" + "{DB_PASSWORD}"],
    ["DATABASE_URL", `postgres://app:${"$"}{PASSWORD}@db/app`],
    ["MASTER_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"],
    ["PWD", "/srv/app"],
    ["MAX_TOKENS", "4096"],
    ["SORT_KEY", "sk"],
    ["PASSTHROUGH", "1"],
    ["COMPASS", "north"],
    ["AUTHOR", "Jane Doe"],
    ["TRACE", "Root=1-67891233-abcdef012345678912345678"],
    ["TOKEN_ENV", "DB_TOKEN"],
    ["RECAPTCHA_SITE_KEY", "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"],
    ["BASIC_AUTH", "enabled"],
    ["AUTH", "iam"],
    ["RANDOM_SEED", "42"],
    ["TIMES", "10:20:30:40:50"],
    ["SECRETARY", "Jane Doe"],
    ["GREETING", "password: see the wiki"],
  ];
  for (const [name, value] of plain)
    it(`${name}=${value} passes`, () => assert.equal(looksSecret(name, value), undefined));

  const secret: readonly (readonly [string, string, RegExp])[] = [
    ["DB_PASSWORD", "x", /named/],
    ["api_key", "x", /named/],
    ["GITHUB_TOKEN", "x", /named/],
    ["SIGNING_KEY", "x", /named/],
    ["REDIS_AUTH", "x", /named/],
    ["BASIC_AUTH", "admin:x", /named/],
    ["OTP_SEED", "JBSWY3DP", /named/],
    ["MASTERKEY", "x", /named/],
    ["appsecret", "x", /named/],
    ["MAIL", `SG.${"ngeVfQFYQlKU0ufo8x5d1A"}.${"TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr"}`, /SendGrid/],
    ["PGPASSFILE_CONTENT", "db:5432:app:app:hunter2", /password file/],
    ["CERT", "-----BEGIN RSA PRIVATE KEY-----\nMII", /private key/],
    ["ID", `AKIA${"ABCDEFGHIJKLMNOP"}`, /AWS access key/],
    ["CACHE_URL", "redis://user:hunter2@cache:6379/0", /URL with a password/],
    ["VALUE", createHash("sha256").update("x").digest("hex"), /random/],
    ["MYSQL_PWD", "hunter2hunter2", /named/],
    ["DB_PASS", "hunter2hunter2", /named/],
    ["dbPassword", "hunter2hunter2", /named/],
    ["DBPASSWORD", "hunter2hunter2", /named/],
    ["spring.datasource.password", "hunter2hunter2", /named/],
    ["DB-PASSWORD", "hunter2hunter2", /named/],
    ["STRIPE_KEY", "short-secret", /named/],
    ["JWT_SIGNING", "s3cr3t", /named/],
    ["TOKENS", "abc,def", /named/],
    ["PASSWORDS", "a,b", /named/],
    ["AWS_ACCESS_KEY_ID", "whatever", /named/],
    ["ConnectionStrings__Db", "Server=db;User Id=sa;Password=hunter2;", /connection string/],
    ["JDBC_URL", "jdbc:postgresql://db/app?user=app&password=hunter2", /connection string/],
    ["DSN", "app:hunter2@tcp(db:3306)/app", /URL with a password/],
    ["SENTRY_DSN", "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1", /URL with a password/],
    ["CONFIG", '{"database":{"password":"hunter2"}}', /JSON/],
    ["SESSION", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", /JWT/],
    ["PGP", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc", /private key/],
    ["AUTH", "Basic YWRtaW46aHVudGVyMg==", /HTTP/],
    ["SLACK_WEBHOOK", "https://hooks.slack.com/services/T000/B000/XXXX", /webhook/],
    ["NPM", "//registry.npmjs.org/:_authToken=abcd-efgh", /registry/],
    ["GH", `ghp_${"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"}`, /known kind \(github\)/],
    ["MAPS", "AIzaSyA1234567890abcdefghijklmnopqrstuvw", /Google/],
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

  it("patterns of tokens are loaded for what may be one, not for a path or words", () => {
    const module = JSON.stringify(join(import.meta.dirname, "../../programs/plaintext.ts"));
    const loaded = (value: string) => {
      const program = `require(${module}).looksSecret("VALUE", ${JSON.stringify(value)});
        console.log(Object.keys(require.cache).some((path) => path.includes("secretlint")));`;
      return execFileSync(process.execPath, ["--eval", program], { encoding: "utf8" }).trim();
    };
    assert.equal(loaded("/switchyard/production/web"), "false");
    assert.equal(loaded(`/switchyard/production/${"a1".repeat(4)}`), "true");
  });
});
