import { type ReleaseDocument, stagedImage } from "../../../programs/release.ts";
import type { MemoryTable } from "../memory-table.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { imageOf } from "./commands.ts";

/** The program's outputs, once it has registered what the document stages. */
export function outputsOf(
  cloud: SimulatedCloud,
  document: ReleaseDocument,
): Record<string, { value: unknown; secret: boolean }> {
  const services = Object.fromEntries(
    cloud.names.map((name) => {
      const image = stagedImage(document.services[name]) ?? imageOf(name, "v1");
      const { arn, release } = cloud.register(name, image.digest, image.version);
      const staged = { taskDefinitionArn: arn, release, image: image.digest, version: image.version };
      for (const colour of ["blue", "green"]) {
        const service = cloud.service(`${name}-${colour}`);
        if (service.view().taskDefinition === undefined) service.settle(arn, 0);
      }
      return [name, shapeOf(name, staged)];
    }),
  );
  const plain = {
    url: "http://production.example",
    clusterName: "production",
    listenerArn: "listener",
    previewHeader: { name: "x-switchyard-preview", secretArn: "preview" },
    migrationFunctionName: "production-migrate",
    migrationImage: imageOf("migrate", cloud.database.version).digest,
    alarmNames: ["production-5xx"],
    services,
  };
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, { value, secret: false }]));
}

/** v1 is live on blue, green is empty. */
export function beginWithV1(cloud: SimulatedCloud, table: MemoryTable, now: number): void {
  const at = new Date(now - 86_400_000).toISOString();
  const services = Object.fromEntries(
    cloud.names.map((name) => {
      const image = imageOf(name, "v1");
      const { arn, release } = cloud.register(name, image.digest, "v1");
      cloud.service(`${name}-blue`).settle(arn, 2);
      const blue = { ...image, taskDefinitionArn: arn, release, deployedAt: at, migrations: ["0001_notes"] };
      return [name, { live: "blue" as const, blue, scale: { min: 1, max: 4 } }];
    }),
  );
  cloud.database.invoke({ action: "apply", phase: "expand", runId: "0" });
  const document = { format: 1 as const, revision: 1, services, migrate: { live: imageOf("migrate", "v1") } };
  table.put("release", { document: JSON.stringify(document), revision: 1 });
  const outputs = outputsOf(cloud, document);
  const plain = Object.fromEntries(Object.entries(outputs).map(([k, v]) => [k, v.value]));
  table.put("shape", { outputs: JSON.stringify(plain) });
}

function shapeOf(name: string, staged: unknown): unknown {
  const side = (colour: string) => ({
    serviceName: `${name}-${colour}`,
    targetGroupArn: `tg/${name}/${colour}`,
    scalableTargetId: `service/production/${name}-${colour}`,
  });
  return {
    path: `/${name}`,
    ruleArn: `rule/${name}/production`,
    previewRuleArn: `rule/${name}/preview`,
    repository: name,
    blue: side("blue"),
    green: side("green"),
    staged,
    containerName: name,
    containerPort: 8080,
    logGroup: `/production/${name}`,
    subnetIds: ["subnet-a", "subnet-b"],
    securityGroupId: "sg-tasks",
    healthCheckPath: `/${name}`,
    minCapacity: 1,
    maxCapacity: 4,
    desiredCount: 2,
    deregistrationDelaySeconds: 30,
    stopTimeoutSeconds: 60,
  };
}
