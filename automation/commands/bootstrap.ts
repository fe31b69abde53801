import { organizationConfig, pipelineConfig, registryConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { callerOf } from "../aws/caller.ts";
import type { Aws } from "../aws/clients.ts";
import type { StepName } from "../bootstrap/decide/steps.ts";
import { refuseContradictions, type Wanted, wantedOf } from "../bootstrap/decide/wanted.ts";
import { idsOf } from "../bootstrap/gh.ts";
import { stepLines, unmadeLines } from "../bootstrap/render.ts";
import { readStackState } from "../bootstrap/stack-state.ts";
import type { Stacks } from "../bootstrap/step.ts";
import { steps } from "../bootstrap/steps/all.ts";
import { unwalk, type Walked, walk } from "../bootstrap/walk.ts";
import { openAws } from "../deploy/conduct/session.ts";
import { runCli } from "../stacks/official.ts";
import { openStack, stackConfig, stackValues } from "../stacks/open.ts";
import { plan, refuseViolations } from "../stacks/update.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { destroyAll } from "./destroy.ts";
import { applyStack } from "./stacks.ts";

export interface BootstrapFlags extends CommonFlags {
  /** Look only, and show the steps with their states. */
  readonly plan: boolean;
  readonly undo: boolean;
  /** Really undo. */
  readonly yes: boolean;
  readonly repository?: string;
  readonly stateBucket?: string;
  /** Of the first images. */
  readonly tag?: string;
  readonly without?: readonly StepName[];
}

/** From an empty account to delivery that runs by itself, step by step; a run that was cut short goes on. */
export function bootstrap(flags: BootstrapFlags): Promise<void> {
  return withContext(flags, async (context) => {
    refuseContradictions(flags);
    const aws = await openAws(context.where, "pipeline");
    try {
      const wanted = await readWanted(context, aws, flags);
      useBackend(context, wanted);
      const io = { aws, wanted, tell: (line: string) => context.out.line(`      ${line}`), stacks: stacksOf(context) };
      const how = { planOnly: flags.plan, without: flags.without ?? [] };
      if (flags.undo) {
        const undone = await unwalk(steps, io, { ...how, show: (step) => unmadeLines(step).forEach(context.out.line) });
        const left = undone.flatMap((step) => step.left);
        context.out.line(left.length > 0 ? "undone, but for what is left" : "undone");
        return context.out.document({ undone });
      }
      const show = (step: Walked, index: number) => stepLines(step, index).forEach(context.out.line);
      const walked = await walk(steps, io, { ...how, show });
      context.out.document({ steps: walked });
      sumUp(context, walked, flags);
    } finally {
      aws.close();
    }
  });
}

async function readWanted({ where }: Context, aws: Aws, flags: BootstrapFlags): Promise<Wanted> {
  const [pipeline, organization, registry] = await Promise.all(
    ["pipeline", "organization", "registry"].map((name) => stackValues(where, name)),
  );
  const configs = {
    pipeline: pipelineConfig("pipeline", pipeline ?? {}),
    organization: organizationConfig("organization", organization ?? {}),
    registry: registryConfig("registry", registry ?? {}),
  };
  const { repository, stateBucket, tag = "bootstrap" } = flags;
  const backendUrl = where.name === "sandbox" ? undefined : process.env["PULUMI_BACKEND_URL"];
  const { PULUMI_CONFIG_PASSPHRASE: text = "", PULUMI_CONFIG_PASSPHRASE_FILE: file = "" } = {
    ...process.env,
    ...where.engineEnv,
  };
  const passphraseGiven = text !== "" || file !== "";
  const given = { ...configs, region: aws.region, repository, stateBucket, tag, backendUrl, passphraseGiven };
  const wanted = wantedOf({ ...given, caller: await callerOf(aws) });
  // What the configuration says of a repository stays; one that is new in it gets its ids where its tokens have them.
  const isNew = configs.pipeline.github === undefined && wanted.github !== undefined;
  const ids = isNew ? await idsOf(wanted.github.repository) : undefined;
  if (!ids?.madeWithIds || wanted.github === undefined) return wanted;
  const { ownerId, repositoryId } = ids;
  return { ...wanted, github: { ...wanted.github, ownerId, repositoryId } };
}

/** The engine looks for the state where the environment says. The sandbox's keeps it on this machine. */
function useBackend({ where }: Context, { backendUrl }: Wanted): void {
  if (where.name === "aws") process.env["PULUMI_BACKEND_URL"] ??= backendUrl;
}

function stacksOf(context: Context): Stacks {
  const { where } = context;
  return {
    state: (name) => readStackState(where, name),
    changes: async (name) => (await plan(await openStack(where, name))).changes.length,
    planned: async (name) => {
      const result = await plan(await openStack(where, name));
      refuseViolations(result);
      return result.changes.length;
    },
    apply: async (name, how = {}) => void (await applyStack(context, name, how)),
    destroy: async (name) => void (await destroyAll(context, name)),
    encryptWith: async (name, provider) => {
      const [pulumi, cwd] = await Promise.all([where.pulumi(), where.workDir(name)]);
      const args = ["stack", "change-secrets-provider", provider, "--stack", name];
      await runCli(pulumi, args, { cwd, env: where.engineEnv });
    },
    values: (name) => stackConfig(where, name),
    configure: async (name, values) => {
      const file = await where.override(name, values);
      context.out.line(`      ${Object.keys(values).join(", ")} written to ${file}`);
    },
  };
}

/** @throws SwitchyardError `not-set-up` when a person has to do something before it can go on. */
function sumUp({ out }: Context, walked: readonly Walked[], flags: BootstrapFlags): void {
  const open = walked.filter(({ state }) => state.kind === "to-do" || state.kind === "waits");
  const acted = walked.filter((step) => step.acted).length;
  if (flags.plan) {
    out.line(open.length === 0 ? "nothing to do" : `${open.length} ${open.length === 1 ? "step" : "steps"} to do`);
    return;
  }
  const [blocked] = walked.filter(({ state }) => state.kind === "by-hand" && state.required);
  if (blocked !== undefined && blocked.state.kind === "by-hand")
    throw new SwitchyardError("not-set-up", {
      what: `${blocked.title}: ${blocked.state.says}`,
      where: `step ${blocked.name}`,
      fix: `${blocked.state.steps.map((line, i) => `${i + 1}. ${line}`).join("; ")}; then run it again, it goes on from there`,
    });
  out.line(acted === 0 ? "nothing to do" : `${acted} ${acted === 1 ? "step" : "steps"} done`);
}
