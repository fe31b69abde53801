import { z } from "zod";
import { readBody } from "../front.ts";
import type { CloudContext } from "../handlers.ts";
import { installListeners, installLoadBalancers, installRules, installTargetGroups } from "./api.ts";
import { LoadBalancing } from "./live.ts";
import { installNames } from "./names.ts";
import { installTargets } from "./targets.ts";

const propagation = z.strictObject({ ms: z.number().nonnegative().optional() });

const installed = new WeakMap<CloudContext, LoadBalancing>();

/** The running load balancers of a cloud, for the parts that register targets or watch requests. */
export function loadBalancingOf(cloud: CloudContext): LoadBalancing {
  let live = installed.get(cloud);
  if (live === undefined) {
    live = new LoadBalancing(cloud);
    installed.set(cloud, live);
  }
  return live;
}

export function install(cloud: CloudContext): void {
  const live = loadBalancingOf(cloud);
  installLoadBalancers(cloud, live);
  installListeners(cloud, live);
  installRules(cloud, live);
  installTargetGroups(cloud, live);
  installTargets(cloud, live);
  installNames(cloud, live);
  cloud.status("loadBalancers", () =>
    [...live.loadBalancers.values()].map(({ arn, description, frontPort }) => ({
      name: description.LoadBalancerName,
      url: `http://127.0.0.1:${frontPort}`,
      listeners: [...live.listeners.values()]
        .filter((listener) => listener.loadBalancer === arn)
        .map(({ description: { Protocol, Port }, server }) => ({
          protocol: Protocol,
          port: Port,
          boundTo: server.boundPort,
        })),
    })),
  );
  cloud.status("targetGroups", () =>
    [...live.groups.values()].map(({ description, targets, forcedCloses }) => ({
      name: description.TargetGroupName,
      targets: targets.map(({ address, state, inFlight }) => ({
        target: `${address.id}:${address.port}`,
        state: state.phase,
        inFlight: inFlight.size,
      })),
      forcedCloses,
    })),
  );
  // How late the nodes learn of changed rules, for tests of what happens meanwhile: {"ms": 800}, or {} for the usual time.
  cloud.route("/_switchyard/propagation", async (request, response) => {
    const { ms } = propagation.parse(JSON.parse((await readBody(request)).toString("utf8")));
    live.lateMs = ms;
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  cloud.onReset(() => live.close());
  cloud.onStop(() => live.close());
}
