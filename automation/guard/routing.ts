/** What changes of the balancer's listeners and rules do. */
import { isHttpsAnswered, ofHttps } from "./https.ts";
import { type Change, disrupts, harmless, type Judge, type Verdict } from "./verdict.ts";

interface Action {
  readonly type?: string;
  readonly redirect?: { readonly protocol?: string; readonly host?: string };
}

export const listener: Readonly<Record<string, Verdict | Judge>> = {
  defaultActions: ({ before, after }, view) => {
    const [[was], [action]] = [actionsOf(before), actionsOf(after)];
    // Left by an update that failed before it could answer HTTPS.
    if (was?.redirect?.protocol === "HTTPS" && action?.type === "fixed-response" && !isHttpsAnswered(view))
      return harmless;
    const { protocol = "another protocol" } = action?.redirect ?? {};
    return disrupts(
      action?.type === "redirect"
        ? `requests are redirected to ${protocol.toLowerCase()}:// instead of being answered`
        : "changes what is answered where no rule takes a request",
    );
  },
  certificateArn: ofHttps("HTTPS is answered with another certificate"),
  routingHttpResponseStrictTransportSecurityHeaderValue: harmless,
  sslPolicy: ofHttps("clients that speak other versions of TLS are refused"),
};

function actionsOf(side: Change["before"]): readonly Action[] {
  return (side?.["defaultActions"] ?? []) as readonly Action[];
}

/** The driver's own: an `up` ignores them, so one that would write them moves traffic. */
export const listenerRule: Readonly<Record<string, Verdict | Judge>> = {
  actions: ({ service }) => disrupts(`moves traffic of ${service ?? "what it serves"} to other tasks`),
  conditions: reached,
  priority: reached,
};

/** Of a name's own: it had no other answer before it led here. */
export function redirectsHosts(after: Change["after"]): boolean {
  const conditions = (after?.["conditions"] ?? []) as readonly { readonly hostHeader?: unknown }[];
  const actions = (after?.["actions"] ?? []) as readonly Action[];
  return (
    conditions.some(({ hostHeader }) => hostHeader !== undefined) &&
    actions.length > 0 &&
    actions.every(({ type }) => type === "redirect")
  );
}

/** A preview rule takes no request but those with the secret header: whoever proves a release. */
function reached({ service, urn, after }: Change): Verdict {
  const conditions = (after?.["conditions"] ?? []) as readonly { readonly httpHeader?: unknown }[];
  const isPreview =
    urn.endsWith(`::${service}-preview`) && conditions.some(({ httpHeader }) => httpHeader !== undefined);
  return isPreview ? harmless : disrupts(`changes which requests reach ${service ?? "what it serves"}`);
}
