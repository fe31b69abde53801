/** The names an environment answers at, and the certificates that prove them. */
import * as z from "zod";
import { flag, integer, problem, text } from "./validation.ts";

/** ACM takes a first name of at most 64 characters (AWS Certificate Manager, RequestCertificate). */
const longest = 64;
/** A rule has at most five values of conditions (Elastic Load Balancing, "Quotas for your Application Load Balancers"). */
const mostRedirects = 5;
/** A listener has 25 certificates beside its own, by the same page; redirects have theirs, too. */
const mostNames = 20;

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const host = new RegExp(`^(${label}\\.)+[a-z]{2,}$`);
const hostOrWildcard = new RegExp(`^(\\*\\.)?(${label}\\.)+[a-z]{2,}$`);

const named = (pattern: RegExp, requirement: string) =>
  text(pattern, requirement).max(longest, { error: `${requirement} of at most ${longest} characters` });

export const hostName = named(host, "a host name such as app.example.com");
export const hostedZone = text(/^Z[A-Z0-9]{4,31}$/, "a Route 53 hosted zone id such as Z0123456789ABC");

const keys = z.strictObject({
  /** Host name the environment answers at. */
  name: hostName,
  /** Route 53 hosted zone that holds it, and the other names. */
  zoneId: hostedZone,
  /** Answered as `name` is. */
  names: z
    .array(named(hostOrWildcard, "a host name such as shop.example.com or *.example.com"), {
      error: "a list of host names",
    })
    .max(mostNames, { error: `at most ${mostNames} host names` })
    .default([]),
  /** Answered with a redirect to `name`, path and query kept. */
  redirects: z
    .array(named(host, "a host name such as www.example.com"), { error: "a list of host names" })
    .max(mostRedirects, { error: `at most ${mostRedirects} host names` })
    .default([]),
  /**
   * Answered as `name` is, and possibly another environment's of the account as well: which of them a name leads to is decided
   * by weights, which the driver moves.
   */
  shared: z
    .array(named(hostOrWildcard, "a host name such as www.example.com or *.example.com"), {
      error: "a list of host names",
    })
    .max(mostNames, { error: `at most ${mostNames} host names` })
    .default([]),
  /** Tells browsers to ask by HTTPS only (RFC 6797). */
  hsts: z
    .strictObject({
      /** Two years at most: what preload lists ask for at the most. */
      maxAgeSeconds: integer(0, 63_072_000, "seconds"),
      includeSubdomains: flag.default(false),
      preload: flag.default(false),
    })
    .optional(),
});

export type DomainConfig = z.output<typeof keys>;

export const domain = keys.superRefine((config, context) => {
  for (const key of lists)
    for (const [index, name] of config[key].entries()) nameProblems(config, key, index, name, context);
  certificateProblems(config, context);
  hstsProblems(config, context);
});

const lists = ["names", "redirects", "shared"] as const;

function nameProblems(
  config: DomainConfig,
  key: (typeof lists)[number],
  index: number,
  name: string,
  context: z.RefinementCtx,
): void {
  const earlier = lists.slice(0, lists.indexOf(key)).flatMap((list) => config[list]);
  const before = [config.name, ...earlier, ...config[key].slice(0, index)];
  if (before.includes(name)) problem(context, [key, index], `${name} is there already`, "Name each host once");
  else if (!isInZoneOf(name, config))
    problem(
      context,
      [key, index],
      `${name} is not below ${parent(config.name)}, as ${config.name} is: one hosted zone cannot hold both`,
      `Remove it, or give it an environment of its own`,
    );
}

/** One certificate's proof cannot be the environment's own and another's, too. */
function certificateProblems(config: DomainConfig, context: z.RefinementCtx): void {
  const own = new Set([config.name, ...config.names, ...config.redirects].map(baseOf));
  for (const [index, name] of config.shared.entries()) {
    if (!own.has(baseOf(name)) || [config.name, ...config.names, ...config.redirects].includes(name)) continue;
    problem(
      context,
      ["shared", index],
      `${name} is proven by the record that proves a name of the environment's own`,
      `Have ${baseOf(name)} and *.${baseOf(name)} both in \`shared\`, or neither`,
    );
  }
  if (config.names.length + config.shared.length > mostNames)
    problem(
      context,
      ["shared"],
      `has, with \`names\`, ${config.names.length + config.shared.length} host names: a listener has certificates for ${mostNames}`,
      "Remove some",
    );
}

/** What ACM proves a name by: the host itself, or the one a wildcard is below. */
export function baseOf(name: string): string {
  return name.replace(/^\*\./, "");
}

/** The last two labels: no hosted zone is above them. */
function parent(name: string): string {
  return name.split(".").slice(-2).join(".");
}

/** As far as that can be told: which names a zone holds is only known to Route 53. */
export function isInZoneOf(name: string, domain: Pick<DomainConfig, "name">): boolean {
  return parent(name) === parent(domain.name);
}

/** The preload list's own conditions, by hstspreload.org, "Submission Requirements". */
const preloadSeconds = 31_536_000;

function hstsProblems({ hsts }: DomainConfig, context: z.RefinementCtx): void {
  if (!hsts?.preload || (hsts.includeSubdomains && hsts.maxAgeSeconds >= preloadSeconds)) return;
  problem(
    context,
    ["hsts", "preload"],
    "asks for what browsers' preload lists refuse",
    `Set includeSubdomains to true and maxAgeSeconds to at least ${preloadSeconds}, or remove preload`,
  );
}

/** The value of the header Strict-Transport-Security (RFC 6797, section 6.1). */
export function strictTransportSecurity(hsts: NonNullable<DomainConfig["hsts"]>): string {
  const { maxAgeSeconds, includeSubdomains, preload } = hsts;
  return [
    `max-age=${maxAgeSeconds}`,
    ...(includeSubdomains ? ["includeSubDomains"] : []),
    ...(preload ? ["preload"] : []),
  ].join("; ");
}

/** A certificate: the name it is proven by, without `*.`, and all that it covers, the first one first. */
export interface Covered {
  readonly base: string;
  readonly names: readonly [string, ...string[]];
  /** Of names that another environment may have, and prove, as well. */
  readonly shared: boolean;
}

/**
 * The certificates for all names, the environment's own first. Each name has one of its own, so that another name never
 * touches what serves; but a host and the wildcard below it share one, as they are proven by one record (AWS Certificate
 * Manager, "DNS validation").
 */
export function certificatesOf({ name, names, redirects, shared }: DomainConfig): readonly [Covered, ...Covered[]] {
  const all = [...names, ...redirects, ...shared];
  const covered = (base: string): Covered => {
    const [first = base, ...others] = [base, `*.${base}`].filter((one) => one === name || all.includes(one));
    return { base, names: [first, ...others], shared: shared.includes(first) };
  };
  const bases = new Set(all.map(baseOf));
  bases.delete(name);
  return [covered(name), ...[...bases].map(covered)];
}
