/** The account a stack is in, and how it is entered. */
import { accountOfRole } from "../../programs/access.ts";
import type { ConfigValues } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { readStackFile, switchyardValues } from "../stacks/settings.ts";
import type { Surroundings } from "../surroundings.ts";
import { callerOf } from "./caller.ts";
import type { Aws, Credentials } from "./clients.ts";
import { credentialsProblem } from "./credentials.ts";

export interface Place {
  /** The only account it may be; any when absent. */
  readonly account: string | undefined;
  /** ARN of the role it is entered by. */
  readonly assumeRole: string | undefined;
}

/** As `switchyard:account` and `switchyard:assumeRole` say. */
export function placeIn(values: ConfigValues): Place {
  const said = (key: string) => (typeof values[key] === "string" ? (values[key] as string) : undefined);
  const assumeRole = said("assumeRole");
  return { account: said("account") ?? accountOfRole(assumeRole), assumeRole };
}

/** What the stack's file says; nothing without one: what acts on the ledger needs none. */
export async function placeValues(where: Surroundings, stack: string): Promise<ConfigValues> {
  const file = await where
    .workDir(stack)
    .then((dir) => readStackFile(dir, stack))
    .catch(() => undefined);
  return switchyardValues(file?.config ?? {});
}

/** Credentials of a role (AWS STS API reference, AssumeRole), an hour long each. */
export function enter(region: string, roleArn: string, session: string): Credentials {
  return async () => {
    const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/client-sts");
    const sts = new STSClient({ region });
    try {
      const asked = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: session });
      const { Credentials: given } = await sts.send(asked);
      const { AccessKeyId: accessKeyId = "", SecretAccessKey: secretAccessKey = "" } = given ?? {};
      const more = { sessionToken: given?.SessionToken ?? "", expiration: given?.Expiration ?? new Date() };
      return { accessKeyId, secretAccessKey, ...more };
    } catch (error) {
      throw notEntered(roleArn, error as Error);
    } finally {
      sts.destroy();
    }
  };
}

function notEntered(roleArn: string, error: Error): unknown {
  const known = credentialsProblem(error, "sts.AssumeRole");
  if (known !== error) return known;
  return new SwitchyardError("credentials", {
    what: `the role ${roleArn} cannot be entered with them (${error.name}: ${error.message})`,
    where: "switchyard:assumeRole",
    fix: "use credentials that the role's trust names, and that may call sts:AssumeRole on it",
    cause: error,
  });
}

/** @throws SwitchyardError `credentials` before anything is written, where they are of another account than the stack's. */
export async function refuseOtherAccount(aws: Aws, { account }: Place, stack: string): Promise<void> {
  if (account === undefined) return;
  const { account: here } = await callerOf(aws);
  if (here === account) return;
  throw new SwitchyardError("credentials", {
    what: `they are of account ${here}, and the stack ${stack} is in ${account}; nothing was written`,
    where: "switchyard:account",
    fix: `use credentials of account ${account}, or set switchyard:assumeRole to the role by which it is entered`,
  });
}
