/** Bodies for Northflank's API, one for each call that makes something ("Create combined service", "addon", "manual job"). */
import { capacity, type ServiceConfig } from "../../programs/service-config.ts";
import { type Exported, imageDirectory, lostEverywhere, namesOf, type Plan, planFor, type Source } from "./platform.ts";

const plans: readonly Plan[] = [
  { name: "nf-compute-20", cpu: 0.2, memoryMb: 512 },
  { name: "nf-compute-50", cpu: 0.5, memoryMb: 1024 },
  { name: "nf-compute-100-1", cpu: 1, memoryMb: 1024 },
  { name: "nf-compute-100-2", cpu: 1, memoryMb: 2048 },
  { name: "nf-compute-200", cpu: 2, memoryMb: 4096 },
  { name: "nf-compute-400", cpu: 4, memoryMb: 8192 },
];

const mbPerGb = 1024;

/** What `northflank create …` takes for each thing. */
export function northflankBodies(source: Source) {
  const { stack, config, repository } = source;
  const vcsData = {
    projectUrl: `https://github.com/${repository}`,
    projectType: "github" as const,
    projectBranch: "main",
  };
  const replicas = config.tier === "production" ? 2 : 1;
  return {
    addons: [
      {
        name: `${stack}-database`,
        type: "postgresql",
        version: config.database.engineMajor,
        billing: { deploymentPlan: "nf-compute-50", storage: config.database.storageGb * mbPerGb, replicas },
        tlsEnabled: true,
        externalAccessEnabled: false,
        customCredentials: { dbName: config.database.name },
        backupSchedules: [
          {
            scheduling: { interval: "daily" as const, minute: [0], hour: [3] },
            backupType: "dump" as const,
            retentionTime: config.database.backupDays ?? 7,
          },
        ],
      },
    ],
    jobs: [
      {
        name: `${stack}-migrate`,
        billing: { deploymentPlan: planFor(plans, { cpu: 256, memory: config.migrations.memoryMb }).name },
        infrastructure: architectureOf(config.migrations),
        deployment: { vcs: vcsData },
        buildSettings: dockerfile(`images/${config.migrations.repository}`),
        backoffLimit: 0,
        runOnSourceChange: "always" as const,
        activeDeadlineSeconds: config.migrations.timeoutSeconds,
      },
    ],
    services: Object.entries(config.services).map(([name, service]) => serviceOf(name, service, source, vcsData)),
  };
}

export function northflank(source: Source): Exported {
  const { config } = source;
  return {
    file: "northflank.json",
    text: `${JSON.stringify(northflankBodies(source), null, 2)}\n`,
    lost: [
      ...lostEverywhere(source, plans),
      ...Object.entries(config.services).flatMap(([name, { database, secrets, path }]) => [
        ...(database ? [`${name}: the database's address and password: link the addon's secrets to it`] : []),
        ...(Object.keys(secrets).length > 0 ? [`${name}: its secrets: make a secret group`] : []),
        `${name}: its path ${path}: assign it to a path of a subdomain, once there is one`,
      ]),
      "autoscaling: it is set on the service afterwards",
    ],
  };
}

function architectureOf({ architecture }: { readonly architecture: "X86_64" | "ARM64" }) {
  return { architecture: architecture === "ARM64" ? ("arm" as const) : ("x86" as const) };
}

function dockerfile(directory: string) {
  return { dockerfile: { dockerFilePath: `/${directory}/Dockerfile`, dockerWorkDir: `/${directory}` } };
}

function serviceOf<Vcs>(name: string, service: ServiceConfig, { stack, config }: Source, vcsData: Vcs) {
  const { path, intervalSeconds, timeoutSeconds, healthyThreshold, unhealthyThreshold } = service.healthCheck;
  const root = service.path === "/" && config.domain !== undefined;
  return {
    name: `${stack}-${name}`,
    billing: { deploymentPlan: planFor(plans, service).name },
    infrastructure: architectureOf(service),
    deployment: {
      instances: capacity(service).min,
      gracePeriodSeconds: service.stopTimeoutSeconds,
      strategy: { type: "rollout-steady" as const },
    },
    ports: [
      {
        name: "p01",
        internalPort: service.port,
        public: true,
        protocol: "HTTP" as const,
        ...(root && { domains: [...namesOf(config)] }),
      },
    ],
    buildSource: "git" as const,
    vcsData,
    buildSettings: dockerfile(imageDirectory(name, service)),
    runtimeEnvironment: { PORT: String(service.port), ...service.environment },
    healthChecks: [
      {
        protocol: "HTTP" as const,
        type: "readinessProbe" as const,
        path,
        port: service.port,
        initialDelaySeconds: 0,
        periodSeconds: intervalSeconds,
        timeoutSeconds,
        failureThreshold: unhealthyThreshold,
        successThreshold: healthyThreshold,
      },
    ],
  };
}
