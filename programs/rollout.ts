/** How every ECS service of an environment replaces its tasks, and what Fargate runs them on: the program's, and the driver's. */
export const rollout = {
  /** ECS gives up a deployment whose tasks do not start, and goes back. */
  circuitBreaker: { enable: true, rollback: true },
  /** Of the desired count, in percent. */
  minimumPercent: 100,
  maximumPercent: 200,
  platformVersion: "LATEST",
} as const;

/** How every target group asks its targets: the program's, and the driver's. */
export const asking = {
  protocol: "HTTP",
  /** Where each target is registered. */
  port: "traffic-port",
  /** Of a release that says no other. */
  matcher: "200",
} as const;
