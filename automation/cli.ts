import { hideBin } from "yargs/helpers";
import { errorCatalogue, otherExitCodes } from "../programs/error-catalogue.ts";
import { SwitchyardError } from "../programs/errors.ts";
import { awsRefusal } from "./aws/refusals.ts";
import { fileProblem } from "./files.ts";
import { githubRefusal } from "./github/refusals.ts";
import { ensureHome } from "./home.ts";
import { parser } from "./parser.ts";

/** One line for the user; the whole story with SWITCHYARD_DEBUG. */
function explain(thrown: unknown): number {
  const error = isUserError(thrown)
    ? thrown
    : (awsRefusal(thrown) ?? githubRefusal(thrown) ?? fileProblem(thrown) ?? thrown);
  const debug = process.env["SWITCHYARD_DEBUG"] !== undefined;
  if (isUserError(error)) {
    process.stderr.write(`switchyard: ${error.message}\n`);
    if (debug) process.stderr.write(`${String(error.stack)}\n${String(error.cause ?? "")}\n`);
    return error instanceof SwitchyardError ? errorCatalogue[error.code].exitCode : otherExitCodes.sandbox.exitCode;
  }
  const text = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`switchyard: ${debug ? text.stack : text.message} (SWITCHYARD_DEBUG=1 shows more)\n`);
  return otherExitCodes.internal.exitCode;
}

/** The sandbox has an error type of its own, of the same shape. */
function isUserError(error: unknown): error is Error {
  return error instanceof SwitchyardError || (error instanceof Error && error.name === "SandboxError");
}

// A reader that has gone (`| head`), or a terminal (EIO), ends nobody's deploy.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });

ensureHome();
try {
  await parser(hideBin(process.argv)).parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
