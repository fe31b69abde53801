/** What is right and wrong with what deploys stand on, from what was seen. */

import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";

/** `unknown`: it could not be asked; the reason is in `says`. */
export type Verdict = "ok" | "problem" | "unknown";

export interface Line {
  readonly check: string;
  readonly verdict: Verdict;
  readonly says: string;
  /** What to do about a problem. */
  readonly fix?: string;
}

/** Something that was looked at, or why it could not be. */
export type Fact<T> = { readonly value: T } | { readonly error: string };

export interface Facts {
  readonly node: string;
  /** Of the engine: `embedded`, or the CLI's. */
  readonly pulumi: Fact<string>;
  /** Version of `@pulumi/pulumi` in package.json. */
  readonly wantedPulumi: string;
  readonly caller: Fact<{ readonly account: string; readonly arn: string }>;
  /** `switchyard:account` of the pipeline. */
  readonly wantedAccount?: string | undefined;
  readonly region: Fact<string>;
  /** This machine's clock minus AWS's, in milliseconds. */
  readonly clockSkewMs?: number | undefined;
  readonly quotas: readonly Quota[];
  readonly state: Fact<StateSeen>;
  readonly leases: Fact<readonly LeaseSeen[]>;
  /** ARN of Identity Center's instance, if there is one. */
  readonly identityCenter: Fact<string | undefined>;
  readonly subjects: Fact<SubjectsSeen | undefined>;
  readonly docker: Fact<string>;
  readonly buildx: Fact<string>;
}

export interface Quota {
  readonly name: string;
  readonly used: Fact<number>;
  readonly most: Fact<number>;
  /** Where more is asked for. */
  readonly raise: string;
}

export interface StateSeen {
  /** `s3://…`, or the sandbox's directory. */
  readonly backend: string;
  /** Where it is a bucket: that of the pipeline's configuration, when that names one. */
  readonly bucket?: { readonly versioned: boolean; readonly isPrivate: boolean } | undefined;
  /** How the pipeline's secrets are encrypted; undefined before its first `up`. */
  readonly secrets?: string | undefined;
}

export interface LeaseSeen {
  readonly stack: string;
  /** Undefined for a free one. */
  readonly held?: { readonly holder: string; readonly purpose: string; readonly isDead: boolean } | undefined;
}

/** Forms of the subject in GitHub's tokens: with ids, or names alone. */
export interface SubjectsSeen {
  readonly repository: string;
  readonly configured: "ids" | "names";
  /** What GitHub's tokens have; undefined where `gh` cannot be asked. */
  readonly actual?: "ids" | "names" | undefined;
}

/** Signatures are refused from five minutes on (AWS General Reference, "Signature Version 4"); leases from far less. */
const mostSkewMs = 60_000;
const leastNode = 24;

export function judge(facts: Facts): readonly Line[] {
  return [
    node(facts),
    pulumi(facts),
    caller(facts),
    fact("region", facts.region, (region) => ok("region", region), "set AWS_REGION, or aws:region in the stack's file"),
    clock(facts),
    ...facts.quotas.map(quota),
    fact(
      "state",
      facts.state,
      state,
      "`switchyard bootstrap` makes the state's bucket; where it is there, let these credentials read it",
    ),
    ...leases(facts.leases),
    identityCenter(facts.identityCenter),
    fact("oidc subject", facts.subjects, subjects),
    fact(
      "docker",
      facts.docker,
      (version) => ok("docker", version),
      "start it, or install it: images are built with it",
      "problem",
    ),
    fact(
      "buildx",
      facts.buildx,
      (version) => ok("buildx", version),
      "install it: public images are built with it",
      "problem",
    ),
  ];
}

const ok = (check: string, says: string): Line => ({ check, verdict: "ok", says });
const problem = (check: string, says: string, fix: string): Line => ({ check, verdict: "problem", says, fix });
const unknown = (check: string, says: string): Line => ({ check, verdict: "unknown", says });

/** @param missing What it means that it could not be looked at. */
function fact<T>(
  check: string,
  seen: Fact<T>,
  line: (value: T) => Line,
  fix?: string,
  missing: "problem" | "unknown" = fix === undefined ? "unknown" : "problem",
): Line {
  if ("value" in seen) return line(seen.value);
  return { check, verdict: missing, says: seen.error, ...(fix === undefined ? {} : { fix }) };
}

function node({ node: version }: Facts): Line {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  if (major >= leastNode) return ok("node", version);
  return problem("node", `${version}, and ${leastNode} is needed`, "run it as `npx switchyard`, which brings its own");
}

function pulumi({ pulumi: seen, wantedPulumi }: Facts): Line {
  return fact(
    "pulumi",
    seen,
    (version) => {
      if (version === "embedded" || minor(version) === minor(wantedPulumi)) return ok("pulumi", version);
      return problem("pulumi", `${version}, and the SDK is ${wantedPulumi}`, `install ${wantedPulumi}`);
    },
    "install it (https://www.pulumi.com/docs/install/)",
  );
}

const minor = (version: string) => /^v?(\d+\.\d+)/.exec(version)?.[1];

function caller({ caller: seen, wantedAccount }: Facts): Line {
  return fact(
    "credentials",
    seen,
    ({ account, arn }) => {
      if (wantedAccount === undefined || wantedAccount === account) return ok("credentials", `${arn} in ${account}`);
      const says = `${arn} in ${account}, and the pipeline is of ${wantedAccount}`;
      return problem("credentials", says, `use credentials of ${wantedAccount}`);
    },
    "log in (docs/logins.md), or set AWS_PROFILE",
  );
}

function clock({ clockSkewMs }: Facts): Line {
  if (clockSkewMs === undefined) return unknown("clock", "AWS did not answer");
  const says = `${(clockSkewMs / 1000).toFixed(0)} s from AWS's`;
  return Math.abs(clockSkewMs) <= mostSkewMs ? ok("clock", says) : problem("clock", says, "set this machine's clock");
}

/** From so much on the next deploy or environment may not fit any more. */
const nearlyFull = 0.8;

function quota({ name, used, most, raise }: Quota): Line {
  const check = `quota: ${name}`;
  if ("error" in used) return unknown(check, used.error);
  if ("error" in most) return unknown(check, `${used.value} in use; the quota is not known (${most.error})`);
  const says = `${used.value} of ${most.value}`;
  return used.value >= most.value * nearlyFull ? problem(check, says, `ask for more: ${raise}`) : ok(check, says);
}

function state({ backend, bucket, secrets }: StateSeen): Line {
  const says = `${backend}${secrets === undefined ? "" : `, secrets by ${secrets}`}`;
  if (bucket === undefined || (bucket.versioned && bucket.isPrivate)) return ok("state", says);
  const lacks = [
    ...(bucket.versioned ? [] : ["not versioned"]),
    ...(bucket.isPrivate ? [] : ["not closed to the public"]),
  ];
  return problem("state", `${backend}: ${lacks.join(", ")}`, "`switchyard bootstrap` sets both");
}

function leases(seen: Fact<readonly LeaseSeen[]>): readonly Line[] {
  if ("error" in seen) return [unknown("lease", seen.error)];
  return seen.value.map(({ stack, held }) => {
    const check = `lease: ${stack}`;
    if (held === undefined) return ok(check, "free");
    const says = `${held.holder}: ${held.purpose}`;
    if (!held.isDead) return ok(check, says);
    return problem(check, `${says}, which is gone`, "run its command again: it takes over and goes on");
  });
}

function identityCenter(seen: Fact<string | undefined>): Line {
  const check = "identity center";
  return fact(check, seen, (arn) =>
    arn === undefined
      ? problem(
          check,
          "not enabled in this region",
          "enable it in the console, in the management account (docs/organization.md)",
        )
      : ok(check, arn),
  );
}

function subjects(seen: SubjectsSeen | undefined): Line {
  const check = "oidc subject";
  if (seen === undefined) return unknown(check, "the pipeline names no repository (switchyard:github)");
  const { repository, configured, actual } = seen;
  const forms = { ids: "with ids", names: "names alone" };
  const says = `${repository}, ${forms[configured]}`;
  if (actual === undefined) return unknown(check, `${says}; \`gh\` cannot be asked which GitHub writes`);
  if (actual === configured) return ok(check, says);
  const fix = "set ownerId and repositoryId as docs/roles.md says, or leave both out; then `switchyard up pipeline`";
  return problem(check, `${says}, and GitHub's tokens have ${forms[actual]}: no role opens`, fix);
}

/** @throws SwitchyardError `not-ready` when there is a problem. */
export function refuseProblems(lines: readonly Line[]): void {
  const problems = lines.filter(({ verdict }) => verdict === "problem");
  const [first] = problems;
  if (first === undefined) return;
  const others = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  throw new SwitchyardError("not-ready", {
    what: `${first.says}${others}`,
    where: first.check,
    fix: first.fix ?? errorCatalogue["not-ready"].fix,
  });
}
