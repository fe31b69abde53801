/** The collector that takes services' traces to AWS X-Ray, as configured. */
import * as z from "zod";
import type { ServiceConfig } from "./service-config.ts";
import { integer, problem, text } from "./validation.ts";

export const tracing = z.strictObject({
  /** Of a public registry, which nobody needs a right to pull from; by digest, as every image here. */
  collector: text(
    /^public\.ecr\.aws\/[a-z0-9-]+\/[a-z0-9._/-]+@sha256:[a-f0-9]{64}$/,
    "an image by its digest, such as public.ecr.aws/aws-observability/aws-otel-collector@sha256:…",
  ),
  /** Of the requests that begin at a service: so many in a hundred are traced. */
  percent: integer(1, 100, "percent").default(5),
});

export type TracingConfig = z.output<typeof tracing>;

/** CPU units and MB of a task that are the collector's; the CPU is its share when both want more, the memory its most. */
export const collectorSize = { cpu: 64, memory: 256 } as const;

/** Containers of a task share their ports: OTLP by HTTP (OpenTelemetry protocol specification), and the health check's. */
export const collectorPorts = { otlp: 4318, health: 13_133 } as const;

/** With less a service of the smallest size would be left with half of what it had. */
const leastMemory = 1024;

/** What a service that is traced is told; names of the OpenTelemetry specification, "Environment variable specification". */
export function tracingVariables(
  { percent }: TracingConfig,
  { service, environment }: { readonly service: string; readonly environment: string },
): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collectorPorts.otlp}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    // The collector takes traces alone.
    OTEL_LOGS_EXPORTER: "none",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${environment}`,
    OTEL_SERVICE_NAME: service,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: String(percent / 100),
  };
}

const names = new Set(Object.keys(tracingVariables({ collector: "", percent: 1 }, { service: "", environment: "" })));

/** What stands against tracing a service: no collector, too little room beside it, its ports, its variables. */
export function tracingProblems(
  services: Readonly<Record<string, ServiceConfig>>,
  config: TracingConfig | undefined,
  context: z.RefinementCtx,
): void {
  for (const [name, each] of Object.entries(services)) {
    if (!each.tracing) continue;
    const at = ["services", name];
    if (config === undefined)
      problem(
        context,
        [...at, "tracing"],
        "is true, and the environment has no collector",
        "Give switchyard:tracing a collector, or remove it",
      );
    if (each.memory < leastMemory)
      problem(
        context,
        [...at, "memory"],
        `${each.memory} MB has no room for the collector of traces, which takes ${collectorSize.memory}`,
        `Set it to at least ${leastMemory}, or tracing to false`,
      );
    if (Object.values<number>(collectorPorts).includes(each.port))
      problem(
        context,
        [...at, "port"],
        `${each.port} is the collector's`,
        "Choose another port, or set tracing to false",
      );
    for (const section of ["environment", "secrets"] as const)
      for (const variable of Object.keys(each[section]))
        if (names.has(variable))
          problem(context, [...at, section, variable], "is set by the platform", "Remove it, or set tracing to false");
  }
}
