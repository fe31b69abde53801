/** The end of an account: each step looks first whether it is done, so that another run goes on. */
import type { PrincipalType } from "@aws-sdk/client-sso-admin";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { type Clock, jittered } from "../clock.ts";
import { type LiveAccount, liveAccounts, liveAssignments } from "./live.ts";

export interface CloseIo {
  readonly aws: Aws;
  readonly clock: Clock;
  readonly tell: (line: string) => void;
  /** Scales the waits. */
  readonly pace: number;
}

/** Assigning and closing are done behind the answer; AWS names no time for either. */
const longestMs = 10 * 60_000;
const pollMs = 2_000;

/** Takes away every login that is left, those made by hand too. */
export async function takeLoginsAway(io: CloseIo, InstanceArn: string, account: LiveAccount): Promise<number> {
  const left = await liveAssignments(io.aws, InstanceArn, account.id);
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-sso-admin"), io.aws.client("sso")]);
  for (const { PermissionSetArn, PrincipalId, PrincipalType } of left)
    await client.send(
      new sdk.DeleteAccountAssignmentCommand({
        ...{ InstanceArn, PermissionSetArn, PrincipalId, PrincipalType: PrincipalType as PrincipalType },
        ...{ TargetId: account.id, TargetType: "AWS_ACCOUNT" },
      }),
    );
  await until(io, `the logins of ${account.name} to be taken away`, async () => {
    const now = await liveAssignments(io.aws, InstanceArn, account.id);
    return now.length === 0 || undefined;
  });
  return left.length;
}

/** Closes it, unless it is closed; answers once AWS says that it is. */
export async function closeAccount(io: CloseIo, account: LiveAccount): Promise<void> {
  if (account.state === "ACTIVE") {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), io.aws.client("organizations")]);
    await client.send(new sdk.CloseAccountCommand({ AccountId: account.id }));
  }
  await until(io, `${account.name} to be closed`, async () => {
    const now = (await liveAccounts(io.aws)).find(({ id }) => id === account.id);
    return now === undefined || now.state === "SUSPENDED" || undefined;
  });
}

async function until<T>({ clock, pace }: CloseIo, what: string, probe: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = clock.now() + longestMs * pace; ; await clock.sleep(jittered(pollMs * pace))) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (clock.now() > deadline)
      throw new SwitchyardError("aws-refused", {
        what: `${what}: waited ${longestMs / 60_000} minutes`,
        where: "account close",
        fix: "AWS goes on by itself; run the command again, it goes on from there",
      });
  }
}

/** What AWS keeps of a closed account (AWS Organizations user guide, "Closing a member account"). */
export const staysBehind: readonly string[] = [
  "for 90 days it is suspended and counts against the organization's quota of accounts; AWS Support can open it again",
  "after that it is gone, with all that is in it; its root user's address can never be used for another account",
  "the organization's trail has what was done in it; its entry may be removed from Pulumi.organization.yaml at any time",
];
