/** `render.yaml`, by Render's page "Blueprint YAML Reference". */
import { stringify } from "yaml";
import { capacity, type ServiceConfig } from "../../programs/service-config.ts";
import { type Exported, imageDirectory, lostEverywhere, namesOf, type Plan, planFor, type Source } from "./platform.ts";

const plans: readonly Plan[] = [
  { name: "starter", cpu: 0.5, memoryMb: 512 },
  { name: "standard", cpu: 1, memoryMb: 2048 },
  { name: "pro", cpu: 2, memoryMb: 4096 },
  { name: "pro plus", cpu: 4, memoryMb: 8192 },
  { name: "pro max", cpu: 4, memoryMb: 16_384 },
  { name: "pro ultra", cpu: 8, memoryMb: 32_768 },
];

/** Of a service's end; Render allows no longer one. */
const longestShutdownSeconds = 300;
const database = "database";

export function renderBlueprint(source: Source): Exported {
  const { stack, config } = source;
  const services = Object.entries(config.services).map(([name, service]) => serviceOf(name, service, source));
  const blueprint = {
    databases: [
      {
        name: `${stack}-${database}`,
        databaseName: config.database.name,
        postgresMajorVersion: config.database.engineMajor,
        plan: config.tier === "production" ? "pro-4gb" : "basic-256mb",
        diskSizeGB: diskSize(config.database.storageGb),
        // From inside only, as here.
        ipAllowList: [],
        ...(config.tier === "production" && { highAvailability: { enabled: true } }),
      },
    ],
    services,
  };
  const paths = Object.values(config.services).map(({ path }) => path);
  return {
    file: "render.yaml",
    text: stringify(blueprint),
    lost: [
      ...lostEverywhere(source, plans),
      ...(paths.length > 1 ? [`one host for ${paths.join(" and ")}: each service gets a host of its own`] : []),
      "ARM64 images: Render builds and runs X86_64",
    ],
  };
}

/** Render takes 1, or a multiple of 5. */
function diskSize(gb: number): number {
  return Math.ceil(gb / 5) * 5;
}

function serviceOf(name: string, service: ServiceConfig, { stack, config, repository }: Source): object {
  const { min, max } = capacity(service);
  const directory = imageDirectory(name, service);
  return {
    type: "web",
    name: `${stack}-${name}`,
    runtime: "docker",
    repo: `https://github.com/${repository}`,
    branch: "main",
    dockerfilePath: `./${directory}/Dockerfile`,
    dockerContext: `./${directory}`,
    plan: planFor(plans, service).name,
    ...(min === max
      ? { numInstances: min }
      : { scaling: { minInstances: min, maxInstances: max, targetCPUPercent: 60 } }),
    healthCheckPath: service.healthCheck.path,
    maxShutdownDelaySeconds: Math.min(service.stopTimeoutSeconds, longestShutdownSeconds),
    ...(config.domain && service.path === "/" && { domains: namesOf(config) }),
    envVars: [
      { key: "PORT", value: String(service.port) },
      ...Object.entries(service.environment).map(([key, value]) => ({ key, value })),
      // Asked for when the Blueprint is applied, and never in the file.
      ...Object.keys(service.secrets).map((key) => ({ key, sync: false })),
      ...(service.database ? databaseVariables(`${stack}-${database}`) : []),
    ],
  };
}

function databaseVariables(name: string): readonly object[] {
  const of = {
    DATABASE_HOST: "host",
    DATABASE_PORT: "port",
    DATABASE_NAME: "database",
    DATABASE_USER: "user",
  } as const;
  const all = { ...of, DATABASE_PASSWORD: "password", DATABASE_URL: "connectionString" };
  return Object.entries(all).map(([key, property]) => ({ key, fromDatabase: { name, property } }));
}
