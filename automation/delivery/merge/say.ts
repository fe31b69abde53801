/** What came of a merge, where people and other programs look: deployments on GitHub, notes in git. */

import type { Github } from "../../github/client.ts";
import { type Deployed, sayDeployed } from "../../github/deployments.ts";
import { githubRefusal } from "../../github/refusals.ts";
import type { AuditHead } from "../../ledger/chain.ts";
import { projectRoot } from "../../surroundings.ts";
import { addNote } from "../notes.ts";

export interface Told extends Omit<Deployed, "environment"> {
  readonly stack: string;
  readonly pullRequest: number;
  readonly approver: string;
  /** Of the stack's audit, with this in it; undefined while it is under way, and where a stack has no ledger. */
  readonly audit?: AuditHead | undefined;
}

/** Where the token may not say it, what was done is done all the same. */
export async function tolerated(tell: (line: string) => void, what: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    const refusal = githubRefusal(error);
    if (refusal === undefined) throw error;
    tell(`${what}: ${refusal.message}`);
  });
}

/** The ledger has it already: neither a deployment nor a note that fails takes anything back. */
export async function sayOutcome(github: Github, tell: (line: string) => void, told: Told): Promise<void> {
  const { stack, commit, state, description, pullRequest, approver, audit } = told;
  const deployed = { commit, environment: stack, state, description };
  await tolerated(tell, `${stack}: no deployment on GitHub`, () => sayDeployed(github, deployed));
  if (state === "in_progress") return;
  const remote = { url: `${github.url}.git`, token: await github.token() };
  const line = { stack, outcome: state, description, pullRequest, approver, at: new Date().toISOString(), audit };
  await addNote(projectRoot, remote, commit, line).catch((error: Error) =>
    tell(
      `${stack}: not noted on ${commit.slice(0, 12)}: ${/^(?:fatal|error|remote): .*$/m.exec(error.message)?.[0] ?? error.message}`,
    ),
  );
}
