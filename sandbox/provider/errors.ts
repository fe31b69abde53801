/** A failure of the stand-in provider as the user meets it: one line saying what is wrong, where, and how to fix it. */
export class ProviderError extends Error {
  readonly code: "not-loopback" | "not-covered" | "no-cloud" | "aws" | "invalid-input";
  /** The type, property, function or AWS operation at fault. */
  readonly where: string;
  readonly fix: string;

  constructor(code: ProviderError["code"], details: { what: string; where: string; fix?: string; cause?: unknown }) {
    const fix = details.fix ?? "";
    super(`${details.where}: ${details.what}${fix && `. ${fix}`}`, { cause: details.cause });
    this.name = "ProviderError";
    this.code = code;
    this.where = details.where;
    this.fix = fix;
  }
}

/** An AWS call that was refused; `name` is AWS's error code, so rows can tell "not found" from everything else. */
export class AwsCallError extends ProviderError {
  constructor(operation: string, error: Error) {
    super("aws", { where: operation, what: `${error.message} (${error.name})`, cause: error });
    this.name = error.name;
  }
}

/** Whether an AWS error says that the thing asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (/NotFound|NoSuch|NotExist|[Nn]on[Ee]xistent|^ServiceNotActive|^AccountNotRegistered/.test(error.name))
    return true;
  // An account that is in no organization any more, as moto has it; AWS says AccountNotFoundException.
  if (error.name === "AWSOrganizationsNotInUseException") return true;
  // Application Auto Scaling as moto has it; AWS says ObjectNotFoundException.
  return error.name === "ValidationException" && /: No (scalable target|scaling policy) found/.test(error.message);
}

/** The answer, or undefined where AWS says that there is no such thing. */
export async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
