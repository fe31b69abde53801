import { loadBalancingOf } from "../alb/install.ts";
import type { CloudContext } from "../handlers.ts";
import { installMetricsApi } from "./api.ts";
import { BalancerMetrics, dimensionOf } from "./balancers.ts";
import { CompositeAlarms } from "./composite.ts";
import { OwnMetrics } from "./own.ts";
import { installQueries } from "./queries.ts";
import { RequestLog } from "./requests.ts";
import { AlarmWatch } from "./watch.ts";

/** The finest period: an AWS second, but no less than this. */
const shortestBucketMs = 100;
/** How often targets are counted: AWS milliseconds, and the least real time. */
const countEveryMs = 10_000;
const shortestCountMs = 100;

export function install(cloud: CloudContext): void {
  const balancing = loadBalancingOf(cloud);
  const bucketMs = Math.max(shortestBucketMs, cloud.clock.paced(1000));
  const metrics = new BalancerMetrics(bucketMs);
  const own = new OwnMetrics(cloud, bucketMs);
  own.install();
  const log = new RequestLog();
  balancing.onRequest((request) => {
    metrics.record(request);
    log.add(request);
  });
  const timer = setInterval(
    () => {
      const now = cloud.clock.now();
      for (const group of balancing.groups.values()) {
        for (const loadBalancer of group.loadBalancers) {
          const dimensions = { LoadBalancer: dimensionOf(loadBalancer), TargetGroup: dimensionOf(group.arn) };
          const count = (phase: string) => group.targets.filter((target) => target.state.phase === phase).length;
          metrics.add("HealthyHostCount", dimensions, now, count("healthy"));
          metrics.add("UnHealthyHostCount", dimensions, now, count("unhealthy"));
        }
      }
    },
    Math.max(shortestCountMs, cloud.clock.paced(countEveryMs)),
  ).unref();
  installMetricsApi(cloud, metrics);
  const composite = new CompositeAlarms();
  composite.install(cloud);
  new AlarmWatch(cloud, metrics, own, composite).install();
  installQueries(cloud);
  cloud.route("/_switchyard/requests", (request, response) => log.serve(request, response));
  cloud.onReset(() => {
    metrics.clear();
    log.clear();
  });
  cloud.onStop(() => clearInterval(timer));
}
