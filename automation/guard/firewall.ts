/** What changes of security groups' rules do. */
import { colours, type Deployed } from "../../programs/release.ts";
import { isUnusedHttps } from "./https.ts";
import { isNeedless } from "./needs.ts";
import { type Change, disrupts, harmless, type Judge, type View } from "./verdict.ts";

/** A rule that is taken away, or says something else. One from the balancer to a port no release uses is not needed. */
export const firewallRule: Judge = (change, view) => {
  const { before, service } = change;
  const [from, to] = [before?.["fromPort"], before?.["toPort"]];
  if (service !== undefined && isFromBalancer(change) && from === to && !needs(view, service, Number(from)))
    return harmless;
  if (change.op === "delete" && isToDatabase(change) && isNeedless(change, view, "database")) return harmless;
  if (service === undefined && change.op === "delete" && isUnusedHttps(change, view)) return harmless;
  const ports = from === undefined ? "every port" : from === to ? `port ${from}` : `ports ${from} to ${to}`;
  const to_ = service === undefined ? "what serves" : service;
  return disrupts(`closes ${ports} to or from ${to_}`);
};

/** By the program's names: `web-database`, on both sides of the way. */
function isToDatabase({ service, urn }: Change): boolean {
  return urn.split("::").at(-1) === `${service}-database`;
}

/** By the program's names: `web-from-alb`, one for each port. */
function isFromBalancer({ urn }: Change): boolean {
  return /-from-alb(-\d+)?$/.test(urn.split("::").at(-1) ?? "");
}

/** Whether a colour that is recorded listens on a port; one whose port is not recorded may, where the shape says so. */
function needs({ release, shape }: View, service: string, port: number): boolean {
  return colours.some((colour) => {
    const deployed: DeployedWithSetup | undefined = release.services[service]?.[colour];
    if (deployed === undefined) return false;
    const its = deployed.setup?.port ?? shape?.services[service]?.containerPort ?? port;
    return its === port;
  });
}

type DeployedWithSetup = Deployed & { readonly setup?: { readonly port?: number } };
