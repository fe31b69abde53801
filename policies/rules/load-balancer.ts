import { type Inputs, resourceRule } from "../rule.ts";
import { given, isTrue } from "../unknown.ts";

const balancer = "aws:lb/loadBalancer:LoadBalancer";
const listener = "aws:lb/listener:Listener";
const classic = "aws:elb/loadBalancer:LoadBalancer";
const classicPolicy = "aws:elb/loadBalancerPolicy:LoadBalancerPolicy";
const negotiation = "aws:elb/sslNegotiationPolicy:SslNegotiationPolicy";
const targets = "aws:lb/targetGroup:TargetGroup";

export const loadBalancerRules = [
  resourceRule(listener, {
    name: "alb-redirects-http",
    level: "mandatory",
    severity: "high",
    controls: ["ELB.1", "CKV2_AWS_20"],
    title: "HTTP is answered with a redirect to HTTPS",
    why: "A request in plain text carries its cookies in plain text.",
    fix: "Configure a domain, and make the listener's default action redirect to HTTPS.",
    check: (one) =>
      isHttp(one) && Number(one.port) === 80 && !redirects(one)
        ? "defaultActions does not redirect to HTTPS"
        : undefined,
  }),
  resourceRule([listener, classic], {
    name: "alb-tls-listeners",
    level: "mandatory",
    severity: "high",
    controls: ["ELB.18", "CKV_AWS_2"],
    title: "Listeners other than port 80 speak TLS",
    why: "Traffic on another plain port is as readable, and easier to overlook.",
    fix: "Set protocol to HTTPS (or TLS) and certificateArn.",
    check: function* (one) {
      // What a network balancer passes on unread may be encrypted end to end; HTTP is not.
      if ("listeners" in one) {
        for (const [index, { lbProtocol }] of one.listeners.entries())
          if (lbProtocol.toUpperCase() === "HTTP") yield `listeners[${index}].lbProtocol is not encrypted`;
        return;
      }
      if (isHttp(one) && Number(one.port) !== 80 && !redirects(one)) yield "protocol is not encrypted";
    },
  }),
  resourceRule(listener, {
    name: "alb-tls-policy",
    level: "mandatory",
    severity: "high",
    controls: ["ELB.17", "CKV_AWS_103"],
    title: "TLS listeners accept TLS 1.2 and newer",
    why: "Older versions, and AWS's default policy, are broken by known attacks.",
    fix: "Set sslPolicy to ELBSecurityPolicy-TLS13-1-2-Res-2021-06 or newer.",
    check: (one) =>
      isEncrypted(one) && !/^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-/.test(one.sslPolicy ?? "")
        ? "sslPolicy accepts versions before TLS 1.2"
        : undefined,
  }),
  resourceRule(listener, {
    name: "alb-hsts",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html",
    title: "HTTPS listeners tell browsers to ask by HTTPS only",
    why: "The first request to a name goes out in plain text, before the redirect, where it can be answered by another.",
    fix: "Set routingHttpResponseStrictTransportSecurityHeaderValue, with a short max-age first.",
    check: (one) => {
      if (protocolOf(one) !== "HTTPS") return undefined;
      const age = /\bmax-age=(\d+)/i.exec(one.routingHttpResponseStrictTransportSecurityHeaderValue ?? "")?.[1];
      return Number(age ?? 0) > 0
        ? undefined
        : "routingHttpResponseStrictTransportSecurityHeaderValue is missing, or its max-age is 0";
    },
  }),
  resourceRule([classicPolicy, negotiation], {
    name: "elb-tls-policy",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-security-policy-table.html",
    title: "Classic load balancers accept TLS 1.2 and newer",
    why: "Older versions are broken by known attacks.",
    fix: "Set Reference-Security-Policy to ELBSecurityPolicy-TLS-1-2-2017-01.",
    check: function* (one) {
      if ("policyTypeName" in one && one.policyTypeName !== "SSLNegotiationPolicyType") return;
      const [property, attributes = []] =
        "policyAttributes" in one
          ? (["policyAttributes", one.policyAttributes] as const)
          : (["attributes", "attributes" in one ? one.attributes : undefined] as const);
      for (const [index, { name = "", value = "" }] of attributes.entries())
        if (isOldClassic(name, value)) yield `${property}[${index}] accepts versions before TLS 1.2`;
    },
  }),
  resourceRule(balancer, {
    name: "alb-drops-invalid-headers",
    level: "mandatory",
    severity: "medium",
    controls: ["ELB.4", "CKV_AWS_131"],
    title: "Load balancers drop malformed headers",
    why: "Servers disagree about malformed headers, which is how requests are smuggled.",
    fix: "Set dropInvalidHeaderFields to true.",
    check: (alb) =>
      isApplication(alb) && !isTrue(alb.dropInvalidHeaderFields) ? "dropInvalidHeaderFields is not true" : undefined,
  }),
  resourceRule([balancer, classic], {
    name: "alb-desync-mitigation",
    level: "mandatory",
    severity: "medium",
    controls: ["ELB.12", "CKV_AWS_328"],
    title: "Load balancers defend against request desynchronisation",
    why: "Ambiguous requests let one client's request end in another's answer.",
    fix: "Leave desyncMitigationMode at defensive, or set strictest.",
    check: (alb) =>
      ("listeners" in alb || isApplication(alb as Inputs<typeof balancer>)) &&
      !["defensive", "strictest"].includes(alb.desyncMitigationMode ?? "defensive")
        ? "desyncMitigationMode is weaker than defensive"
        : undefined,
  }),
  resourceRule(balancer, {
    name: "alb-several-zones",
    level: "mandatory",
    severity: "medium",
    controls: ["ELB.13"],
    title: "Load balancers stand in two zones or more",
    why: "A balancer in one zone goes with the zone.",
    fix: "Give subnets of at least two zones.",
    check: (alb) => {
      const count = "subnetMappings" in alb ? (alb.subnetMappings ?? []).length : (alb.subnets ?? []).length;
      return count >= 2 ? undefined : "subnets names fewer than two";
    },
  }),
  resourceRule([balancer, classic], {
    name: "alb-access-logs",
    level: "production",
    severity: "medium",
    controls: ["ELB.5", "CKV_AWS_91"],
    title: "Load balancers keep access logs",
    why: "They are the only record of requests that never reached a service.",
    fix: "Set accessLogs.bucket and accessLogs.enabled.",
    check: (alb) => {
      // A gateway balancer keeps none, and a classic one keeps them as soon as it has a bucket.
      if ("loadBalancerType" in alb && alb.loadBalancerType === "gateway") return undefined;
      const on =
        "listeners" in alb ? (alb.accessLogs?.enabled ?? alb.accessLogs !== undefined) : alb.accessLogs?.enabled;
      return isTrue(on) ? undefined : "accessLogs.enabled is not true";
    },
  }),
  resourceRule(balancer, {
    name: "alb-deletion-protection",
    level: "production",
    severity: "high",
    controls: ["ELB.6", "CKV_AWS_150"],
    title: "Load balancers are protected from deletion",
    why: "Its address is what every client and record points at.",
    fix: "Set enableDeletionProtection to true.",
    check: (alb) => (isTrue(alb.enableDeletionProtection) ? undefined : "enableDeletionProtection is not true"),
  }),
  resourceRule(targets, {
    name: "target-group-health-check",
    level: "mandatory",
    severity: "medium",
    controls: ["CKV_AWS_261"],
    title: "Target groups check a path of their own",
    why: "The default check takes any process that answers at / for a healthy one.",
    fix: "Set healthCheck.path to the service's health path.",
    check: ({ healthCheck, protocol }) => {
      if (healthCheck === undefined) return "healthCheck is missing";
      if (healthCheck.enabled === false) return "healthCheck.enabled is false";
      const http = protocol === undefined || protocol.startsWith("HTTP");
      return http && !given(healthCheck, "path") ? "healthCheck.path is missing" : undefined;
    },
  }),
  resourceRule(targets, {
    name: "target-group-encrypted-checks",
    level: "advisory",
    severity: "low",
    controls: ["ELB.21"],
    title: "Health checks are encrypted",
    why: "A check in plain text can be answered by another machine.",
    fix: "Set healthCheck.protocol to HTTPS once the service has a certificate.",
    check: ({ healthCheck }) => (healthCheck?.protocol === "HTTPS" ? undefined : "healthCheck.protocol is not HTTPS"),
  }),
  resourceRule(targets, {
    name: "target-group-encrypted-traffic",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_378"],
    title: "Traffic to the services is encrypted",
    why: "Inside the network it is still readable to whoever is inside the network.",
    fix: "Set protocol to HTTPS once the service has a certificate.",
    check: ({ protocol }) => (protocol === "HTTPS" || protocol === "TLS" ? undefined : "protocol is not encrypted"),
  }),
];

function isApplication({ loadBalancerType }: Inputs<typeof balancer>): boolean {
  return (loadBalancerType ?? "application") === "application";
}

/** A listener without a certificate and protocol is HTTP; without a port as well it is a gateway balancer's. */
function isHttp(one: Inputs<typeof listener>): boolean {
  return (one.protocol !== undefined || one.port !== undefined) && protocolOf(one) === "HTTP";
}

function isEncrypted(one: Inputs<typeof listener>): boolean {
  const protocol = protocolOf(one);
  return protocol === "HTTPS" || protocol === "TLS";
}

// The certificate is asked for only where nothing else tells: in a first preview it is not known yet.
function protocolOf(one: Inputs<typeof listener>): string {
  return one.protocol?.toUpperCase() ?? (one.certificateArn === undefined ? "HTTP" : "HTTPS");
}

function redirects(one: Inputs<typeof listener>): boolean {
  const actions = "defaultActions" in one ? (one.defaultActions ?? []) : [];
  return (
    actions.length > 0 && actions.every(({ type, redirect }) => type === "redirect" && redirect?.protocol === "HTTPS")
  );
}

/** A predefined policy with old versions, or one of them switched on by name. */
function isOldClassic(name: string, value: string): boolean {
  if (name === "Reference-Security-Policy") return value !== "ELBSecurityPolicy-TLS-1-2-2017-01";
  return /^Protocol-(SSLv[23]|TLSv1(\.1)?)$/.test(name) && value.toLowerCase() === "true";
}
