import { createHash } from "node:crypto";

/** What a release is made of. Two with the same fingerprint behave the same. */
export interface ReleaseInputs {
  /** `<repository>@sha256:…`. */
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Variable → `valueFrom`: a secret's ARN, with the JSON key when it has one. Never the value. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly cpu: number;
  readonly memory: number;
  readonly port: number;
  readonly stopTimeoutSeconds: number;
  readonly architecture: "X86_64" | "ARM64";
}

/** 12 hex digits of a SHA-256 over the inputs; the order of variables does not matter. */
export function fingerprint(inputs: ReleaseInputs): string {
  const { image, environment, secrets, cpu, memory, port, stopTimeoutSeconds, architecture } = inputs;
  const size = [cpu, memory, port, stopTimeoutSeconds, architecture];
  const canonical = JSON.stringify([image, sorted(environment), sorted(secrets), size]);
  return createHash("sha256").update(canonical).digest("hex").slice(0, 12);
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
  const environment = { ...inputs.environment, PORT: String(inputs.port), RELEASE: fingerprint(inputs) };
  return JSON.stringify([
    {
      name: inputs.name,
      image: inputs.image,
      essential: true,
      user,
      readonlyRootFilesystem: true,
      linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
      portMappings: [{ containerPort: inputs.port, hostPort: inputs.port, protocol: "tcp" }],
      environment: sorted(environment).map(([name, value]) => ({ name, value })),
      secrets: sorted(inputs.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
      stopTimeout: inputs.stopTimeoutSeconds,
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": inputs.logGroup,
          "awslogs-region": inputs.region,
          "awslogs-stream-prefix": "ecs",
        },
      },
    },
  ]);
}
