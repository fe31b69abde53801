import { SwitchyardError } from "../../programs/errors.ts";
import { nameOf } from "../stacks/changes.ts";
import { disruptive, type Finding } from "./guard.ts";

const shown = 4;

/**
 * Stops an update before its first write, unless everything it would disrupt is named.
 *
 * @param named by URN, by `<type>::<name>`, by name, or by the name of a component it is part of
 * @throws SwitchyardError `disruptive-change`, or `invalid-flag` for a name of nothing that would be disrupted.
 */
export function refuseDisruption(stack: string, findings: readonly Finding[], named: readonly string[]): void {
  const found = disruptive(findings);
  for (const name of named) if (!found.some((finding) => isNamed(finding, name))) throw unknownName(name, found);
  const left = found.filter((finding) => !named.some((name) => isNamed(finding, name)));
  const [first] = left;
  if (first === undefined) return;
  const texts = left.slice(0, shown).map((finding) => `${nameOf(finding.urn)} (${finding.why})`);
  throw new SwitchyardError("disruptive-change", {
    what: `${left.length} ${left.length === 1 ? "change" : "changes"} would disrupt what serves: ${texts.join(", ")}${left.length > shown ? ", …" : ""}`,
    where: `stack ${stack}`,
    fix: `take ${left.length === 1 ? "it" : "them"} back, or name what may be disrupted, such as --disrupt ${shortName(first)} (\`switchyard plan ${stack}\` lists ${left.length === 1 ? "it" : "them"})`,
  });
}

/** As short as it can be and still mean one resource. */
export function shortName({ urn, type }: Pick<Finding, "urn" | "type">): string {
  return `${type}::${nameOf(urn)}`;
}

function isNamed(finding: Finding, name: string): boolean {
  return [finding.urn, shortName(finding), nameOf(finding.urn), ...finding.within].includes(name);
}

function unknownName(name: string, found: readonly Finding[]): SwitchyardError {
  return new SwitchyardError("invalid-flag", {
    what:
      found.length === 0
        ? "the update would disrupt nothing that serves"
        : "nothing that the update would disrupt is called so",
    where: `--disrupt ${name}`,
    fix: found.length === 0 ? "leave it out" : `name one of ${found.slice(0, shown).map(shortName).join(", ")}`,
  });
}
