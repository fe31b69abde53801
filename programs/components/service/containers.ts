import { createHash } from "node:crypto";
import type { Setup } from "../../release.ts";
import { collectorDefinition, collectorName } from "./collector.ts";

/** What a release is made of. Two with the same fingerprint behave the same. */
export interface ReleaseInputs {
  /** `<repository>@sha256:…`. */
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Variable → `valueFrom`: a secret's ARN, with the JSON key when it has one. Never the value. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly cpu: number;
  readonly memory: number;
  readonly stopTimeoutSeconds: number;
  readonly architecture: "X86_64" | "ARM64";
  readonly setup: Setup;
  /** The collector's image, of a service that is traced. */
  readonly collector?: string;
}

/** 12 hex digits of a SHA-256 over the inputs; the order of variables does not matter. */
export function fingerprint(inputs: ReleaseInputs): string {
  const { image, environment, secrets, cpu, memory, stopTimeoutSeconds, architecture, setup, collector } = inputs;
  const size = [cpu, memory, stopTimeoutSeconds, architecture];
  const beside = collector === undefined ? [] : [collector];
  const canonical = JSON.stringify([image, sorted(environment), sorted(secrets), size, inOrder(setup), ...beside]);
  return createHash("sha256").update(canonical).digest("hex").slice(0, 12);
}

/** The same whatever order its keys are in. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, inOrder(each)]);
}

function sorted(values: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

export interface ContainerInputs extends ReleaseInputs {
  readonly name: string;
  readonly logGroup: string;
  readonly region: string;
}

/** The user of the images: no root, no name on any host. */
const user = "65532:65532";

/** A task definition's `containerDefinitions`, as JSON, with the release's fingerprint in RELEASE. */
export function containerDefinitions(inputs: ContainerInputs): string {
  const { collector, logGroup, region } = inputs;
  const environment = { ...inputs.environment, PORT: String(inputs.setup.port), RELEASE: fingerprint(inputs) };
  return JSON.stringify([
    {
      name: inputs.name,
      image: inputs.image,
      essential: true,
      user,
      readonlyRootFilesystem: true,
      linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
      portMappings: [{ containerPort: inputs.setup.port, hostPort: inputs.setup.port, protocol: "tcp" }],
      environment: sorted(environment).map(([name, value]) => ({ name, value })),
      secrets: sorted(inputs.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
      stopTimeout: inputs.stopTimeoutSeconds,
      // Stopped in the opposite order: what a service traces while it drains is still taken.
      ...(collector !== undefined && {
        dependsOn: [{ containerName: collectorName(inputs.name), condition: "START" }],
      }),
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": logGroup,
          "awslogs-region": region,
          "awslogs-stream-prefix": "ecs",
        },
      },
    },
    ...(collector === undefined
      ? []
      : [collectorDefinition({ service: inputs.name, image: collector, user, logGroup, region })]),
  ]);
}
