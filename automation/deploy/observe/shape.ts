import * as z from "zod";
import { deploySettings } from "../../../programs/deploy-config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { type Colour, setup } from "../../../programs/release.ts";
import { isRequestPath } from "../../../programs/request-path.ts";
import { smokeCheck } from "../../../programs/service-config.ts";

const text = z.string().min(1);

const side = z.object({
  serviceName: text.optional(),
  targetGroupArn: text,
  scalableTargetId: text.optional(),
});

const staged = z.object({
  taskDefinitionArn: text,
  release: text,
  image: text,
  version: text,
  setup: setup.optional(),
});

const service = z.object({
  path: text,
  ruleArn: text,
  previewRuleArn: text,
  repository: text,
  blue: side,
  green: side,
  staged: staged.optional(),
  containerName: text,
  containerPort: z.number(),
  logGroup: text,
  subnetIds: z.array(text),
  securityGroupId: text,
  healthCheckPath: z.string().refine(isRequestPath, { error: "is not a path" }),
  minCapacity: z.number(),
  maxCapacity: z.number(),
  desiredCount: z.number(),
  deregistrationDelaySeconds: z.number(),
  stopTimeoutSeconds: z.number(),
  stickinessSeconds: z.number().optional(),
  order: z.number().default(0),
  checks: z.array(smokeCheck).default([]),
});

const shape = z
  .object({
    url: z.string().regex(/^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\/?$/, { error: "is not the address of a host" }),
    clusterName: text,
    listenerArn: text,
    previewHeader: z.object({ name: text, secretArn: text }),
    migrationFunctionName: text.optional(),
    migrationImage: text.optional(),
    alarmNames: z.array(text),
    services: z.record(text, service),
    sharedNames: z.object({ zoneId: text, hosts: z.array(text).min(1) }).optional(),
    /** Absent from what an older version of the programs applied. */
    deploy: deploySettings.optional(),
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
