import { SwitchyardError } from "../../../programs/errors.ts";
import { readIfThere } from "../../files.ts";

/**
 * The inputs of a run: those of `--input`, else those of the event that GitHub Actions leaves for `workflow_dispatch`
 * (GitHub's documentation, "Webhook events and payloads", workflow_dispatch).
 *
 * @param given `name=value` each
 * @param path as GitHub Actions gives it in `GITHUB_EVENT_PATH`
 * @throws SwitchyardError `invalid-flag`
 */
export async function rawInputs(
  given: readonly string[] | undefined,
  path: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  if (given !== undefined) return ofFlags(given);
  const text = path === undefined || path === "" ? undefined : await readIfThere(path);
  const inputs = text === undefined ? undefined : inputsOf(text);
  if (inputs !== undefined) return inputs;
  throw new SwitchyardError("invalid-flag", {
    what: "there are no inputs",
    where: "--input",
    fix: "give --input command=plan --input stack=production, or run it in a workflow on `workflow_dispatch`",
  });
}

function ofFlags(given: readonly string[]): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  for (const text of given) {
    const at = text.indexOf("=");
    const name = at < 0 ? text : text.slice(0, at);
    if (at > 0 && !found.has(name)) found.set(name, text.slice(at + 1));
    else
      throw new SwitchyardError("invalid-flag", {
        what: at > 0 ? `${name} is given twice` : `${JSON.stringify(text.slice(0, 60))} is no name=value`,
        where: "--input",
        fix: "give each input once, as in --input command=plan",
      });
  }
  return Object.fromEntries(found);
}

function inputsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { inputs } = JSON.parse(text) as { readonly inputs?: unknown };
    return typeof inputs === "object" && inputs !== null && !Array.isArray(inputs)
      ? (inputs as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
