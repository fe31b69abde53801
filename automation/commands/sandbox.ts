import { rm } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../render/reporter.ts";
import { cloudMails, cloudStatus, resetCloud, sandboxDir, startCloud, stopCloud } from "../sandbox.ts";
import type { CommonFlags } from "./context.ts";

export interface SandboxFlags extends CommonFlags {
  readonly port?: number;
  /** The sandbox stops when this process is gone. */
  readonly owner?: number;
}

export async function start(flags: SandboxFlags): Promise<void> {
  const out = output(flags.json);
  const dir = sandboxDir();
  const cloud = await startCloud({
    dir,
    ...(flags.port !== undefined && { port: flags.port }),
    ...(flags.owner !== undefined && { ownerPid: flags.owner }),
  });
  // Of an earlier one nothing is left, however it ended: state of it would take for made what is not there.
  if (!cloud.reused) await forget(dir);
  out.line(`sandbox ${cloud.reused ? "already runs" : "is up"} at ${cloud.endpoint}`);
  out.document(cloud);
}

export async function stop(flags: CommonFlags): Promise<void> {
  const out = output(flags.json);
  const stopped = await stopCloud(sandboxDir());
  out.line(stopped ? "sandbox stopped" : "no sandbox was running");
  out.document({ stopped });
}

export async function sandboxStatus(flags: CommonFlags): Promise<void> {
  const out = output(flags.json);
  const found = await cloudStatus(sandboxDir());
  if (found.running) {
    out.line(`sandbox runs at ${found.endpoint} since ${found.startedAt}`);
    for (const [name, value] of Object.entries(cloudParts(found))) out.line(`  ${name}: ${JSON.stringify(value)}`);
  } else out.line("no sandbox is running; `switchyard sandbox start` starts one");
  out.document(found);
}

function cloudParts(found: Record<string, unknown>): Record<string, unknown> {
  const { calls: _calls, running: _running, endpoint: _endpoint, startedAt: _startedAt, ...rest } = found;
  return rest;
}

/** Messages that were sent in the sandbox, the oldest first. */
export async function mail(flags: CommonFlags): Promise<void> {
  const out = output(flags.json);
  const mails = await cloudMails(sandboxDir());
  if (mails.length === 0) out.line("no mail was sent");
  for (const { sent, from, to, subject, text, events } of mails) {
    out.line(`${sent}  ${from} → ${to.join(", ")}`);
    out.line(`  ${subject}`);
    for (const { type, recipient, topics } of events)
      out.line(`  ! ${type.toLowerCase()} of ${recipient}, told ${topics.join(", ") || "nobody"}`);
    for (const line of text.trimEnd().split("\n")) out.line(`    ${line}`);
  }
  out.document(mails);
}

/** Empties the sandbox: its cloud, the stacks' state and what `--config` gave. */
export async function reset(flags: CommonFlags): Promise<void> {
  const out = output(flags.json);
  const dir = sandboxDir();
  if ((await cloudStatus(dir)).running) await resetCloud(dir);
  await forget(dir);
  out.line("sandbox is empty");
  out.document({ reset: true });
}

async function forget(dir: string): Promise<void> {
  for (const part of ["state", "work"]) await rm(join(dir, part), { recursive: true, force: true });
}
