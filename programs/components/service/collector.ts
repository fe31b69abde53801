/** The container beside a service's own that takes its traces to AWS X-Ray: the AWS Distro for OpenTelemetry's collector. */
import type { Statement } from "../../policy.ts";
import { collectorPorts, collectorSize, type TracingConfig } from "../../tracing.ts";

export interface CollectorInputs {
  /** Of the container it stands beside. */
  readonly service: string;
  readonly image: TracingConfig["collector"];
  readonly user: string;
  readonly logGroup: string;
  readonly region: string;
}

/** Receives on the task's own loopback alone; sends traces in batches, and nothing of itself. */
const pipeline = {
  extensions: { health_check: { endpoint: `127.0.0.1:${collectorPorts.health}` } },
  receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${collectorPorts.otlp}` } } } },
  processors: {
    // Below the container's memory: it refuses spans before the kernel ends it.
    memory_limiter: { check_interval: "1s", limit_mib: 192, spike_limit_mib: 48 },
    resourcedetection: { detectors: ["env", "ecs"] },
    batch: { timeout: "5s", send_batch_size: 256 },
  },
  exporters: { awsxray: {} },
  service: {
    extensions: ["health_check"],
    pipelines: {
      traces: {
        receivers: ["otlp"],
        processors: ["memory_limiter", "resourcedetection", "batch"],
        exporters: ["awsxray"],
      },
    },
    // No figures of its own: they would open another port.
    telemetry: { metrics: { level: "none" } },
  },
};

export function collectorName(service: string): string {
  return `${service}-collector`;
}

/** Its entry in a task definition. Not essential: without it requests are answered, and not traced. */
export function collectorDefinition({ service, image, user, logGroup, region }: CollectorInputs) {
  return {
    name: collectorName(service),
    image,
    essential: false,
    cpu: collectorSize.cpu,
    memory: collectorSize.memory,
    user,
    readonlyRootFilesystem: true,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
    restartPolicy: { enabled: true, restartAttemptPeriod: 60 },
    environment: [
      { name: "AOT_CONFIG_CONTENT", value: JSON.stringify(pipeline) },
      { name: "AWS_REGION", value: region },
    ],
    // The image's own, which asks the extension's port.
    healthCheck: { command: ["CMD", "/healthcheck"], interval: 10, timeout: 5, retries: 3, startPeriod: 10 },
    logConfiguration: {
      logDriver: "awslogs",
      options: { "awslogs-group": logGroup, "awslogs-region": region, "awslogs-stream-prefix": "collector" },
    },
  };
}

/**
 * The one call of the exporter, as it is configured here. It takes no resource, nor has X-Ray a condition for it
 * (Service Authorization Reference, "Actions, resources, and condition keys for AWS X-Ray").
 */
export const sendTraces: Statement = {
  Sid: "SendTraces",
  Effect: "Allow",
  Action: "xray:PutTraceSegments",
  Resource: "*",
};
