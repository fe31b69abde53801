/** What each step's state is, from what was seen. */
import type { State } from "./steps.ts";
import type { Wanted } from "./wanted.ts";

export const identityState = ({ caller, region }: Wanted): State => ({
  kind: "done",
  says: `${caller.arn} in account ${caller.account}, ${region}`,
});

/** The organization this account is in, as AWS Organizations has it. */
export interface OrganizationSeen {
  readonly id: string;
  readonly managementAccount: string;
  readonly allFeatures: boolean;
  /** `r-…`; unknown outside the management account. */
  readonly rootId?: string | undefined;
  readonly policyTypes: readonly string[];
}

export function organizationState(seen: OrganizationSeen | undefined, { caller, policyTypes }: Wanted): State {
  if (seen === undefined)
    return {
      kind: "to-do",
      does: [
        `make account ${caller.account} the management account of a new organization`,
        ...policyTypes.map(enabling),
        "AWS sends a mail to the account's address: confirm it, or no account can be made",
      ],
    };
  if (seen.managementAccount !== caller.account)
    return {
      kind: "by-hand",
      required: false,
      says: `account ${caller.account} is a member of ${seen.id}`,
      steps: [
        `for accounts and logins run it with credentials of ${seen.managementAccount}, the management account, as well`,
      ],
    };
  if (!seen.allFeatures)
    return {
      kind: "by-hand",
      required: true,
      says: `${seen.id} has consolidated billing alone`,
      steps: ["enable all features: AWS Organizations, Settings; its accounts have to agree"],
    };
  const missing = missingPolicyTypes(seen, policyTypes);
  if (missing.length > 0) return { kind: "to-do", does: missing.map(enabling) };
  return { kind: "done", says: `${seen.id}, this is its management account` };
}

const enabling = (type: string) => `enable policies of the type ${type}`;

export function missingPolicyTypes(seen: OrganizationSeen, wanted: Wanted["policyTypes"]): Wanted["policyTypes"] {
  return wanted.filter((type) => !seen.policyTypes.includes(type));
}

/** Identity Center's instance for the organization; undefined when there is none in the region. */
export function identityCenterState(instanceArn: string | undefined, { region, caller }: Wanted): State {
  if (instanceArn !== undefined) return { kind: "done", says: `${instanceArn}` };
  return {
    kind: "by-hand",
    required: true,
    says: `not enabled in ${region}`,
    steps: [
      `sign in to the console of ${caller.account} (no API makes an organization's instance)`,
      `choose the region ${region}; it cannot be changed later`,
      "IAM Identity Center, Enable, with AWS Organizations",
    ],
  };
}

/** The bucket of the state, as Amazon S3 has it. */
export type BucketSeen =
  | { readonly kind: "absent" }
  | { readonly kind: "another's" }
  | {
      readonly kind: "ours";
      readonly region: string;
      readonly versioned: boolean;
      /** All four of the public access block. */
      readonly isPrivate: boolean;
    };

export function stateState(seen: BucketSeen, { stateBucket, region }: Wanted): State {
  if (seen.kind === "another's")
    return {
      kind: "by-hand",
      required: true,
      says: `the bucket ${stateBucket} is another account's, or may not be read`,
      steps: ["name another one with --state-bucket"],
    };
  if (seen.kind === "absent") return { kind: "to-do", does: [`make the bucket ${stateBucket}`, versions, closes] };
  if (seen.region !== region)
    return {
      kind: "by-hand",
      required: true,
      says: `the bucket ${stateBucket} is in ${seen.region}, and the stack in ${region}`,
      steps: ["name another one with --state-bucket"],
    };
  const does = [...(seen.versioned ? [] : [versions]), ...(seen.isPrivate ? [] : [closes])];
  return does.length > 0 ? { kind: "to-do", does } : { kind: "done", says: `s3://${stateBucket}, versioned, private` };
}

const versions = "keep every version of what is in it";
const closes = "close it to the public";

/** A stack's state, and how far it is from its program. */
export interface StackSeen {
  /** Resources in its state; none when it was never applied. */
  readonly resources: number;
  /** It has outputs, which a first update that was cut short has not. */
  readonly applied: boolean;
  /** Resources an `up` would change; not asked of a stack that was never applied. */
  readonly changes?: number;
  /** Keys of its file that are not as wanted. */
  readonly toWrite: readonly string[];
}

/** @param makes What a first `up` makes, in words. */
export function stackState(stack: string, makes: string, seen: StackSeen): State {
  const write = seen.toWrite.length > 0 ? [`write ${seen.toWrite.join(", ")} to Pulumi.${stack}.yaml`] : [];
  if (!seen.applied) return { kind: "to-do", does: [...write, `up ${stack}: ${makes}`] };
  const changes = seen.changes ?? 0;
  if (changes > 0) return { kind: "to-do", does: [...write, `up ${stack}: ${changes} changes`] };
  if (write.length > 0) return { kind: "to-do", does: write };
  return { kind: "done", says: `${seen.resources} resources, as the program says` };
}

/** Images pushed, by name; and those of them the registry does not have. */
export interface ImagesSeen {
  readonly wanted: readonly string[];
  readonly pushed: readonly string[];
  readonly missing: readonly string[];
}

export function imagesState({ wanted, pushed, missing }: ImagesSeen, { tag }: Wanted): State {
  const open = wanted.filter((name) => !pushed.includes(name) || missing.includes(name));
  if (open.length > 0) return { kind: "to-do", does: [`build ${open.join(", ")} and push them under the tag ${tag}`] };
  return { kind: "done", says: `${wanted.join(", ")} are in the registry` };
}

/** Role → the subjects its trust names; undefined for one that is not there. */
export type RolesSeen = Readonly<Record<string, readonly string[] | undefined>>;

export function rolesState(roles: RolesSeen | undefined, subjects: readonly string[], seen: StackSeen): State {
  if (roles === undefined || seen.toWrite.length > 0)
    return {
      kind: "to-do",
      does: [
        ...seen.toWrite.map((key) => `write ${key} to Pulumi.pipeline.yaml`),
        "up pipeline: roles of the workflows",
      ],
    };
  const gone = Object.entries(roles).flatMap(([role, trusted]) => (trusted === undefined ? [role] : []));
  if (gone.length > 0) return { kind: "to-do", does: [`up pipeline: ${gone.join(", ")} made again`] };
  const trusted = new Set(Object.values(roles).flatMap((list) => list ?? []));
  const untrusted = subjects.filter((subject) => !trusted.has(subject));
  if (untrusted.length > 0) return { kind: "to-do", does: [`up pipeline: roles for ${untrusted.join(", ")}`] };
  return { kind: "done", says: `${Object.keys(roles).length} roles` };
}
