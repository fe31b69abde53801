/** What the configuration of another platform is written from, and what no such platform has of it. */
import type { EnvironmentConfig } from "../../programs/config.ts";
import { capacity, type ServiceConfig } from "../../programs/service-config.ts";

export interface Exported {
  /** As the platform calls it. */
  readonly file: string;
  readonly text: string;
  /** What the configuration says and the file does not. */
  readonly lost: readonly string[];
}

export interface Source {
  readonly stack: string;
  readonly config: EnvironmentConfig;
  /** On GitHub, `owner/name`. */
  readonly repository: string;
}

/** A size a platform sells, by its name. */
export interface Plan {
  readonly name: string;
  readonly cpu: number;
  readonly memoryMb: number;
}

/** The smallest plan, in the order given, that is no smaller; the largest where none is. */
export function planFor(plans: readonly Plan[], { cpu, memory }: Pick<ServiceConfig, "cpu" | "memory">): Plan {
  const fitting = plans.find((plan) => plan.cpu >= cpu / 1024 && plan.memoryMb >= memory);
  const largest = plans.at(-1);
  if (fitting === undefined && largest === undefined) throw new Error("no plans");
  return (fitting ?? largest) as Plan;
}

/** Images are built from `images/<repository>`, as here. */
export function imageDirectory(name: string, { repository }: Pick<ServiceConfig, "repository">): string {
  return `images/${repository ?? name}`;
}

/** The environment's own names, which the service at `/` answers. */
export function namesOf({ domain }: EnvironmentConfig): readonly string[] {
  return domain === undefined ? [] : [domain.name, ...domain.names, ...domain.shared];
}

/** What every such platform leaves out. */
export function lostEverywhere({ config }: Source, plans: readonly Plan[]): readonly string[] {
  const services = Object.entries(config.services);
  const { domain, waf, mail, files, database } = config;
  const some = (has: (service: ServiceConfig) => boolean) =>
    services.flatMap(([name, service]) => (has(service) ? [name] : []));
  const named = (names: readonly string[], what: string) => (names.length > 0 ? [`${what}: ${names.join(", ")}`] : []);
  return [
    "a release beside the old one, proven through the balancer before any traffic, with weights, bake and a way back in one step",
    "expand and contract migrations in their order with the release: run the image of images/migrate before each deploy",
    ...named(
      some(({ checks }) => checks.length > 0),
      "smoke checks before traffic moves",
    ),
    ...named(
      some(({ stickinessSeconds }) => stickinessSeconds !== undefined),
      "sticky clients",
    ),
    ...named(
      some(({ mail }) => mail),
      "mail, its address, rights and suppression list",
    ),
    ...named(
      some(({ files }) => files),
      "the bucket of files, its rights, addresses and lifecycle",
    ),
    ...named(
      some(({ tracing }) => tracing),
      "the collector of traces",
    ),
    ...named(
      some(({ replaces }) => replaces !== undefined),
      "taking a path over from another service",
    ),
    ...named(
      some(({ healthCheck: { matcher } }) => matcher !== undefined),
      "which status codes are well",
    ),
    ...services.flatMap(([name, { cpu, memory }]) => {
      const { name: plan, ...has } = planFor(plans, { cpu, memory });
      return has.cpu >= cpu / 1024 && has.memoryMb >= memory
        ? []
        : [`${name}: no plan holds ${cpu} CPU units and ${memory} MB: it gets the largest, ${plan}`];
    }),
    ...named(domain?.redirects ?? [], "redirects"),
    ...(domain?.hsts === undefined ? [] : ["the header Strict-Transport-Security: send it from the services"]),
    ...(waf === undefined ? [] : ["the web application firewall"]),
    ...(files.cdn === undefined ? [] : ["the CDN in front of public files"]),
    ...(mail === undefined ? [] : [`the records of ${mail.domain}, by which its mail is proven`]),
    ...(database.fromSnapshot === undefined ? [] : ["the rows of the snapshot the database begins with"]),
    ...named(
      some((service) => capacity(service).min !== service.desiredCount),
      "a first size other than the smallest",
    ),
    "alarms, dashboard, runbooks; the audit chain, the lease and the freeze; the policy pack",
    "a network, keys and roles of its own",
    "the bundles: the Dockerfiles copy dist/, which `node images/build.ts` makes and git does not hold",
    "API_URL: set it on each service once the hosts are known",
  ];
}
