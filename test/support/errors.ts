import type { ErrorCode } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";

/** For `assert.throws` and `assert.rejects`: an error of the catalogue, with these words. */
export function isError(code: ErrorCode, words = /(?:)/): (error: unknown) => boolean {
  return (error) => error instanceof SwitchyardError && error.code === code && words.test(error.message);
}
