import * as z from "zod";
import { SwitchyardError } from "./errors.ts";

/** One of a service's two sides. Either may be live; the other is idle: empty, being proven, or kept warm. */
export type Colour = "blue" | "green";

export const colours: readonly Colour[] = ["blue", "green"];

/** An image pushed to a registry. */
export interface Image {
  /** `<repositoryUri>@sha256:<64 hex digits>`. */
  readonly digest: string;
  /** The tag it was pushed under, such as `v1`. */
  readonly version: string;
}

/** The paths a service answers and its place among the listener's rules. */
export interface Route {
  /** The path itself and everything below it; `/` is everything. */
  readonly path: string;
  /** Of the production rule, as the service's configuration counts: lower ones are asked first. */
  readonly priority: number;
}

/** How a target group checks, drains and keeps its targets. Times in seconds. */
export interface GroupSettings {
  readonly healthCheck: {
    readonly path: string;
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
    /** Status codes of an answer that is well, such as `200-299`; 200 alone when absent. */
    readonly matcher?: string;
  };
  readonly deregistrationDelaySeconds: number;
  /** Clients keep to one target by cookie; not when absent. */
  readonly stickinessSeconds?: number;
}

/** What a request of a release meets besides its tasks: staged with it, and kept as long as it may serve. */
export interface Setup {
  readonly containerName: string;
  readonly port: number;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  /** Failed health checks of a task this young are not counted by ECS. */
  readonly gracePeriodSeconds: number;
  readonly group: GroupSettings;
  readonly route: Route;
  /** Secrets its task definition names: the service's own, the database user's. */
  readonly secrets: readonly ("service" | "database")[];
}

/** What the driver put on one colour. */
export interface Deployed extends Image {
  readonly taskDefinitionArn: string;
  /** Fingerprint of image and configuration together, as `fingerprint` computes it. */
  readonly release: string;
  /** ISO 8601, UTC. */
  readonly deployedAt: string;
  /** Names of the migrations applied to the database when it was deployed. */
  readonly migrations: readonly string[];
  /** Absent in what was recorded before setups were: the colour is left as it is. */
  readonly setup?: Setup;
}

export interface ServiceRelease {
  /** The colour that serves; absent before the first release. */
  readonly live?: Colour;
  readonly blue?: Deployed;
  readonly green?: Deployed;
  /** The image the next `up` stages; absent means: the live colour's. */
  readonly next?: Image;
  /** The operation that last changed what serves; absent in what was recorded before this was. */
  readonly releasedBy?: string;
  /** ISO 8601, UTC: until then the idle colour keeps running, ready for a rollback; afterwards a sweep stops it. */
  readonly warmUntil?: string;
  /** What served until the service was retired, and how many tasks it ran; a rollback brings it back. */
  readonly retired?: { readonly colour: Colour; readonly tasks: number };
  /** How many tasks the live colour may run: what it was released with and scales between, or what was adopted since. */
  readonly scale?: { readonly min: number; readonly max: number };
}

/** A release that began: what the program is applied with, so that a dashboard can mark it. */
export interface Begun {
  /** Of its services; several where they differ. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** The ledger's item `release` of one stack: which versions it runs, and which it stages next. */
export interface ReleaseDocument {
  readonly format: 1;
  /** Grows by one with each write; the driver's conditional writes compare it. */
  readonly revision: number;
  readonly services: Readonly<Record<string, ServiceRelease>>;
  /** The migration function's image. */
  readonly migrate?: { readonly live?: Image; readonly next?: Image };
  /** The newest releases that were staged, oldest first; absent in what was recorded before they were. */
  readonly begun?: readonly Begun[];
}

export const emptyRelease: ReleaseDocument = { format: 1, revision: 0, services: {} };

const image = z.strictObject({
  digest: z.string().regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "must look like <repository>@sha256:<64 hex digits>"),
  version: z.string().min(1),
});

const date = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "must be a date in ISO 8601");

const seconds = z.int().nonnegative();

export const groupSettings = z.strictObject({
  healthCheck: z.strictObject({
    path: z.string().startsWith("/"),
    intervalSeconds: seconds,
    timeoutSeconds: seconds,
    healthyThreshold: z.int().positive(),
    unhealthyThreshold: z.int().positive(),
    matcher: z.string().min(1).optional(),
  }),
  deregistrationDelaySeconds: seconds,
  stickinessSeconds: seconds.optional(),
});

export const setup = z.strictObject({
  containerName: z.string().min(1),
  port: z.int().positive(),
  subnetIds: z.array(z.string().min(1)),
  securityGroupId: z.string().min(1),
  gracePeriodSeconds: seconds,
  group: groupSettings,
  route: z.strictObject({ path: z.string().startsWith("/"), priority: z.int().positive() }),
  secrets: z.array(z.enum(["service", "database"])),
});

const deployed = image.extend({
  taskDefinitionArn: z.string().min(1),
  release: z.string().min(1),
  deployedAt: date,
  migrations: z.array(z.string()),
  setup: setup.optional(),
});

const serviceRelease = z.strictObject({
  live: z.enum(["blue", "green"]).optional(),
  blue: deployed.optional(),
  green: deployed.optional(),
  next: image.optional(),
  releasedBy: z.string().min(1).optional(),
  warmUntil: date.optional(),
  retired: z.strictObject({ colour: z.enum(["blue", "green"]), tasks: z.int().nonnegative() }).optional(),
  // What serves has a task: a count is put back into these bounds.
  scale: z
    .strictObject({ min: z.int().nonnegative(), max: z.int().positive() })
    .refine(({ min, max }) => min <= max, "has a minimum above its maximum")
    .optional(),
});

/** The one form of the document, wherever it is read: the ledger's item, and what its journal says of it. */
export const releaseDocument = z
  .strictObject({
    format: z.literal(1),
    revision: z.int().nonnegative(),
    services: z.record(z.string(), serviceRelease),
    migrate: z.strictObject({ live: image.optional(), next: image.optional() }).optional(),
    begun: z.array(z.strictObject({ version: z.string().min(1), at: date })).optional(),
  })
  .superRefine(({ services }, context) => {
    for (const [name, service] of Object.entries(services)) {
      if (service.live !== undefined && service[service.live] === undefined)
        context.addIssue({
          code: "custom",
          path: ["services", name, "live"],
          message: `names ${service.live}, which has nothing deployed`,
        });
      const { live, retired } = service;
      if (retired !== undefined && (live !== undefined || service[retired.colour] === undefined))
        context.addIssue({
          code: "custom",
          path: ["services", name, "retired"],
          message: live === undefined ? `names ${retired.colour}, which has nothing deployed` : "is live as well",
        });
    }
  });

/** The image a plain `up` stages for a service: the next one, else what its live colour runs, or ran until it was retired. */
export function stagedImage(service: ServiceRelease | undefined): Image | undefined {
  const colour = service?.live ?? service?.retired?.colour;
  const found = service?.next ?? (colour && service?.[colour]);
  return found === undefined ? undefined : { digest: found.digest, version: found.version };
}

/** What is recorded of a service's colours: what runs, is warm, or may be gone back to. */
export function recorded(service: ServiceRelease | undefined): readonly Deployed[] {
  return colours.flatMap((colour) => service?.[colour] ?? []);
}

/**
 * Ports tasks are reached at: of what serves first, then of what else is kept, then of what is staged.
 *
 * @param staged The port of what is staged.
 */
export function portsOf(service: ServiceRelease | undefined, staged: number): readonly number[] {
  const live = service?.live === undefined ? undefined : service[service.live]?.setup?.port;
  const kept = recorded(service).flatMap(({ setup }) => setup?.port ?? []);
  return [...new Set([...(live === undefined ? [] : [live]), ...kept, staged])];
}

/**
 * How long clients keep to a colour where a rule names both: the longest of what is configured and of what is recorded. The
 * group of a release that may serve stays as sticky as that was proven, and a rule that names such a group and another one
 * has to be sticky itself (Elastic Load Balancing, "Sticky sessions").
 *
 * @returns Seconds; undefined where none of them is sticky.
 */
export function longestStickiness(
  configured: number | undefined,
  service: ServiceRelease | undefined,
): number | undefined {
  const kept = recorded(service).map(({ setup }) => setup?.group.stickinessSeconds ?? 0);
  return Math.max(configured ?? 0, ...kept) || undefined;
}

/** The route of what serves; undefined before the first release, and for one recorded without its setup. */
export function liveRoute(service: ServiceRelease | undefined): Route | undefined {
  return service?.live === undefined ? undefined : service[service.live]?.setup?.route;
}

/** The image of the migration function: the next one, else the one applied last. */
export function stagedMigrateImage(document: ReleaseDocument): Image | undefined {
  return document.migrate?.next ?? document.migrate?.live;
}

/**
 * Reads the ledger's document; undefined (no item yet) is the empty document.
 *
 * @throws SwitchyardError `invalid-release` naming the field, when the content is not a release document.
 */
export function parseReleaseDocument(json: string | undefined): ReleaseDocument {
  if (json === undefined) return emptyRelease;
  const parsed = releaseDocument.safeParse(parseJson(json));
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const field = first === undefined || first.path.length === 0 ? "" : ` ${first.path.join(".")}`;
  throw malformed(`its content is not a release document (${first?.message ?? "unknown"})`, field);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw malformed("its content is not JSON", "", cause);
  }
}

function malformed(what: string, field: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError("invalid-release", {
    what,
    where: `ledger item "release"${field}`,
    fix: "Restore the item from the table's point-in-time recovery, or write the last good document back",
    cause,
  });
}
