/** What a sweep of preview environments that came to its end leaves in CloudWatch. */
export const sweepMetric = { namespace: "Switchyard", name: "PreviewSweeps" } as const;
