import { readShape } from "../deploy/act/stage.ts";
import { openAws, openTable } from "../deploy/conduct/session.ts";
import { migrationStatus } from "../deploy/observe/migrations.ts";
import { readRelease } from "../ledger/release.ts";
import type { Output } from "../render/reporter.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Applied, judgeMigrations, migrationsDirectory } from "./judge.ts";
import { type Finding, placeOf } from "./rule.ts";

/** What a `plan` of an environment says of the migrations. */
export async function planMigrations(where: Surroundings, out: Output, stack: string): Promise<readonly Finding[]> {
  const [directory, applied] = await Promise.all([migrationsDirectory(where), appliedTo(where, stack)]);
  const findings = await judgeMigrations(directory, applied);
  for (const finding of findings) out.line(`  migrations: ${placeOf(finding)}: ${finding.what}. Fix: ${finding.fix}`);
  return findings;
}

/**
 * What the function says is applied; where a plan may not ask it, what the releases in the ledger were deployed with. Nothing
 * where neither is there: then the files alone are judged.
 */
async function appliedTo(where: Surroundings, stack: string): Promise<readonly Applied[]> {
  const aws = await openAws(where, stack);
  try {
    const table = openTable(aws, stack);
    const [release, shape] = await Promise.all([readRelease(table), readShape(table)]);
    const status = await migrationStatus(aws, shape?.migrationFunctionName).catch(() => undefined);
    if (status !== undefined && status.applied.length > 0) return status.applied;
    const names = Object.values(release.services).flatMap(({ blue, green }) =>
      [blue, green].flatMap((d) => d?.migrations ?? []),
    );
    return [...new Set(names)].map((name) => ({ name }));
  } catch {
    return [];
  } finally {
    aws.close();
  }
}

export { refuseFindings } from "./judge.ts";
