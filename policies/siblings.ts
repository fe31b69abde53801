/**
 * Types that are another type under a second name, property by property: Pulumi keeps older modules of a service beside
 * the newer one, and older versions of a resource beside the current.
 */
export const siblings: Readonly<Record<string, readonly string[]>> = {
  ...named("lb", "alb", ["Listener", "ListenerRule", "LoadBalancer", "TargetGroup"]),
  ...versioned([
    "Bucket",
    "BucketAcl",
    "BucketCorsConfiguration",
    "BucketLifecycleConfiguration",
    "BucketLogging",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
  ]),
};

const olderModules: Readonly<Record<string, string>> = {
  alb: "lb",
  applicationloadbalancing: "lb",
  elasticloadbalancingv2: "lb",
  elasticloadbalancing: "elb",
};

/** The type rules are written for: the one itself unless it is a second name of another. */
export function canonicalType(type: string): string {
  const [, module = "", name = ""] = /^aws:([a-z0-9]+)\/\w+:(\w+)$/.exec(type) ?? [];
  const current = module === "s3" ? name.replace(/V2$/, "") : name;
  const owner = olderModules[module] ?? module;
  return owner === module && current === name ? type : token(owner, current);
}

/** A type as programs write it, `aws.lb.Listener`. */
export function className(type: string): string {
  const [, provider = "", module = "", name = ""] = /^([a-z-]+):([a-z0-9]+)(?:\/\w+)?:(\w+)$/.exec(type) ?? [];
  return provider === "" ? type : `${provider}.${module}.${name}`;
}

function named(module: string, other: string, names: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.map((name) => [token(module, name), [token(other, name)]]));
}

function versioned(names: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.map((name) => [token("s3", name), [token("s3", `${name}V2`)]]));
}

function token(module: string, name: string): string {
  return `aws:${module}/${name[0]?.toLowerCase()}${name.slice(1)}:${name}`;
}
