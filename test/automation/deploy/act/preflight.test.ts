import assert from "node:assert/strict";
import {
  movesOf,
  overdueContracts,
  type PreflightFacts,
  preflight,
  refuseProblems,
  tasksToStart,
  unscanned,
} from "../../../../automation/deploy/act/preflight.ts";
import type { ResolvedImage } from "../../../../automation/images/resolve.ts";
import type { Scan } from "../../../../automation/images/scan.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";
import { config } from "../../../programs/fixtures.ts";
import { colour, deployed, observed, release, target } from "../fixtures.ts";

const image: ResolvedImage = {
  digest: target("v2").digest,
  version: "v2",
  scan: { kind: "scanned", critical: 0 },
};
const scanned = (scan: Scan) => ({ images: { services: { web: { ...image, scan } }, migrate: image } });
const subnets = [
  { id: "subnet-a", free: 3 },
  { id: "subnet-b", free: 1 },
];

const facts = (change: Partial<PreflightFacts> = {}): PreflightFacts => ({
  config: config(),
  images: { services: { web: image }, migrate: image },
  alarms: [
    { name: "a", state: "OK" },
    { name: "b", state: "INSUFFICIENT_DATA" },
  ],
  parts: [],
  unreadable: [],
  contracts: [],
  passages: [],
  migrations: [],
  subnets,
  tasks: { web: 2, api: 2 },
  keepWarmMs: 3_600_000,
  pace: 1,
  ...change,
});

const service = (change: object) => {
  const base = config();
  const web = { ...base.services["web"], ...change } as (typeof base.services)[string];
  return { config: { ...base, services: { ...base.services, web } } };
};

describe("preflight", () => {
  const fine: [string, Partial<PreflightFacts>][] = [
    ["everything in order", {}],
    ["a drain as long as the stop timeout", service({ deregistrationDelaySeconds: 120, stopTimeoutSeconds: 120 })],
    ["a cookie the old colour outlives", service({ stickinessSeconds: 3_600 })],
    ["a scan without critical findings", scanned({ kind: "scanned", critical: 0 })],
    ["an image nothing can scan", scanned({ kind: "none", why: "the registry cannot scan it" })],
    ["a first deploy, of which no subnet is known", { subnets: [], tasks: { web: 50 } }],
    ["images that could not be resolved, which is said elsewhere", { images: undefined as never }],
    ["a clock almost five minutes off", { clockSkewMs: 299_999 }],
  ];
  for (const [name, change] of fine) it(`finds nothing: ${name}`, () => assert.deepEqual(preflight(facts(change)), []));
  it("says which images nobody has looked into", () => {
    const { images } = scanned({ kind: "none", why: "the registry cannot scan it" });
    assert.deepEqual(unscanned(images), ["image web:v2 is not scanned: the registry cannot scan it"]);
  });
  it("refuses nothing where nothing was found", () => refuseProblems("production", []));

  const bad: [string, Partial<PreflightFacts>, RegExp, RegExp][] = [
    [
      "drain beyond the stop timeout",
      service({ deregistrationDelaySeconds: 300, stopTimeoutSeconds: 120 }),
      /drain for 300 s/,
      /deregistrationDelaySeconds to at most 120/,
    ],
    [
      "a cookie that outlives the old colour",
      service({ stickinessSeconds: 7_200 }),
      /stick to a colour for 7200 s/,
      /--keep-warm/,
    ],
    ["critical findings", scanned({ kind: "scanned", critical: 2 }), /2 critical findings/, /push a new tag/],
    ["a scan that is not finished", scanned({ kind: "scanning" }), /scan is not finished/, /run the command again/],
    [
      "a scan that failed",
      scanned({ kind: "failed", why: "its scan is FAILED", fix: "start it again" }),
      /its scan is FAILED/,
      /start it again/,
    ],
    [
      "an alarm of the environment that is missing",
      { alarms: [{ name: "a", state: "MISSING" }] },
      /does not exist/,
      /up \S+ --refresh/,
    ],
    [
      "an alarm that is configured and missing",
      {
        config: { ...config(), deploy: { ...config().deploy, alarms: ["a"] } },
        alarms: [{ name: "a", state: "MISSING" }],
      },
      /does not exist/,
      /deploy\.alarms/,
    ],
    ["a log group that is gone", { parts: ["log group /web"] }, /deleted by hand/, /up \S+ --refresh/],
    [
      "an alarm that fires already",
      { alarms: [{ name: "a", state: "ALARM" }] },
      /in ALARM already/,
      /switchyard rollback/,
    ],
    [
      "alarms that cannot be read",
      { unreadable: [{ what: "alarms", action: "cloudwatch:DescribeAlarms", why: "AccessDenied: no" }] },
      /cannot read it \(AccessDenied: no\)/,
      /allow cloudwatch:DescribeAlarms/,
    ],
    [
      "weights the ledger does not say",
      { drift: { why: "weights were changed by hand: web", fix: "`switchyard adopt`" } },
      /changed by hand/,
      /adopt/,
    ],
    [
      "too few addresses for both colours",
      { tasks: { web: 2, api: 3 } },
      /needs 5 addresses \(web 2, api 3\), 4 are free/,
      /switchyard sweep/,
    ],
    [
      "a contract left behind",
      { contracts: ["0009_drop_name"] },
      /0009_drop_name .* pending/,
      /switchyard migrate sandbox --contract/,
    ],
    [
      "a migration that breaks a rule",
      { migrations: [{ where: "0001_a.expand.sql:1:1 (create-index)", what: "it locks t", fix: "CONCURRENTLY" }] },
      /locks t/,
      /CONCURRENTLY/,
    ],
    ["a clock that is five minutes off", { clockSkewMs: -300_000 }, /-300 s off AWS's/, /NTP/],
  ];
  for (const [name, change, what, fix] of bad)
    it(`refuses ${name}, with its fix`, () => {
      const problems = preflight(facts(change));
      assert.equal(problems.length, 1);
      assert.match(problems[0]?.what ?? "", what);
      assert.match(problems[0]?.fix ?? "", fix);
      assert.throws(
        () => refuseProblems("production", problems),
        (error: unknown) => error instanceof SwitchyardError && error.code === "preflight-failed",
      );
    });

  it("says all problems at once", () => {
    const all = Object.assign({}, ...bad.map(([, change]) => change));
    const problems = preflight(facts({ ...all, clockSkewMs: -300_000 }));
    assert.ok(problems.length >= 7, `${problems.length}`);
    assert.throws(
      () => refuseProblems("production", problems),
      (error: unknown) => error instanceof SwitchyardError && problems.every((p) => error.message.includes(p.fix)),
    );
  });
});

describe("contracts left behind", () => {
  const contract = { name: "0003_drop", kind: "contract" } as const;
  const expand = (name: string) => ({ name, kind: "expand" }) as const;
  it("are those with no expand before them", () => {
    assert.deepEqual(overdueContracts([contract]), ["0003_drop"]);
    assert.deepEqual(overdueContracts([contract, expand("0004_add")]), ["0003_drop"]);
    assert.deepEqual(overdueContracts([expand("0002_add"), contract]), []);
    assert.deepEqual(overdueContracts([]), []);
  });
});

describe("what a deploy would start", () => {
  it("is as large as what runs, or as configured where nothing does", () => {
    const seen = observed({ blue: colour({ desired: 3, running: 5 }) });
    assert.deepEqual(tasksToStart(config(), seen), { web: 5, api: 2 });
  });
  it("is less by what an operation that was cut short has started", () => {
    const seen = observed({ blue: colour({ running: 5 }), green: colour({ running: 3 }) });
    assert.deepEqual(tasksToStart(config(), seen, true), { web: 2, api: 2 });
    assert.deepEqual(tasksToStart(config(), seen), { web: 5, api: 2 });
  });
  it("is said in a line for each service", () => {
    const onGreen = { ...release, services: { web: { live: "green" as const, green: deployed("v1") } } };
    assert.deepEqual(movesOf(config(), observed({}, { release: onGreen }), "v2"), [
      "web: green v1 → blue v2, 1 tasks",
      "api: nothing → blue v2, 2 tasks",
    ]);
  });
});
