/** Whether the runner on AWS Batch does what somebody asks for by hand, and with whose rights. Decisions alone. */
import { type JobRole, jobRoles } from "../../../programs/components/runner/machines/places.ts";
import { refused } from "./refused.ts";

export interface Runner {
  /** Of the job definition that is named. */
  readonly role: JobRole;
  /** Where the runner is. */
  readonly account: string;
  readonly region: string;
}

const queues = ["production", "preview"] as const;

/** What each is called follows from the stack `runner`, whose queues and definitions these are (programs/components/runner/jobs.ts). */
const patternOf = (kind: string, names: readonly string[]) =>
  new RegExp(`^arn:aws[a-z-]*:batch:([a-z0-9-]{1,30}):(\\d{12}):${kind}/runner-(${names.join("|")})(?::\\d{1,9})?$`);
const definition = patternOf("job-definition", jobRoles);
const queue = patternOf("job-queue", queues);

/**
 * A definition of the runner, and the queue such a job waits in, if that is named as well.
 *
 * @param command by its name
 * @throws SwitchyardError `invalid-flag` naming the input.
 */
export function readRunner(command: string, given: Readonly<Record<string, string>>): Runner | undefined {
  const { "job-definition": definitionArn, "job-queue": queueArn } = given;
  const [, region = "", account = "", role] = match("job-definition", definitionArn, definition, jobRoles) ?? [];
  const [, queueRegion, queueAccount, waits] = match("job-queue", queueArn, queue, queues) ?? [];
  if (role === undefined) {
    if (waits === undefined) return undefined;
    throw refused("job-definition", "a queue alone says not with whose rights", "give it too, or neither");
  }
  // What production waits for goes before previews, whoever asks.
  const own = command === "ephemeral" ? "preview" : "production";
  if (waits !== undefined && (waits !== own || queueRegion !== region || queueAccount !== account))
    throw refused("job-queue", `${command} waits in runner-${own} of the definition's account and region`, "give that");
  if (command === "ephemeral" && role !== "preview")
    throw refused("job-definition", "ephemeral is done with the rights of runner-preview", "give that");
  if (command === "schedule" && given["pull-request"] === undefined)
    throw refused("job-definition", "a list is read where it is asked for", "leave it out");
  return { role: role as JobRole, account, region };
}

function match(input: string, arn: string | undefined, pattern: RegExp, names: readonly string[]) {
  if (arn === undefined) return undefined;
  const found = pattern.exec(arn);
  if (found) return found;
  throw refused(
    input,
    "it is none of the runner's",
    `give the ARN of one of ${names.map((name) => `runner-${name}`).join(", ")}`,
  );
}

/** The command line that has the runner do what another says, at a commit. */
export function handedOver(
  { role }: Runner,
  target: string,
  commit: string,
  words: readonly string[],
): readonly string[] {
  const at = ["--commit", commit];
  const [command, action, pull = "", ...flags] = words;
  if (command === "preview" && action === "create") return ["runner", "start", "ephemeral", pull, ...flags, ...at];
  return ["runner", "start", "run", target, "--role", role, ...at, "--", ...words];
}
