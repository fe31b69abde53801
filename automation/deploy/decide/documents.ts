import type { ReleaseDocument, ServiceRelease } from "../../../programs/release.ts";
import type { Goal } from "./goal.ts";
import { awsNow, type Planned, type Situation, serviceGoal } from "./situation.ts";

/** The document once the operation has succeeded. */
export function released(s: Planned): ReleaseDocument {
  const { goal, observed, plan, progress, now } = s;
  const at = new Date(now).toISOString();
  const base = unstaged(observed.release, goal);
  const services: Record<string, ServiceRelease> = { ...base.services };
  for (const [name, { from, to, target }] of Object.entries(plan)) {
    const { migrations, ...image } = target;
    const { retired: _retired, ...before } = services[name] ?? {};
    services[name] = {
      ...before,
      live: to,
      releasedBy: goal.operation,
      [to]: {
        ...image,
        deployedAt: at,
        migrations: goal.kind === "deploy" ? (goal.migrations ?? progress.applied ?? []) : (migrations ?? []),
      },
      ...(from && { warmUntil: warmUntil(s) }),
      scale: including(serviceGoal(goal, name)?.scaling, observed.services[name]?.[to].desired ?? 1),
    };
  }
  return { ...base, services };
}

/** Until when a colour that has just been left is kept, by AWS's clock: at least as long as some node may still send it requests. */
export function warmUntil(s: Situation): string {
  const { keepWarmMs, propagationMs } = s.goal.limits;
  return new Date(awsNow(s) + Math.max(keepWarmMs, propagationMs)).toISOString();
}

/** Bounds widened, where they must be, to hold what runs. */
export function including(bounds: ServiceRelease["scale"], count: number): { min: number; max: number } {
  return { min: Math.min(bounds?.min ?? count, count), max: Math.max(bounds?.max ?? count, count) };
}

/** The document with nothing staged any more; the migration function's image counts as applied once it has run. */
export function unstaged(document: ReleaseDocument, goal: Goal): ReleaseDocument {
  const services = Object.fromEntries(
    Object.entries(document.services).map(([name, { next: _next, ...rest }]) => [name, rest]),
  );
  const live = (goal.kind === "deploy" ? goal.migrate : undefined) ?? document.migrate?.live;
  const { migrate: _migrate, ...rest } = document;
  return { ...rest, revision: document.revision + 1, services, ...(live && { migrate: { live } }) };
}

export function hasStaged(document: ReleaseDocument): boolean {
  return document.migrate?.next !== undefined || Object.values(document.services).some((x) => x.next !== undefined);
}

/** The document once the operation was undone. */
export function withoutNext(document: ReleaseDocument): ReleaseDocument {
  const services = Object.fromEntries(
    Object.entries(document.services).map(([name, { next: _next, ...rest }]) => [name, rest]),
  );
  // The function already runs the new image and knows every migration the old one knew: it stays.
  const live = document.migrate?.next ?? document.migrate?.live;
  const { migrate: _migrate, ...rest } = document;
  return { ...rest, revision: document.revision + 1, services, ...(live && { migrate: { live } }) };
}
