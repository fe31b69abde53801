/** What a person's `~/.aws/config` needs for their logins (AWS CLI user guide, "Configuring IAM Identity Center authentication"). */
import type { OrganizationOutputs } from "../../programs/organization-outputs.ts";

/** A section of the file: its name without brackets, and its keys. */
export interface Section {
  readonly name: string;
  readonly keys: Readonly<Record<string, string>>;
}

export const session = "switchyard";
const sessionSection = `sso-session ${session}`;

export interface Login {
  readonly account: string;
  readonly permissionSet: string;
}

/** What a person may log in with, by the groups they are in: each once, in order. */
export function loginsOf(
  outputs: Pick<OrganizationOutputs, "access" | "memberships">,
  person: string,
): readonly Login[] {
  const groups = new Set(outputs.memberships[person] ?? []);
  const found = new Map<string, Login>();
  for (const { account, group, permissionSet } of outputs.access)
    if (groups.has(group)) found.set(`${account}-${permissionSet}`, { account, permissionSet });
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, login]) => login);
}

/** The session, and a profile for each login. */
export function sectionsOf(
  { accountIds, managementAccountId, identityCenter }: OrganizationOutputs,
  logins: readonly Login[],
  region: string,
): readonly Section[] {
  const ids: Readonly<Record<string, string>> = { ...accountIds, management: managementAccountId };
  const profiles = logins.flatMap(({ account, permissionSet }) => {
    const id = ids[account];
    if (id === undefined) return [];
    const keys = { sso_session: session, sso_account_id: id, sso_role_name: permissionSet, region };
    return [{ name: `profile ${account}-${permissionSet}`, keys }];
  });
  const own = {
    sso_start_url: identityCenter.startUrl,
    sso_region: identityCenter.region,
    sso_registration_scopes: "sso:account:access",
  };
  return [{ name: sessionSection, keys: own }, ...profiles];
}

export function render(sections: readonly Section[]): string {
  return sections.map(({ name, keys }) => [`[${name}]`, ...lines(keys)].join("\n")).join("\n\n");
}

const lines = (keys: Readonly<Record<string, string>>) =>
  Object.entries(keys).map(([key, value]) => `${key} = ${value}`);

export interface Merged {
  readonly text: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Profiles that have the names of ours and are somebody else's: nothing is written. */
  readonly taken: readonly string[];
}

/**
 * A file with the sections in it. Every other section, comment and line stays as it is, byte by byte, and so do keys of
 * one's own in our sections; profiles of the session that are no login any more go.
 */
export function merge(file: string, sections: readonly Section[]): Merged {
  const wanted = new Map(sections.map((section) => [section.name, section]));
  const blocks = split(file);
  const taken = blocks.flatMap(({ name, text }) =>
    name !== undefined && wanted.has(name) && !isOurs(name, text) ? [name] : [],
  );
  const seen = new Set<string>();
  const changed: string[] = [];
  const removed: string[] = [];
  const kept = blocks.flatMap(({ name, text }) => {
    if (name === undefined || !isOurs(name, text)) return [text];
    const section = seen.has(name) ? undefined : wanted.get(name);
    seen.add(name);
    if (section === undefined) {
      removed.push(name);
      return [];
    }
    const now = withKeys(text, section.keys);
    if (now !== text) changed.push(name);
    return [now];
  });
  const fresh = sections.filter(({ name }) => !seen.has(name));
  const before = kept.join("");
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const text = fresh.length === 0 ? before : `${before}${gap}${render(fresh)}\n`;
  return { text, added: fresh.map(({ name }) => name), changed, removed, taken };
}

/** The file in pieces that begin at a section's heading; what is before the first one has no name. */
function split(file: string): readonly { readonly name: string | undefined; readonly text: string }[] {
  const pieces = file.split(/^(?=[ \t]*\[)/m).filter((text) => text !== "");
  return pieces.map((text) => ({ name: /^[ \t]*\[\s*(.+?)\s*\]/.exec(text)?.[1]?.replace(/\s+/g, " "), text }));
}

function isOurs(name: string, text: string): boolean {
  return name === sessionSection || (name.startsWith("profile ") && keyOf(text, "sso_session") === session);
}

function keyOf(text: string, key: string): string | undefined {
  return new RegExp(`^${key}[ \\t]*=[ \\t]*(.*?)[ \\t]*\\r?$`, "m").exec(text)?.[1];
}

/** A section with its keys set: where they are, else after the last line that says something. */
function withKeys(text: string, keys: Readonly<Record<string, string>>): string {
  let result = text;
  const missing: Record<string, string> = {};
  for (const [key, value] of Object.entries(keys)) {
    const before = keyOf(result, key);
    if (before === undefined) missing[key] = value;
    else if (before !== value)
      result = result.replace(new RegExp(`^(${key}[ \\t]*=).*$`, "m"), (_, start) => `${start} ${value}`);
  }
  if (Object.keys(missing).length === 0) return result;
  const body = result.trimEnd();
  return `${body}\n${lines(missing).join("\n")}${result.slice(body.length) || "\n"}`;
}
