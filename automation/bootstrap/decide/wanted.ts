/** What a bootstrap is to make, from the configuration and the flags. */

import type { GithubConfig, OrganizationConfig, PipelineConfig, RegistryConfig } from "../../../programs/config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Caller } from "../../aws/caller.ts";

export interface Given {
  readonly caller: Caller;
  readonly region: string;
  readonly pipeline: PipelineConfig;
  readonly organization: OrganizationConfig;
  readonly registry: RegistryConfig;
  /** `--repository`. */
  readonly repository?: string | undefined;
  /** `--state-bucket`. */
  readonly stateBucket?: string | undefined;
  readonly tag: string;
  /** A passphrase of the state is in the environment. */
  readonly passphraseGiven: boolean;
  /** `PULUMI_BACKEND_URL`; absent in the sandbox, whose engine keeps state on this machine. */
  readonly backendUrl?: string | undefined;
}

export interface Wanted {
  readonly caller: Caller;
  readonly region: string;
  readonly stateBucket: string;
  /** `s3://<bucket>`. */
  readonly backendUrl: string;
  readonly passphraseGiven: boolean;
  /** No roles, variables and environments when absent. */
  readonly github?: GithubConfig | undefined;
  /** Tag of the first images. */
  readonly tag: string;
  /** Types of policies the organization's configuration has entries of. */
  readonly policyTypes: readonly ("SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY")[];
  /** Accounts of the organization's entries, the registry's among them when one is named so. */
  readonly accountNames: readonly string[];
  /** What the registry's file says of where it is. */
  readonly registry: Pick<RegistryConfig, "account" | "assumeRole">;
}

/** @throws SwitchyardError `invalid-config` or `invalid-flag` where two of them contradict each other. */
export function wantedOf(given: Given): Wanted {
  const { caller, region, pipeline, organization, registry, tag } = given;
  refuseAccount("pipeline", pipeline.account, caller);
  refuseAccount("organization", organization.account, caller);
  const stateBucket = bucketOf(given);
  return {
    caller,
    region,
    stateBucket,
    backendUrl: `s3://${stateBucket}`,
    passphraseGiven: given.passphraseGiven,
    github: githubOf(given),
    tag,
    policyTypes: [
      ...(Object.keys(organization.serviceControlPolicies).length > 0 ? (["SERVICE_CONTROL_POLICY"] as const) : []),
      ...(Object.keys(organization.resourceControlPolicies).length > 0 ? (["RESOURCE_CONTROL_POLICY"] as const) : []),
    ],
    accountNames: Object.keys(organization.accounts),
    registry: { account: registry.account, assumeRole: registry.assumeRole },
  };
}

function refuseAccount(stack: string, account: string | undefined, caller: Caller): void {
  if (account === undefined || account === caller.account) return;
  throw new SwitchyardError("invalid-config", {
    what: `the ${stack} stack belongs in account ${account}, and these credentials are of ${caller.account} (${caller.arn})`,
    where: "switchyard:account",
    fix: `use credentials of ${account}, or correct the key in Pulumi.${stack}.yaml; nothing was written`,
  });
}

/** Named by a flag, the configuration or the backend in the environment; else after account and region, which makes it unique. */
function bucketOf({ caller, region, pipeline, stateBucket, backendUrl }: Given): string {
  const named = [
    ["--state-bucket", stateBucket],
    ["switchyard:stateBucket", pipeline.stateBucket],
    ["PULUMI_BACKEND_URL", ofBackend(backendUrl)],
  ] as const;
  const [first, ...others] = named.filter(([, name]) => name !== undefined);
  const other = others.find(([, name]) => name !== first?.[1]);
  if (first !== undefined && other !== undefined)
    throw new SwitchyardError("invalid-flag", {
      what: `it says ${first[1]}, and ${other[0]} says ${other[1]}`,
      where: first[0],
      fix: "let them name the same bucket, or leave one out; nothing was written",
    });
  return first?.[1] ?? `switchyard-state-${caller.account}-${region}`;
}

function ofBackend(url: string | undefined): string | undefined {
  if (url === undefined || url === "") return undefined;
  const [, bucket] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\?.*)?$/.exec(url) ?? [];
  if (bucket !== undefined) return bucket;
  throw new SwitchyardError("invalid-config", {
    what: `"${url.split("?")[0]}" is not a bucket of Amazon S3, where bootstrap keeps state`,
    where: "PULUMI_BACKEND_URL",
    fix: "set it to s3://<bucket>, or leave it out; nothing was written",
  });
}

function githubOf({ repository, pipeline }: Given): GithubConfig | undefined {
  if (repository === undefined) return pipeline.github;
  if (pipeline.github === undefined) return { repository, stacks: ["production"] };
  if (pipeline.github.repository === repository) return pipeline.github;
  throw new SwitchyardError("invalid-flag", {
    what: `it says ${repository}, and switchyard:github says ${pipeline.github.repository}`,
    where: "--repository",
    fix: "leave it out, or change Pulumi.pipeline.yaml: its roles are opened by one repository; nothing was written",
  });
}

/** @throws SwitchyardError `invalid-flag` before anything is opened or called. */
export function refuseContradictions({ plan, undo, yes }: Readonly<Record<"plan" | "undo" | "yes", boolean>>): void {
  if (plan && undo)
    throw new SwitchyardError("invalid-flag", {
      what: "--plan only looks, and --undo deletes",
      where: "--plan",
      fix: "give one of the two",
    });
  if (undo && !yes)
    throw new SwitchyardError("invalid-flag", {
      what: "--undo deletes what bootstrap has made",
      where: "--yes",
      fix: "run `switchyard bootstrap --undo --yes` if that is what you want",
    });
  if (yes && !undo)
    throw new SwitchyardError("invalid-flag", {
      what: "only --undo is to be confirmed",
      where: "--yes",
      fix: "leave it out",
    });
}
