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

/** What the driver put on one colour. */
export interface Deployed extends Image {
  readonly taskDefinitionArn: string;
  /** Fingerprint of image and configuration together, as `fingerprint` computes it. */
  readonly release: string;
  /** ISO 8601, UTC. */
  readonly deployedAt: string;
  /** Names of the migrations applied to the database when it was deployed. */
  readonly migrations: readonly string[];
}

export interface ServiceRelease {
  /** The colour that serves; absent before the first release. */
  readonly live?: Colour;
  readonly blue?: Deployed;
  readonly green?: Deployed;
  /** The image the next `up` stages; absent means: the live colour's. */
  readonly next?: Image;
  /** ISO 8601, UTC: until then the idle colour keeps running, ready for a rollback; afterwards a sweep stops it. */
  readonly warmUntil?: string;
  /** How many tasks the live colour may run: what it was released with and scales between, or what was adopted since. */
  readonly scale?: { readonly min: number; readonly max: number };
}

/** The ledger's item `release` of one stack: which versions it runs, and which it stages next. */
export interface ReleaseDocument {
  readonly format: 1;
  /** Grows by one with each write; the driver's conditional writes compare it. */
  readonly revision: number;
  readonly services: Readonly<Record<string, ServiceRelease>>;
  /** The migration function's image. */
  readonly migrate?: { readonly live?: Image; readonly next?: Image };
}

export const emptyRelease: ReleaseDocument = { format: 1, revision: 0, services: {} };

const image = z.strictObject({
  digest: z.string().regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "must look like <repository>@sha256:<64 hex digits>"),
  version: z.string().min(1),
});

const deployed = image.extend({
  taskDefinitionArn: z.string().min(1),
  release: z.string().min(1),
  deployedAt: z.string().min(1),
  migrations: z.array(z.string()),
});

const serviceRelease = z.strictObject({
  live: z.enum(["blue", "green"]).optional(),
  blue: deployed.optional(),
  green: deployed.optional(),
  next: image.optional(),
  warmUntil: z.string().min(1).optional(),
  scale: z.strictObject({ min: z.int().nonnegative(), max: z.int().nonnegative() }).optional(),
});

const releaseDocument = z
  .strictObject({
    format: z.literal(1),
    revision: z.int().nonnegative(),
    services: z.record(z.string(), serviceRelease),
    migrate: z.strictObject({ live: image.optional(), next: image.optional() }).optional(),
  })
  .superRefine(({ services }, context) => {
    for (const [name, service] of Object.entries(services)) {
      if (service.live !== undefined && service[service.live] === undefined)
        context.addIssue({
          code: "custom",
          path: ["services", name, "live"],
          message: `names ${service.live}, which has nothing deployed`,
        });
    }
  });

/** The image a plain `up` stages for a service: the next one, else what its live colour runs. */
export function stagedImage(service: ServiceRelease | undefined): Image | undefined {
  const found = service?.next ?? (service?.live === undefined ? undefined : service[service.live]);
  return found === undefined ? undefined : { digest: found.digest, version: found.version };
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
