import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { GithubConfig } from "../../config.ts";
import type { Boundaries } from "./boundaries.ts";
import { environmentPolicies } from "./documents/environment.ts";
import { approve, readLedger, recordPlans, seal, writeLedger } from "./documents/ledger.ts";
import {
  readEnvironment,
  readForOrganization,
  readForPlan,
  readPlatform,
  readPrices,
  readSecrets,
} from "./documents/reading.ts";
import { followedMerges, followedReleases, startAndFollow, startBuilds, startRunner } from "./documents/runner.ts";
import { readState, type StatePlace, writeState } from "./documents/state.ts";
import { platformPolicies, pushImages, sweep, sweepPreviews } from "./documents/workflows.ts";
import { GithubProvider } from "./github-provider.ts";
import { GithubRole, type GithubRoleArgs } from "./github-role.ts";
import { subjectOf, type WorkflowContext } from "./subject.ts";

export interface RolesArgs {
  readonly account: Account;
  readonly github: GithubConfig;
  /** The stack these roles are of. */
  readonly pipelineStack: string;
  readonly stateBucket?: string | undefined;
  readonly ledgerArn: pulumi.Input<string>;
  readonly stateKeyArn: pulumi.Input<string>;
  readonly imageKeyArn: pulumi.Input<string>;
  readonly boundaries: Boundaries;
}

/** Preview environments, of a pull request each. */
const previewStacks = ["pr-*"];
const organizationStack = "organization";
/** Where the ledger has what the sweep of all of them says. */
const previewLedger = "previews";
const imagesStack = "images";
const hour = 3600;
/** As long as the workflow's job may take, its wait for approval included. */
const deploySeconds = 4 * hour;

type RolePlan = Pick<GithubRoleArgs, "description" | "policies"> & {
  readonly contexts: readonly WorkflowContext[];
  readonly sessionSeconds?: number;
};

/** One role for each thing a workflow does, opened by one GitHub environment each; pull requests may only read. */
export class Roles extends pulumi.ComponentResource {
  /** Role → its ARN: `plan`, `images`, `preview`, `platform`, `approve`, `sweep`, `drift`, `seal`, `deploy-<stack>` for each; and, where it is configured, `runner`, `start-images` and `start-<stack>`. */
  readonly arns: pulumi.Output<Record<string, string>>;
  /** Role → its policies' ARNs. */
  readonly policyArns: pulumi.Output<Record<string, string[]>>;

  constructor(name: string, args: RolesArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:roles:Roles", name, {}, options);
    const provider = new GithubProvider(`${name}-github`, { parent: this });
    const arns: Record<string, pulumi.Output<string>> = {};
    const policyArns: Record<string, pulumi.Output<string[]>> = {};
    for (const [role, { contexts, sessionSeconds = hour, ...plan }] of Object.entries(rolePlans(args))) {
      const made = new GithubRole(
        `${name}-${role}`,
        {
          ...plan,
          roleName: `switchyard-${role}`,
          sessionSeconds,
          providerArn: provider.arn,
          boundaryArn: args.boundaries.workflowArn,
          subjects: contexts.map((context) => subjectOf(args.github, context)),
        },
        { parent: this },
      );
      arns[role] = made.arn;
      policyArns[role] = pulumi.all([...made.policyArns]);
    }
    this.arns = pulumi.all(arns);
    this.policyArns = pulumi.all(policyArns);
    this.registerOutputs({ arns: this.arns, policyArns: this.policyArns });
  }
}

function rolePlans(args: RolesArgs): Readonly<Record<string, RolePlan>> {
  const { account, github } = args;
  const state = { account, bucketName: args.stateBucket, keyArn: args.stateKeyArn, project: pulumi.getProject() };
  const ledger = { tableArn: args.ledgerArn, keyArn: args.stateKeyArn };
  const platformKeyArns = [args.stateKeyArn, args.imageKeyArn];
  const read = [args.pipelineStack, imagesStack];
  const organization = github.planOrganization === true ? [organizationStack] : [];
  const planned = [...read, ...github.stacks, ...organization];
  const deploys = (stacks: readonly string[], more: readonly string[] = []) => ({
    release: [
      ...readState(state, [...read, ...stacks]),
      ...writeState(state, stacks),
      ...writeLedger(ledger, [...stacks, ...more]),
      ...readPrices,
    ],
    reading: readEnvironment({ account, stacks }),
    ...environmentPolicies({ account, stacks, platformKeyArns }),
  });
  return {
    plan: {
      description: "Pull requests: what a change would do; writes down that, and nothing else",
      contexts: ["pull_request"],
      policies: {
        plan: [
          ...readForPlan,
          ...readPrices,
          ...(organization.length > 0 ? readForOrganization : []),
          ...readState(state, planned),
          ...recordPlans(ledger, planned),
        ],
      },
    },
    images: {
      description: "Builds and pushes images",
      contexts: [{ environment: "images" }],
      policies: {
        push: [...pushImages(account), ...readState(state, read), ...writeState(state, [imagesStack])],
      },
    },
    preview: {
      description: "Preview environments of pull requests",
      contexts: [{ environment: "preview" }],
      sessionSeconds: 2 * hour,
      policies: {
        ...deploys(previewStacks, [previewLedger]),
        previews: sweepPreviews({ account, stacks: previewStacks }),
        ...(github.previewImages === true && {
          images: [...pushImages(account), ...writeState(state, [imagesStack])],
        }),
      },
    },
    platform: {
      description: "Applies the pipeline stack",
      contexts: [{ environment: "platform" }],
      policies: {
        ...platformPolicies(args),
        state: [
          ...readState(state, [args.pipelineStack]),
          ...writeState(state, [args.pipelineStack]),
          ...writeLedger(ledger, [args.pipelineStack]),
        ],
      },
    },
    approve: {
      description: "Approves deploys: reads the ledger, writes approvals",
      contexts: [{ environment: "approval" }],
      policies: { approve: approve(ledger, github.stacks) },
    },
    sweep: {
      description: "Stops what is warm no longer",
      contexts: [{ environment: "sweep" }],
      policies: {
        sweep: [...sweep({ account, stacks: github.stacks }), ...writeLedger(ledger, github.stacks)],
      },
    },
    drift: {
      description: "Compares stacks with the account; writes nothing",
      contexts: [{ environment: "drift" }],
      policies: {
        environments: [
          ...readEnvironment({ account, stacks: github.stacks }),
          ...readSecrets({ account, stacks: github.stacks }),
        ],
        platform: readPlatform(account, args.stateBucket),
        state: [
          ...readForPlan,
          ...readState(state, [...read, ...github.stacks]),
          ...readLedger(ledger, [...read, ...github.stacks]),
        ],
      },
    },
    seal: {
      description: "Keeps the ends of audits where nobody can change them",
      contexts: [{ environment: "seal" }],
      policies: { seal: seal(ledger, account, [args.pipelineStack, ...github.stacks]) },
    },
    ...(github.runner === true && runnerPlans(args, state)),
    ...Object.fromEntries(
      github.stacks.map((stack) => [
        `deploy-${stack}`,
        {
          description: `Deploys ${stack}`,
          contexts: [{ environment: stack }],
          sessionSeconds: deploySeconds,
          policies: deploys([stack]),
        },
      ]),
    ),
  };
}

/** Handing over to the runner: what somebody asks for by hand, and, of what is delivered there, a role for each of its stacks. */
function runnerPlans(
  { account, github, ledgerArn, stateKeyArn, pipelineStack }: RolesArgs,
  state: StatePlace,
): Record<string, RolePlan> {
  const ledger = { tableArn: ledgerArn, keyArn: stateKeyArn };
  return {
    runner: {
      description: "Hands over to the runner, and writes down who asked",
      contexts: [{ environment: "runner" }],
      policies: {
        start: [...startRunner(account), ...writeLedger(ledger, [pipelineStack, ...github.stacks, ...previewStacks])],
      },
    },
    "start-images": {
      description: "Has images built inside the account, and follows it",
      contexts: [{ environment: "images" }],
      policies: { start: startBuilds(account), state: readState(state, [imagesStack]) },
    },
    "start-platform": {
      description: "Has the runner apply what was merged, and follows it",
      contexts: [{ environment: "platform" }],
      policies: { start: startAndFollow(account, followedMerges) },
    },
    ...Object.fromEntries(
      github.stacks.map((stack) => [
        `start-${stack}`,
        {
          description: `Has the runner deploy ${stack}, and follows it`,
          contexts: [{ environment: stack }],
          sessionSeconds: deploySeconds,
          policies: {
            start: startAndFollow(account, followedReleases(stack)),
            // What came of it is noted on the commit.
            ledger: readLedger(ledger, [stack]),
          },
        },
      ]),
    ),
  };
}
