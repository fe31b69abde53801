/** The tree of organizational units, as configuration names it. */

/** Every account is below it; no unit has its name. */
export const root = "root";

type Units = Readonly<Record<string, { readonly parent?: string | undefined }>>;

/** From a unit up to the root; ends where a name comes again. */
export function pathUp(units: Units, name: string): readonly string[] {
  const path: string[] = [];
  for (let at: string | undefined = name; at !== undefined && at !== root && !path.includes(at); at = units[at]?.parent)
    path.push(at);
  return path;
}

/** Whether a unit is, at last, in itself. */
export function isInItself(units: Units, name: string): boolean {
  const last = pathUp(units, name).at(-1);
  return last !== undefined && units[last]?.parent === name;
}

/** The units, each after the one it is in. */
export function outsideIn(units: Units): readonly string[] {
  const depth = (name: string) => pathUp(units, name).length;
  return Object.keys(units).sort((a, b) => depth(a) - depth(b));
}

/** `workloads/production`; empty for the root. */
export function pathOf(units: Units, name: string | undefined): string {
  return name === undefined ? "" : [...pathUp(units, name)].reverse().join("/");
}

/** Which accounts are in a unit or in one within it, by unit; all are in the root. */
export function accountsWithin(
  units: Units,
  accounts: Readonly<Record<string, { readonly unit?: string | undefined }>>,
): ReadonlyMap<string, readonly string[]> {
  const within = new Map<string, string[]>([[root, []]]);
  for (const unit of Object.keys(units)) within.set(unit, []);
  for (const [name, { unit }] of Object.entries(accounts))
    for (const at of [...(unit === undefined ? [] : pathUp(units, unit)), root]) within.get(at)?.push(name);
  return within;
}
