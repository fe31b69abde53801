import * as z from "zod";

/**
 * What Render's page "Blueprint YAML Reference" says of the fields that are written here: their names, their values and which
 * are needed; no field beside them. By hand: Render's JSON schema names no licence under which a copy could be kept.
 */
const name = z.string().min(1);
const percent = z.int().min(1).max(90);
const databaseProperty = z.enum(["host", "port", "database", "user", "password", "connectionString"]);
const variable = z.union([
  z.strictObject({ key: name, value: z.string() }),
  z.strictObject({ key: name, sync: z.literal(false) }),
  z.strictObject({ key: name, fromDatabase: z.strictObject({ name, property: databaseProperty }) }),
]);
const instances = z.int().min(1);
const service = z
  .strictObject({
    type: z.literal("web"),
    name,
    runtime: z.literal("docker"),
    repo: z.url(),
    branch: name,
    /** Both from the root of the repository. */
    dockerfilePath: z.string().regex(/^\.\//),
    dockerContext: z.string().regex(/^\.\//),
    plan: z.enum(["free", "starter", "standard", "pro", "pro plus", "pro max", "pro ultra"]),
    numInstances: instances.optional(),
    scaling: z
      .strictObject({ minInstances: instances, maxInstances: instances, targetCPUPercent: percent })
      .refine(({ minInstances, maxInstances }) => minInstances <= maxInstances)
      .optional(),
    healthCheckPath: z.string().startsWith("/"),
    maxShutdownDelaySeconds: z.int().min(1).max(300),
    domains: z.array(name).optional(),
    envVars: z.array(variable),
  })
  // "This value has no effect for services with autoscaling enabled."
  .refine(({ numInstances, scaling }) => (numInstances === undefined) !== (scaling === undefined));
const sizes = (of: string, ...gb: readonly number[]) => gb.map((one) => `${of}-${one}gb`);
const plans = [
  ...["free", "basic-256mb"],
  ...sizes("basic", 1, 4),
  ...sizes("pro", 4, 8, 16, 32, 64, 128, 192, 256, 384, 512),
  ...sizes("accelerated", 16, 32, 64, 128, 256, 384, 512, 768, 1024),
];
const database = z
  .strictObject({
    name,
    databaseName: name,
    postgresMajorVersion: z.string().regex(/^\d+$/),
    plan: z.enum(plans),
    diskSizeGB: z.int().refine((gb) => gb === 1 || gb % 5 === 0),
    ipAllowList: z.array(z.strictObject({ source: name, description: z.string().optional() })),
    highAvailability: z.strictObject({ enabled: z.boolean() }).optional(),
  })
  .refine(({ highAvailability, plan }) => highAvailability?.enabled !== true || /^(pro|accelerated)-/.test(plan));

export const blueprint = z
  .strictObject({ databases: z.array(database), services: z.array(service) })
  .refine(({ databases, services }) => {
    const known = new Set(databases.map((one) => one.name));
    const asked = services.flatMap(({ envVars }) => envVars.flatMap((one) => ("fromDatabase" in one ? [one] : [])));
    return asked.every(({ fromDatabase }) => known.has(fromDatabase.name));
  });
