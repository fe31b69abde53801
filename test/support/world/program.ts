import { portsOf, type ReleaseDocument, type Route, type Setup, stagedImage } from "../../../programs/release.ts";
import { rulePriorities } from "../../../programs/routes.ts";
import type { MemoryTable } from "../memory-table.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { imageOf } from "./commands.ts";
import { portOf, routeOf } from "./routes.ts";

/** The program's outputs, once it has registered what the document stages. */
export function outputsOf(
  cloud: SimulatedCloud,
  document: ReleaseDocument,
): Record<string, { value: unknown; secret: boolean }> {
  const services = Object.fromEntries(
    cloud.names.map((name, order) => {
      const image = stagedImage(document.services[name]) ?? imageOf(name, "v1");
      const { arn, release } = cloud.register(name, image.digest, image.version);
      const route = routeOf(cloud.routes, name, image.version);
      const port = portOf(cloud.portsMove, image.version);
      const setup = setupOf(name, route, port);
      cloud.setPorts(name, portsOf(document.services[name], port));
      if (document.services[name]?.live === undefined) placeNew(cloud, name, route);
      const staged = { taskDefinitionArn: arn, release, image: image.digest, version: image.version, setup };
      for (const colour of ["blue", "green"]) {
        const service = cloud.service(`${name}-${colour}`);
        if (service.view().taskDefinition === undefined) service.settle(arn, 0, port);
      }
      return [name, shapeOf(name, order, staged)] as const;
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
    deploy: {},
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
      const port = portOf(cloud.portsMove, "v1");
      cloud.setPorts(name, [port]);
      cloud.service(`${name}-blue`).settle(arn, 2, port);
      const route = routeOf(cloud.routes, name, "v1");
      cloud.open(name, route.path);
      const setup = setupOf(name, route, port);
      const blue = { ...image, taskDefinitionArn: arn, release, deployedAt: at, migrations: ["0001_notes"], setup };
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

/** An update gives what was never released the place and the preview that configuration has; it stays closed. */
function placeNew(cloud: SimulatedCloud, service: string, { path, priority }: Route): void {
  const preview = { takes: path, priority: priority + rulePriorities.preview };
  cloud.setRules([
    { service, rule: "production", change: { priority: priority + rulePriorities.production } },
    { service, rule: "preview", change: preview },
  ]);
}

function setupOf(name: string, route: Route, port: number): Setup {
  const healthCheck = {
    ...{ path: route.path, intervalSeconds: 10, timeoutSeconds: 5 },
    ...{ healthyThreshold: 2, unhealthyThreshold: 2 },
  };
  return {
    ...{ containerName: name, port, subnetIds: ["subnet-a", "subnet-b"], securityGroupId: "sg-tasks" },
    ...{ gracePeriodSeconds: 0, group: { healthCheck, deregistrationDelaySeconds: 30 }, secrets: [] },
    route,
  };
}

function shapeOf(name: string, order: number, staged: { readonly setup: Setup }): unknown {
  const side = (colour: string) => ({
    serviceName: `${name}-${colour}`,
    targetGroupArn: `tg/${name}/${colour}`,
    scalableTargetId: `service/production/${name}-${colour}`,
  });
  return {
    path: staged.setup.route.path,
    ruleArn: `rule/${name}/production`,
    previewRuleArn: `rule/${name}/preview`,
    repository: name,
    blue: side("blue"),
    green: side("green"),
    staged,
    containerName: name,
    containerPort: staged.setup.port,
    logGroup: `/production/${name}`,
    subnetIds: ["subnet-a", "subnet-b"],
    securityGroupId: "sg-tasks",
    healthCheckPath: staged.setup.route.path,
    minCapacity: 1,
    maxCapacity: 4,
    desiredCount: 2,
    deregistrationDelaySeconds: 30,
    stopTimeoutSeconds: 60,
    order,
    checks: [],
  };
}
