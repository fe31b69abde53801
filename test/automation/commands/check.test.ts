import assert from "node:assert/strict";
import type { HttpHeaderConditionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../../automation/aws/clients.ts";
import { type Checked, check, type JudgeMigrations } from "../../../automation/commands/check.ts";
import { limitsOf } from "../../../automation/deploy/act/goals.ts";
import type { Session } from "../../../automation/deploy/conduct/session.ts";
import type { ResolvedImage, ResolvedImages } from "../../../automation/images/resolve.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { pathPatterns } from "../../../programs/routes.ts";
import { config } from "../../programs/fixtures.ts";
import { MemoryTable } from "../../support/memory-table.ts";
import { deployed, goal as deployGoal, now, shapeWith } from "../deploy/fixtures.ts";

// biome-ignore lint/suspicious/noExplicitAny: commands' inputs are as many types as there are commands
type Answers = Record<string, (input: any) => unknown>;

const image = { digest: `registry.example/web@sha256:${"2".repeat(64)}`, version: "v2" };
const resolved: ResolvedImage = { ...image, scan: { kind: "scanned", critical: 0 } };
const images: ResolvedImages = { services: { web: resolved }, migrate: resolved };
const onBlue = (arn: string) => [
  { TargetGroupArn: groupOf(arn, "blue"), Weight: 100 },
  { TargetGroupArn: groupOf(arn, "green"), Weight: 0 },
];
const groupOf = (arn: string, colour: string) =>
  `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${arn.split("/")[1]}-${colour}/1`;

const previewed = { HttpHeaderName: "X-Switchyard-Preview", Values: ["secret"] };

/** Rules whose preview rules ask for this header. */
function rulesAsking(HttpHeaderConfig: HttpHeaderConditionConfig, groups = onBlue) {
  return ({ RuleArns }: { RuleArns: string[] }) => ({
    Rules: RuleArns.map((RuleArn) => ({
      RuleArn,
      Conditions: [
        { Field: "path-pattern", PathPatternConfig: { Values: pathPatterns(`/${RuleArn.split("/")[1]}`) } },
        ...(RuleArn.startsWith("preview/") ? [{ Field: "http-header", HttpHeaderConfig }] : []),
      ],
      Actions: [{ Type: "forward", ForwardConfig: { TargetGroups: groups(RuleArn) } }],
    })),
  });
}

/** An account in which nothing stands in a deploy's way. */
const calm: Answers = {
  DescribeRules: rulesAsking(previewed),
  DescribeServices: ({ services }) => ({
    services: services.map((serviceName: string) => ({ serviceName, desiredCount: 2, runningCount: 2 })),
  }),
  DescribeAlarms: ({ AlarmNames }) => ({
    MetricAlarms: AlarmNames.map((AlarmName: string) => ({ AlarmName, StateValue: "OK" })),
  }),
  DescribeSubnets: ({ SubnetIds }) => ({
    Subnets: SubnetIds.map((SubnetId: string) => ({ SubnetId, AvailableIpAddressCount: 100 })),
  }),
  DescribeLogGroups: ({ logGroupNamePrefix }) => ({ logGroups: [{ logGroupName: logGroupNamePrefix }] }),
  GetFunctionConfiguration: () => ({}),
  GetSecretValue: () => ({ SecretString: "secret" }),
  GetMetricData: () => ({ MetricDataResults: [] }),
  Invoke: () => ({ Payload: new TextEncoder().encode(JSON.stringify({ applied: [], pending: [] })) }),
};

interface Checks {
  readonly checked?: Checked;
  readonly error?: SwitchyardError;
  readonly asked: readonly string[];
}

async function checking(
  change: Answers = {},
  {
    resolving = Promise.resolve(images),
    fresh = false,
    clockSkewMs = 0,
    migrate = "v1",
    items = {},
    judge = (async () => []) as JudgeMigrations,
  } = {},
): Promise<Checks> {
  const asked: string[] = [];
  const answers = { ...calm, ...change };
  const send = async (command: { input: unknown }) => {
    const name = command.constructor.name.replace(/Command$/, "");
    asked.push(name);
    return answers[name]?.(command.input);
  };
  const table = new MemoryTable();
  if (!fresh) {
    const shape = shapeWith(["web", "api"], { migrationFunctionName: "migrate", migrationImage: "m" });
    table.put("shape", { outputs: JSON.stringify(shape) });
    const live = { live: "blue", blue: { ...deployed("v1"), digest: image.digest } };
    const document = {
      ...{ format: 1, revision: 1, services: { web: live, api: live } },
      migrate: { live: { ...image, version: migrate } },
    };
    table.put("release", { document: JSON.stringify(document), revision: 1 });
  }
  for (const [item, value] of Object.entries(items)) table.put(item, value as Record<string, unknown>);
  const session = {
    where: { pace: 1 },
    stack: "sandbox",
    aws: { client: async () => ({ send }), clockSkewMs } as unknown as Aws,
    table,
    clock: { now: () => now, sleep: async () => {} },
  } as unknown as Session;
  const limits = limitsOf(config().deploy, 1);
  const goal = { actor: "someone", version: "v2", strategy: { kind: "all-at-once" }, limits } as const;
  try {
    return { asked, checked: await check(session, config(), resolving, goal, judge) };
  } catch (error) {
    assert.ok(error instanceof SwitchyardError, String((error as Error).stack));
    return { asked, error };
  }
}

const denied = () => {
  throw Object.assign(new Error("not authorized"), { name: "AccessDenied" });
};

describe("the checks before a deploy", () => {
  it("pass where nothing stands in its way, and write nothing", async () => {
    const { checked, asked, error } = await checking();
    assert.equal(error, undefined);
    assert.equal(checked?.images, images);
    assert.ok(asked.every((name) => /^(Describe|Get|Invoke)/.test(name)));
  });
  it("ask a first deploy for little", async () => {
    const { asked, error } = await checking({}, { fresh: true });
    assert.equal(error, undefined);
    assert.deepEqual(asked, []);
  });

  const pending = (...names: string[]) => ({
    Invoke: () => ({
      Payload: new TextEncoder().encode(
        JSON.stringify({ applied: [], pending: names.map((name) => ({ name, kind: "contract" })) }),
      ),
    }),
  });
  const byHand: Answers = {
    DescribeRules: rulesAsking(previewed, (arn) => onBlue(arn).map((group) => ({ ...group, Weight: 50 }))),
  };
  const bad: [string, Answers, RegExp][] = [
    ["alarms that may not be read", { DescribeAlarms: denied }, /allow cloudwatch:DescribeAlarms/i],
    ["metrics that may not be read", { GetMetricData: denied }, /allow cloudwatch:GetMetricData/i],
    ["subnets that may not be read", { DescribeSubnets: denied }, /allow ec2:DescribeSubnets/i],
    [
      "subnets that are full",
      { DescribeSubnets: () => ({ Subnets: [{ SubnetId: "subnet-a", AvailableIpAddressCount: 3 }] }) },
      /needs 4 addresses \(web 2, api 2\), 3 are free/,
    ],
    ["weights changed by hand", byHand, /web is blue 50 green 50, the ledger says blue 100 green 0/],
    [
      "a migration function that a hand deleted",
      {
        GetFunctionConfiguration: () => {
          throw Object.assign(new Error("no"), { name: "ResourceNotFoundException" });
        },
      },
      /migration function migrate: it was deleted by hand. `switchyard up \S+ --refresh`/,
    ],
    [
      "a log group that a hand deleted",
      { DescribeLogGroups: ({ logGroupNamePrefix }) => ({ logGroups: [{ logGroupName: `${logGroupNamePrefix}-2` }] }) },
      /log group \S+: it was deleted by hand. `switchyard up \S+ --refresh`/,
    ],
    ["log groups that may not be read", { DescribeLogGroups: denied }, /migration function, log groups: .*Allow/],
    ["a contract left behind", pending("0009_drop"), /0009_drop of the release that serves is pending/],
  ];
  for (const [name, answers, text] of bad)
    it(`refuse ${name}`, async () => {
      const { error } = await checking(answers);
      assert.equal(error?.code, "preflight-failed");
      assert.match(error.message, text);
    });

  it("refuse task counts out of the bounds that the live release scales between", async () => {
    const live = { live: "blue", blue: { ...deployed("v1"), digest: image.digest }, scale: { min: 1, max: 4 } };
    const document = { format: 1, revision: 1, services: { web: live, api: live } };
    const items = { release: { document: JSON.stringify(document), revision: 1 } };
    const counted = (desiredCount: number): Answers => ({
      DescribeServices: ({ services }) => ({
        services: services.map((serviceName: string) => ({ serviceName, desiredCount, runningCount: 2 })),
      }),
    });
    assert.equal((await checking(counted(4), { items })).error, undefined);
    const { error } = await checking(counted(5), { items });
    assert.equal(error?.code, "preflight-failed");
    assert.match(
      error.message,
      /task counts were changed by hand: web blue has 5 tasks, the ledger says 1 to 4; api blue/,
    );
  });

  it("refuse what is wrong with the version's migrations, given what is applied", async () => {
    const applied = [{ name: "0005_newer", kind: "expand", checksum: "c" }];
    const judge: JudgeMigrations = async (known) => {
      assert.deepEqual(known, applied);
      return [{ where: "0003_older.expand.sql (older-number)", what: "0005_newer is applied", fix: "rename it" }];
    };
    const payload = new TextEncoder().encode(JSON.stringify({ applied, pending: [] }));
    const { error } = await checking({ Invoke: () => ({ Payload: payload }) }, { judge });
    assert.equal(error?.code, "preflight-failed");
    assert.equal(error.where, "0003_older.expand.sql (older-number)");
  });

  it("take weights an interrupted operation wrote for no one's mistake", async () => {
    const at50 = (service: string) => ({
      ...{ kind: "set-weights", service, rule: "production", weights: { blue: 50, green: 50 } },
    });
    const shifting = { kind: "step", phase: "shift", why: "", writes: [at50("web"), at50("api")] };
    const interrupted = (...decisions: object[]) => {
      const operation = "00000001-deploy-v2";
      const entries = decisions.map((decision, seq) => [
        `journal#${operation}#00000${seq}`,
        { seq, token: 1, operation, at: now, decision: JSON.stringify(decision) },
      ]);
      const goal = JSON.stringify(deployGoal({ operation }));
      return Object.fromEntries([[`operation#${operation}`, { operation, at: now, goal }], ...entries]);
    };
    assert.equal((await checking(byHand, { items: interrupted(shifting) })).error, undefined);
    assert.equal((await checking(byHand, { items: interrupted() })).error?.code, "preflight-failed");
  });

  it("leave contracts to a version that failed to serve, and a function that does not answer to the deploy", async () => {
    assert.equal((await checking(pending("0009_drop"), { migrate: "v2" })).error, undefined);
    assert.equal((await checking({ Invoke: denied })).error, undefined);
  });
  it("refuse a preview secret that the rules do not ask for, or that is gone", async () => {
    const asking = (value: string, HttpHeaderName = "x-switchyard-preview") => ({
      DescribeRules: rulesAsking({ HttpHeaderName, Values: [value] }),
    });
    assert.equal((await checking(asking("secret"))).error, undefined);
    const other = await checking(asking("another"));
    assert.match(other.error?.message ?? "", /preview rules of web, api ask for another value/);
    for (const exposed of [asking("secret", "accept"), asking("*")])
      assert.match((await checking(exposed)).error?.message ?? "", /preview rules .* requests of anybody: web, api/);
    const missing = () => {
      throw Object.assign(new Error("not there"), { name: "ResourceNotFoundException" });
    };
    assert.match(
      (await checking({ GetSecretValue: missing })).error?.message ?? "",
      /the preview secret preview is gone/,
    );
  });
  it("go by the clock of AWS's answers", async () => {
    assert.match((await checking({}, { clockSkewMs: 400_000 })).error?.message ?? "", /400 s off AWS's/);
  });
  it("say what is missing as it is when nothing else is wrong, and beside the rest otherwise", async () => {
    const missing = () =>
      Promise.reject(new SwitchyardError("not-found", { what: "no image web:v9", where: "--tag", fix: "push it" }));
    assert.equal((await checking({}, { resolving: missing() })).error?.code, "not-found");
    const { error } = await checking({ DescribeAlarms: denied }, { resolving: missing() });
    assert.equal(error?.code, "preflight-failed");
    assert.match(error.message, /no image web:v9.*alarms/);
  });
});
