/** Looks at what deploys stand on; writes nothing. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Aws } from "../aws/clients.ts";
import { idsOf } from "../bootstrap/gh.ts";
import type { StackDeployment } from "../bootstrap/stack-state.ts";
import { seeInstance } from "../bootstrap/steps/account.ts";
import { seeBucket } from "../bootstrap/steps/state.ts";
import { isDeadHere, openTable } from "../deploy/conduct/session.ts";
import { readLease } from "../ledger/lease.ts";
import type { Facts, LeaseSeen, StateSeen, SubjectsSeen } from "./judge.ts";
import { lookAtQuotas } from "./quotas.ts";
import { tried } from "./tried.ts";

const run = promisify(execFile);

export interface Patient {
  readonly aws: Aws;
  readonly caller: () => Promise<{ readonly account: string; readonly arn: string }>;
  readonly pulumi: () => Promise<string>;
  readonly wantedPulumi: string;
  readonly wantedAccount?: string | undefined;
  readonly accountQuota: number;
  /** Images are built by Docker; the sandbox stands in for it. */
  readonly usesDocker: boolean;
  /** Where state is kept. */
  readonly backend: string;
  readonly stateBucket?: string | undefined;
  readonly pipeline: () => Promise<StackDeployment | undefined>;
  /** Stacks that are deployed. */
  readonly environments: readonly string[];
  readonly github?: { readonly repository: string; readonly ownerId?: string | undefined } | undefined;
}

export async function look(patient: Patient): Promise<Facts> {
  const { aws, wantedPulumi, wantedAccount } = patient;
  const [caller, pulumi, quotas, state, leases, identityCenter, subjects, docker, buildx] = await Promise.all([
    tried(patient.caller),
    tried(patient.pulumi),
    lookAtQuotas(aws, patient.accountQuota),
    tried(() => stateOf(patient)),
    tried(() => leasesOf(patient)),
    tried(() => seeInstance(aws)),
    tried(() => subjectsOf(patient.github)),
    tried(() => dockerOf(patient, "version", "--format", "{{.Server.Version}}")),
    tried(() => dockerOf(patient, "buildx", "version")),
  ]);
  const seen = { caller, pulumi, quotas, state, leases, identityCenter, subjects, docker, buildx };
  const region = { value: aws.region };
  return { ...seen, node: process.version, wantedPulumi, wantedAccount, region, clockSkewMs: aws.clockSkewMs };
}

async function dockerOf({ usesDocker }: Patient, ...args: readonly string[]): Promise<string> {
  return usesDocker ? versionOf("docker", ...args) : "not needed: the sandbox stands in for it";
}

type Failed = Error & { readonly code?: unknown; readonly stderr?: string };

async function versionOf(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(program, [...args], { timeout: 10_000 }).catch((error: Failed) => {
    throw new Error(error.code === "ENOENT" ? `there is no ${program} on PATH` : error.stderr || error.message);
  });
  return stdout.trim();
}

async function stateOf({ aws, backend, stateBucket, pipeline }: Patient): Promise<StateSeen> {
  const secrets = (await pipeline())?.secrets_providers?.type;
  if (stateBucket === undefined) return { backend, secrets };
  const bucket = await seeBucket(aws, stateBucket);
  if (bucket.kind !== "ours") throw new Error(`the bucket ${stateBucket} is ${bucket.kind}`);
  return { backend, secrets, bucket };
}

async function leasesOf({ aws, environments }: Patient): Promise<readonly LeaseSeen[]> {
  return Promise.all(
    environments.map(async (stack) => {
      const lease = await readLease(openTable(aws, stack));
      if (lease === undefined || lease.released) return { stack };
      return { stack, held: { holder: lease.holder, purpose: lease.purpose, isDead: isDeadHere(lease) } };
    }),
  );
}

async function subjectsOf(github: Patient["github"]): Promise<SubjectsSeen | undefined> {
  if (github === undefined) return undefined;
  const configured = github.ownerId === undefined ? "names" : "ids";
  const seen = { repository: github.repository, configured } as const;
  const ids = await idsOf(github.repository);
  if (ids === undefined || (configured === "ids" && !ids.madeWithIds)) return seen;
  return { ...seen, actual: ids.madeWithIds ? "ids" : "names" };
}
