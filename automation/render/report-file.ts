import { writeFile } from "node:fs/promises";
import { reportVariable } from "../../programs/components/runner/artifacts.ts";

/** Keeps a command's report where a job of the runner wants it; nowhere else it is wanted. */
export async function keepReport(
  markdown: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  const file = env[reportVariable];
  if (file !== undefined && file !== "") await writeFile(file, `${markdown.trimEnd()}\n`);
}
