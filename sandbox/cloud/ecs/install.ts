import { loadBalancingOf } from "../alb/install.ts";
import type { CloudContext } from "../handlers.ts";
import { installClusters, installTags } from "./clusters.ts";
import { installDefinitions } from "./definitions.ts";
import { installScaling } from "./scaling.ts";
import { installServices } from "./services.ts";
import { Store } from "./store.ts";
import { installTasks } from "./tasks.ts";

export function install(cloud: CloudContext): void {
  const balancing = loadBalancingOf(cloud);
  const store = new Store(cloud, balancing);
  installClusters(cloud, store);
  installDefinitions(cloud, store);
  installTags(cloud, store);
  installServices(cloud, store);
  installScaling(cloud);
  installTasks(cloud, store);
  balancing.onTargetChange(({ group }) => {
    for (const service of store.services.values()) {
      if (service.settings.loadBalancers?.some((balancer) => balancer.targetGroupArn === group.arn)) service.changed();
    }
  });
  cloud.status("services", () =>
    [...store.services.values()].map((service) => ({
      name: service.name,
      status: service.status,
      desired: service.desired,
      tasks: service.tasks.map((task) => ({ id: task.id, status: task.status, ports: [...task.ports.values()] })),
    })),
  );
  cloud.onReset(() => store.clear());
  cloud.onStop(() => store.clear());
}
