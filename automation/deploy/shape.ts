import * as z from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Colour } from "../../programs/release.ts";

const side = z.object({
  serviceName: z.string().optional(),
  targetGroupArn: z.string(),
  scalableTargetId: z.string().optional(),
});

const staged = z.object({
  taskDefinitionArn: z.string(),
  release: z.string(),
  image: z.string(),
  version: z.string(),
});

const service = z.object({
  path: z.string(),
  ruleArn: z.string(),
  previewRuleArn: z.string(),
  repository: z.string(),
  blue: side,
  green: side,
  staged: staged.optional(),
  containerName: z.string(),
  containerPort: z.number(),
  logGroup: z.string(),
  subnetIds: z.array(z.string()),
  securityGroupId: z.string(),
  healthCheckPath: z.string(),
  minCapacity: z.number(),
  maxCapacity: z.number(),
  desiredCount: z.number(),
  deregistrationDelaySeconds: z.number(),
  stopTimeoutSeconds: z.number(),
  stickinessSeconds: z.number().optional(),
});

const shape = z
  .object({
    url: z.string(),
    clusterName: z.string(),
    listenerArn: z.string(),
    previewHeader: z.object({ name: z.string(), secretArn: z.string() }),
    migrationFunctionName: z.string().optional(),
    migrationImage: z.string().optional(),
    alarmNames: z.array(z.string()),
    services: z.record(z.string(), service),
  })
  // The function's name is fixed; the function exists once there is an image for it.
  .transform(({ migrationFunctionName, ...rest }) => ({
    ...rest,
    ...(rest.migrationImage !== undefined && migrationFunctionName !== undefined && { migrationFunctionName }),
  }));

/** What the driver knows of an environment from its program's outputs. */
export type EnvironmentShape = z.output<typeof shape>;
export type ServiceShape = z.output<typeof service>;
export type SideShape = ServiceShape[Colour];

/** @throws SwitchyardError `invalid-response` naming the output that is missing or of another type. */
export function environmentShape(stack: string, outputs: unknown): EnvironmentShape {
  const parsed = shape.safeParse(outputs);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new SwitchyardError("invalid-response", {
    what: `output ${first?.path.join(".") ?? ""} is not usable (${first?.message ?? "unknown"})`,
    where: `stack ${stack}`,
    fix: `run \`switchyard up ${stack}\` with this version of the programs`,
  });
}
