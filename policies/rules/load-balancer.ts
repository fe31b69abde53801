import { type Inputs, resourceRule } from "../rule.ts";

const balancer = "aws:lb/loadBalancer:LoadBalancer";
const listener = "aws:lb/listener:Listener";
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
      isHttp(one) && one.port === 80 && !redirects(one) ? "defaultActions does not redirect to HTTPS" : undefined,
  }),
  resourceRule(listener, {
    name: "alb-tls-listeners",
    level: "mandatory",
    severity: "high",
    controls: ["ELB.18", "CKV_AWS_2"],
    title: "Listeners other than port 80 speak TLS",
    why: "Traffic on another plain port is as readable, and easier to overlook.",
    fix: "Set protocol to HTTPS (or TLS) and certificateArn.",
    check: function* (one) {
      if (isHttp(one)) {
        if (one.port !== 80 && !redirects(one)) yield "protocol is not encrypted";
      } else if (one.protocol !== "HTTPS" && one.protocol !== "TLS") yield "protocol is not encrypted";
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
    check: ({ protocol, sslPolicy }) =>
      (protocol === "HTTPS" || protocol === "TLS") &&
      !/^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-/.test(sslPolicy ?? "")
        ? "sslPolicy accepts versions before TLS 1.2"
        : undefined,
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
      isApplication(alb) && alb.dropInvalidHeaderFields !== true ? "dropInvalidHeaderFields is not true" : undefined,
  }),
  resourceRule(balancer, {
    name: "alb-desync-mitigation",
    level: "mandatory",
    severity: "medium",
    controls: ["ELB.12", "CKV_AWS_328"],
    title: "Load balancers defend against request desynchronisation",
    why: "Ambiguous requests let one client's request end in another's answer.",
    fix: "Leave desyncMitigationMode at defensive, or set strictest.",
    check: (alb) =>
      isApplication(alb) && !["defensive", "strictest"].includes(alb.desyncMitigationMode ?? "defensive")
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
  resourceRule(balancer, {
    name: "alb-access-logs",
    level: "production",
    severity: "medium",
    controls: ["ELB.5", "CKV_AWS_91"],
    title: "Load balancers keep access logs",
    why: "They are the only record of requests that never reached a service.",
    fix: "Set accessLogs.bucket and accessLogs.enabled.",
    check: ({ accessLogs }) => (accessLogs?.enabled === true ? undefined : "accessLogs.enabled is not true"),
  }),
  resourceRule(balancer, {
    name: "alb-deletion-protection",
    level: "production",
    severity: "high",
    controls: ["ELB.6", "CKV_AWS_150"],
    title: "Load balancers are protected from deletion",
    why: "Its address is what every client and record points at.",
    fix: "Set enableDeletionProtection to true.",
    check: (alb) => (alb.enableDeletionProtection === true ? undefined : "enableDeletionProtection is not true"),
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
      return http && !("path" in healthCheck) ? "healthCheck.path is missing" : undefined;
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

// A listener of an application load balancer without certificate and protocol is HTTP by default.
function isHttp({ protocol, certificateArn }: Inputs<typeof listener>): boolean {
  return (protocol ?? (certificateArn === undefined ? "HTTP" : "HTTPS")) === "HTTP";
}

function redirects({ defaultActions }: Inputs<typeof listener>): boolean {
  return defaultActions.every(({ type, redirect }) => type === "redirect" && redirect?.protocol === "HTTPS");
}
