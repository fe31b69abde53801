import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorCatalogue, otherExitCodes } from "../../programs/error-catalogue.ts";
import { projectRoot } from "../surroundings.ts";

const file = join(projectRoot, "docs", "errors.md");

/** docs/errors.md as the catalogue in programs/error-catalogue.ts says it. */
export function errorsPage(): string {
  const entries = Object.entries(errorCatalogue);
  const rows = [
    ...Object.values(otherExitCodes).map(({ exitCode, meaning }) => ({ exitCode, meaning })),
    ...Object.entries(Object.groupBy(entries, ([, { exitCode }]) => String(exitCode))).map(([exitCode, list = []]) => ({
      exitCode: Number(exitCode),
      meaning: list.map(([code, { title }]) => `${title} ([\`${code}\`](#${code})).`).join(" "),
    })),
  ].sort((a, b) => a.exitCode - b.exitCode);
  return [
    "# Errors and exit codes",
    "",
    "<!-- Written by `npm run docs` from programs/error-catalogue.ts: change it there. -->",
    "",
    "A command that fails prints one line on stderr: where, what is wrong there, how to fix it. With `SWITCHYARD_DEBUG=1` it",
    "also prints the cause and where it was found.",
    "",
    "## Exit codes",
    "",
    "| code | meaning |",
    "|---|---|",
    ...rows.map(({ exitCode, meaning }) => `| ${exitCode} | ${meaning} |`),
    "",
    "`switchyard run` ends with the exit code of the command it ran.",
    "",
    "## Errors",
    ...entries.flatMap(([code, { title, cause, fix, exitCode }]) => [
      "",
      `### ${code}`,
      "",
      `${title}. Exit code ${exitCode}.`,
      "",
      `- When: ${cause}`,
      `- Fix: ${fix}`,
    ]),
    "",
  ].join("\n");
}

/** Whether docs/errors.md is what the catalogue says. */
export function errorsPageIsCurrent(): boolean {
  return readFileSync(file, "utf8") === errorsPage();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(file, errorsPage());
