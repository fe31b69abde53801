import type { Judged } from "../guard/environment.ts";
import { disruptive } from "../guard/guard.ts";
import { shortName } from "../guard/refuse.ts";
import { routeLine } from "../guard/routes.ts";
import { code, escaped } from "./markdown.ts";

/** What the guard says of a plan, as the report on a pull request lists it: what disrupts, who loses a path, what waits. */
export function markdownOfGuard({ findings, routes }: Judged): string {
  const found = disruptive(findings);
  const waiting = findings.filter(({ effect }) => effect === "at release");
  const lines = [
    ...(found.length > 0 ? [`**${found.length} of the changes would disrupt what serves**`, ""] : []),
    ...found.map((finding) => `- ❌ ${code(shortName(finding))} (${finding.op}): ${escaped(finding.why)}`),
    ...(found.length > 0 ? ["", "`up` and `deploy` refuse them without `--disrupt`.", ""] : []),
    ...(routes.length > 0 ? ["**Paths that another service takes with its release**", ""] : []),
    ...routes.map((route) => `- ${escaped(routeLine(route))}`),
    ...(routes.length > 0 ? [""] : []),
    ...(waiting.length > 0
      ? [`Waits for a release: ${waiting.map((finding) => code(shortName(finding))).join(", ")}`]
      : []),
  ];
  return lines.length === 0 ? "" : `\n${lines.join("\n").trimEnd()}\n`;
}
