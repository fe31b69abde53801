import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { notedHeads } from "../delivery/notes.ts";
import { plansOf } from "../delivery/plan-record.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { moment } from "../durations.ts";
import { stackName } from "../flags.ts";
import type { AuditRecord } from "../ledger/chain.ts";
import { proof } from "../ledger/proof.ts";
import { type AuditFilter, type FoundRecord, queryAudit } from "../ledger/query-audit.ts";
import { keepHeads, keptHeads, makeSealBucket } from "../ledger/seal.ts";
import { table as rows, seconds } from "../render/reporter.ts";
import { standingStacks } from "../stacks/open.ts";
import { projectRoot, type Surroundings } from "../surroundings.ts";
import { type CommonFlags, withContext } from "./context.ts";
import { withLedger } from "./ledger.ts";

export interface AuditFlags extends CommonFlags, Pick<AuditFilter, "actor" | "commit" | "kind" | "outcome"> {
  readonly stack: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  /** One record a line, as it was hashed; every one that fits, oldest first. */
  readonly lines: boolean;
}

/** What was done to a stack: who, when, from where, with what result. */
export function audit(flags: AuditFlags): Promise<void> {
  const now = systemClock.now();
  const filter = {
    ...{ actor: flags.actor, commit: flags.commit, kind: flags.kind, outcome: flags.outcome },
    since: flags.since === undefined ? undefined : moment("--since", flags.since, now),
    until: flags.until === undefined ? undefined : moment("--until", flags.until, now),
  };
  return withContext(flags, (context) =>
    withLedger(context, flags.stack, async (ledger, plans) => {
      const { out } = context;
      const limit = flags.lines ? undefined : flags.limit;
      const answers = await Promise.all([ledger, plans].map((table) => queryAudit(table, filter, limit)));
      const found = newestFirst(answers.map((answer) => answer.found)).slice(0, limit);
      const unreadable = answers.flatMap((answer) => answer.unreadable);
      if (flags.lines) for (const { text } of found.toReversed()) process.stdout.write(`${text}\n`);
      else out.line(found.length === 0 ? "nothing recorded that fits" : listed(found));
      if (unreadable.length > 0)
        process.stderr.write(
          `! ${unreadable.length} of the records met cannot be read: \`switchyard audit verify ${ledger.stack}\`\n`,
        );
      if (!flags.lines) out.document(found.map(({ record }) => record));
    }),
  );
}

/** Each keeps its own order: clocks of machines differ. */
function newestFirst(chains: readonly (readonly FoundRecord[])[]): readonly FoundRecord[] {
  const left = chains.map((chain) => [...chain]);
  const merged: FoundRecord[] = [];
  for (;;) {
    const heads = left.flatMap((chain) => (chain[0] ? [{ chain, at: chain[0].record.at }] : []));
    const newest = heads.toSorted((a, b) => (a.at > b.at ? -1 : 1))[0]?.chain.shift();
    if (newest === undefined) return merged;
    merged.push(newest);
  }
}

function listed(found: readonly FoundRecord[]): string {
  const head = ["WHEN", "WHAT", "VERSION", "RESULT", "ACTOR", "COMMIT", "APPROVER", "TOOK", "WHY"];
  return rows([head, ...found.map(({ record }) => row(record))]);
}

function row({ at, kind, version, outcome, actor, commit, approver, ms, why }: AuditRecord): readonly string[] {
  const took = ms === undefined ? "-" : seconds(ms);
  return [at, kind, version ?? "-", outcome, actor, commit?.slice(0, 8) ?? "-", approver ?? "-", took, why ?? ""].map(
    // What an actor is called, or why something failed, comes from outside: no escape sequence reaches a terminal.
    (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " "),
  );
}

export interface VerifyFlags extends CommonFlags {
  readonly stack: string;
  /** Whether the heads in this checkout's git notes are compared as well. */
  readonly notes?: boolean;
}

/** Proves that no record was changed, dropped, put elsewhere or forged since it was written. */
export function verify(flags: VerifyFlags): Promise<void> {
  return withContext(flags, (context) =>
    withLedger(context, flags.stack, async (ledger, plans, aws) => {
      const { out } = context;
      const witnesses = flags.notes === true ? await notedHeads(projectRoot, ledger.stack) : [];
      const [kept, keptOfPlans = []] = await Promise.all([keptHeads(aws, ledger), keptHeads(aws, plans)]);
      const [own, planned] = await Promise.all([
        proof(ledger, [...witnesses, ...(kept ?? [])]),
        proof(plans, keptOfPlans),
      ]);
      const { records, head } = own;
      const findings = [...own.findings, ...planned.findings];
      for (const { seq, problem } of own.findings) out.line(`! record ${seq}: ${problem}`);
      for (const { seq, problem } of planned.findings) out.line(`! plan's record ${seq}: ${problem}`);
      out.document({ stack: ledger.stack, ...own, kept: kept?.length, plans: planned });
      const [first] = findings;
      if (first)
        throw new SwitchyardError("audit-broken", {
          what: `${findings.length === 1 ? "1 record is" : `${findings.length} records are`} not as written, from ${first.seq} on`,
          where: `audit of ${ledger.stack}`,
          fix: "compare with the table's point-in-time backup of the time before; docs/audit.md says what each finding means",
        });
      out.line(`${records} records, each linked to the one before it; the last is ${head?.hash ?? "none"}`);
      if (flags.notes === true)
        out.line(`${witnesses.length} heads in this checkout's notes, each as the ledger has it`);
      if (planned.records > 0)
        out.line(`${planned.records} of plans, likewise; the last is ${planned.head?.hash ?? "none"}`);
      out.line(keptLine(kept?.length));
    }),
  );
}

function keptLine(kept: number | undefined): string {
  return kept === undefined
    ? "No head is kept elsewhere: who may write the ledger could have written it anew (docs/audit.md)"
    : `${kept === 1 ? "1 head that was kept elsewhere is" : `${kept} heads that were kept elsewhere are`} as the ledger has it`;
}

export interface SealFlags extends CommonFlags {
  /** All that have a ledger, a state and a file here when absent. */
  readonly only?: readonly string[];
  /** Make the bucket first, which keeps what is put into it for so many days. */
  readonly make?: boolean;
  readonly days: number;
}

/** Keeps the ends of the chains where whoever writes the ledger has no right to change them. */
export function seal(flags: SealFlags): Promise<void> {
  const only = flags.only?.map((name) => stackName(name, "--only"));
  return withContext(flags, async ({ where, out }) => {
    const stacks = only ?? (await withLedgers(where));
    const done: { stack: string; kept: number }[] = [];
    for (const stack of stacks)
      await withAws(where, stack, async (aws) => {
        if (flags.make) out.line(`${await makeSealBucket(aws, flags.days)} keeps what is put into it`);
        const tables = [stack, plansOf(stack)].map((name) => openTable(aws, name));
        const kept = await keepHeads(aws, tables);
        out.line(`${stack}: ${kept} new of ${tables.length} heads kept`);
        done.push({ stack, kept });
      });
    out.document(done);
  });
}

async function withLedgers(where: Surroundings): Promise<readonly string[]> {
  const { stacks } = await readCheckout(projectRoot);
  const names = await standingStacks(where, "pipeline");
  return names.filter((name) => stacks[name] === "environment" || stacks[name] === "pipeline");
}
