/** What tasks of recorded releases start with. What none of them names any more may go: the program has kept it until then. */
import { type Deployed, recorded } from "../../programs/release.ts";
import { allowsAtLeast } from "./documents.ts";
import { type Change, harmless, type Judge, sides, type Verdict, type View } from "./verdict.ts";

type Secret = "service" | "database";

/** True once no recorded release of the service that a resource belongs to starts with such a secret. */
export function isNeedless(change: Change, view: View, secret: Secret): boolean {
  return mayGo(change, view) && !names(view, change.service, secret);
}

export const unlessNamed =
  (secret: Secret, judge: Judge): Judge =>
  (change, view) =>
    isNeedless(change, view, secret) ? harmless : judge(change, view);

/** Of a service's role: what it loses, but for images and secrets that no recorded release starts with. */
export const rightsOfTasks =
  (verdict: Verdict): Judge =>
  (change, view) => {
    const [before, after] = sides(change, "policy");
    if (allowsAtLeast(before, after)) return harmless;
    if (!mayGo(change, view)) return verdict;
    const needed = (resource: string, action: string) => isNeeded(view, change.service, resource, action);
    return allowsAtLeast(before, after, needed) ? harmless : verdict;
  };

/** While an operation is in flight, a colour may run what is not recorded yet. */
function mayGo({ service }: Change, { inFlight }: View): boolean {
  return service !== undefined && inFlight === undefined;
}

function names({ release }: View, service: string | undefined, secret: Secret): boolean {
  const releases = recorded(release.services[service ?? ""]);
  return releases.length === 0 || releases.some(({ setup }) => setup === undefined || setup.secrets.includes(secret));
}

function isNeeded(view: View, service: string | undefined, resource: string, action: string): boolean {
  if (action === "kms:Decrypt") return names(view, service, "service") || names(view, service, "database");
  const [, , of, region = "", account = "", ...rest] = resource.split(":");
  const name = rest.join(":");
  if (of === "secretsmanager") {
    // Secrets Manager puts a hyphen and six characters behind a secret's name.
    if (new RegExp(`^secret:switchyard/[^/]+/${service}-\\w{6}$`).test(name)) return names(view, service, "service");
    if (/^secret:switchyard\/[^/]+\/platform\/database-(user|url)-\w{6}$/.test(name))
      return names(view, service, "database");
  }
  if (of === "ecr" && name.startsWith("repository/")) {
    const its = ({ digest }: Deployed) =>
      digest.startsWith(`${account}.dkr.ecr.${region}.`) && digest.includes(`/${name.slice("repository/".length)}@`);
    return recorded(view.release.services[service ?? ""]).some(its);
  }
  return true;
}
