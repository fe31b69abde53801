import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import type { Aws } from "../aws/clients.ts";
import { commit } from "../checkout.ts";
import { systemClock } from "../clock.ts";
import { openTable } from "../deploy/conduct/session.ts";
import { duration, longest, moment } from "../durations.ts";
import { pullNumber, tag } from "../flags.ts";
import { audited } from "../ledger/audit.ts";
import { extend, silence, staysAfter, type Wanted } from "../previews/decide.ts";
import { endPreview } from "../previews/end.ts";
import { findPreviews, openPreviews } from "../previews/find.ts";
import type { Hold } from "../previews/hold.ts";
import { makePreview } from "../previews/make.ts";
import { previewStack, pullOf } from "../previews/name.ts";
import { readPreview, writePreview } from "../previews/record.ts";
import { type PreviewSettings, readPreviewSettings } from "../previews/settings.ts";
import { lastSweep, sweepPreviews } from "../previews/sweep.ts";
import { tellAnswers } from "../previews/tell.ts";
import { table as rows } from "../render/reporter.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";

export interface PreviewFlags extends CommonFlags {
  /** Of the pull request. */
  readonly number: string;
}

export interface MakeFlags extends PreviewFlags {
  readonly tag: string;
  readonly for?: string;
}

export interface DestroyFlags extends PreviewFlags {
  readonly due?: string;
}

const lasting = (text: string) => duration("--for", text, longest.preview);

/** Makes it from this checkout, or goes on with one that was cut short; a second time it is an update. */
export function create(flags: MakeFlags): Promise<void> {
  return make(flags);
}

/** Brings one that is there to another version, with what this checkout changes of its infrastructure. */
export function update(flags: MakeFlags): Promise<void> {
  return make(flags, async ({ stack, table }) => {
    const record = await readPreview(table);
    if (record !== undefined && record.state !== "gone") return;
    throw new SwitchyardError("not-found", {
      what: "there is no preview environment of it",
      where: `stack ${stack}`,
      fix: `create one: \`switchyard preview create ${flags.number} --tag ${flags.tag}\``,
    });
  });
}

function make(flags: MakeFlags, first: (hold: Hold) => Promise<void> = async () => undefined): Promise<void> {
  const version = tag(flags.tag);
  const forMs = flags.for === undefined ? undefined : lasting(flags.for);
  return withHold(flags, async (hold) => {
    await first(hold);
    await makeHeld(hold, { version, commit: commit(), by: actor(), forMs });
  });
}

/** Makes it, and says where it answers: also on its pull request, where GitHub can be asked. */
export async function makeHeld(hold: Hold, wanted: Wanted): Promise<void> {
  const { stack, context } = hold;
  const made = await makePreview(hold, wanted);
  context.out.line(`${stack} answers at ${made.url} until ${made.expiresAt}`);
  context.out.document({ stack, ...made });
  await tellAnswers(context, pullOf(stack) as number, made);
}

/** Gives it so long from now. */
export function extendPreview(flags: PreviewFlags & { readonly for: string }): Promise<void> {
  const forMs = lasting(flags.for);
  return withHold(flags, async (hold) => {
    const { stack, context } = hold;
    const until = await extendHeld(hold, forMs);
    context.out.line(`${stack} stays until ${until}`);
    context.out.document({ stack, expiresAt: until });
  });
}

/** @returns until when it stays now; ISO 8601, UTC */
export async function extendHeld({ context, stack, table, clock, settings }: Hold, forMs: number): Promise<string> {
  const work = async () => {
    const before = await readPreview(table);
    const next = extend(stack, before, forMs, { life: settings, now: clock.now() });
    if (await writePreview(table, before, next)) return next;
    throw new SwitchyardError("in-flight", {
      what: "another command has changed it meanwhile",
      where: `preview ${stack}`,
      fix: "run this one again",
    });
  };
  const stays = await audited({ table, clock }, "preview", work, ({ expiresAt }) => ({
    why: `stays until ${expiresAt}`,
  }));
  if (stays.url !== undefined) await tellAnswers(context, pullOf(stack) as number, stays);
  return stays.expiresAt;
}

/** Deletes all of it; one that is half destroyed, or not there at all, as well. One that stays longer than it was due is left. */
export function destroyPreview(flags: DestroyFlags): Promise<void> {
  const due = flags.due === undefined ? undefined : moment("--due", flags.due, systemClock.now());
  return withHold(flags, async (hold) => {
    const until = due === undefined ? undefined : staysAfter(due, await readPreview(hold.table));
    if (until !== undefined) {
      hold.context.out.line(`${hold.stack} stays until ${until}: it was extended, or made anew`);
      hold.context.out.document({ stack: hold.stack, expiresAt: until });
      return;
    }
    await endPreview(hold, `by ${actor()}`);
    hold.context.out.line(`${hold.stack} is gone`);
    hold.context.out.document({ stack: hold.stack });
  });
}

export function listPreviews(flags: CommonFlags): Promise<void> {
  return withPreviews(flags, async (context, aws) => {
    const [found, last] = await Promise.all([findPreviews(context.where, aws), lastSweep(aws)]);
    const cells = found.map(({ stack, record, tagged }) => {
      if (record === undefined || record === "unreadable") return [stack, record ?? "orphan", "-", "-", "-", "-"];
      const { state, version, by, expiresAt, url } = record;
      return [stack, state === "gone" && tagged.length > 0 ? "stray" : state, version, by, expiresAt, url ?? "-"];
    });
    const head = ["STACK", "STATE", "VERSION", "BY", "UNTIL", "URL"];
    context.out.line(cells.length === 0 ? "There is no preview environment" : rows([head, ...cells]));
    const quiet = silence(last, systemClock.now());
    if (quiet !== undefined && found.length > 0) context.out.line(`! ${quiet}: \`switchyard preview sweep\``);
    context.out.document({ previews: found, lastSweep: last, silent: quiet !== undefined });
  });
}

/** Destroys those whose time is over, those nobody asked for, and what is left of those that were half destroyed. */
export function sweep(flags: CommonFlags): Promise<void> {
  return withPreviews(flags, async (context, aws, settings) => {
    const swept = await sweepPreviews(context, aws, settings, systemClock);
    context.out.document(swept);
    const ended = swept.filter(({ done }) => done === "destroyed").length;
    const left = swept.filter(({ kind, done }) => kind === "stray" || done === "failed");
    for (const { stack, problem } of swept) if (problem !== undefined) context.out.line(`! ${stack}: ${problem}`);
    context.out.line(`${ended} of ${swept.length} preview environments destroyed`);
    const [first] = left;
    if (first === undefined) return;
    throw new SwitchyardError("left-over", {
      what: `${left.length} could not be destroyed: ${left.map(({ stack }) => stack).join(", ")}`,
      where: first.kind === "stray" ? (first.arns[0] ?? first.stack) : first.stack,
      fix:
        first.kind === "stray"
          ? "no state has it: delete it by hand"
          : "mend what is named above; the next sweep goes on",
    });
  });
}

function withHold(flags: PreviewFlags, work: (hold: Hold) => Promise<void>): Promise<void> {
  const pull = pullNumber(flags.number);
  return withContext(flags, (context) => holdPreview(context, pull, work));
}

/** Opens the preview environment of a pull request, whether there is one or not. */
export function holdPreview(context: Context, pull: number, work: (hold: Hold) => Promise<void>): Promise<void> {
  const stack = previewStack(pull);
  return previewsIn(context, (aws, settings) =>
    work({ context, stack, settings, aws, table: openTable(aws, stack), clock: systemClock }),
  );
}

function withPreviews(
  flags: CommonFlags,
  work: (context: Context, aws: Aws, settings: PreviewSettings) => Promise<void>,
): Promise<void> {
  return withContext(flags, (context) => previewsIn(context, (aws, settings) => work(context, aws, settings)));
}

async function previewsIn(
  { where }: Context,
  work: (aws: Aws, settings: PreviewSettings) => Promise<void>,
): Promise<void> {
  const settings = await readPreviewSettings();
  const aws = await openPreviews(where, settings);
  try {
    await work(aws, settings);
  } finally {
    aws.close();
  }
}
