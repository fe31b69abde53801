import * as z from "zod";
import { integer, oneOf, text } from "./validation.ts";

const errorsPerMinute = integer(1, 100_000, "5xx answers a minute");
const latencyMs = integer(1, 60_000, "milliseconds");
/** Of one colour, failing their health checks at once. */
const unhealthyTargets = integer(1, 1000, "targets");

/** Thresholds of one service's alarms; the environment's where absent. */
export const serviceAlarms = z
  .strictObject({
    errorsPerMinute: errorsPerMinute.optional(),
    latencyMs: latencyMs.optional(),
    unhealthyTargets: unhealthyTargets.optional(),
  })
  .default({});

export const monitoring = z
  .strictObject({
    /** Subscribed to the alarms' topic; no topic when neither this nor `slack` is there. */
    email: z.email({ error: "an e-mail address" }).optional(),
    /** A Slack channel's own e-mail address, subscribed likewise. */
    slack: text(/^[a-z0-9._+-]+@[a-z0-9-]+\.slack\.com$/i, "the e-mail address Slack gives a channel").optional(),
    errorsPerMinute: errorsPerMinute.default(5),
    latencyMs: latencyMs.default(1000),
    unhealthyTargets: unhealthyTargets.default(1),
    databaseCpuPercent: integer(1, 100, "percent").default(90),
    databaseFreeGb: integer(1, 65_536, "GB").default(2),
    /** Begins the links to runbooks. */
    runbooks: text(/^https:\/\/[^\s?#]{1,200}[^\s?#/]$/, "an https address without a slash at its end").default(
      "https://github.com/example/switchyard/blob/main/docs/runbooks",
    ),
    containerInsights: oneOf(["enabled", "enhanced", "disabled"]).default("enabled"),
  })
  .prefault({});

export type MonitoringConfig = z.output<typeof monitoring>;
export type ServiceAlarms = z.output<typeof serviceAlarms>;
