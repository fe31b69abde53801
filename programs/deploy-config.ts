import * as z from "zod";
import { flag, integer, oneOf, text } from "./validation.ts";

/** How an environment is deployed; each key with its default. */
export const deploySettings = z.strictObject({
  strategy: oneOf(["all-at-once", "canary", "linear"]).default("all-at-once"),
  /** First step of a canary. */
  canaryPercent: integer(1, 99, "percent").default(10),
  /** Each step of a linear shift. */
  stepPercent: integer(1, 99, "percent").default(20),
  /** Between the steps of a linear shift. */
  everySeconds: integer(0, 86_400, "seconds").default(60),
  /** Watched after the canary step, before the rest of the traffic follows. */
  bakeSeconds: integer(0, 86_400, "seconds").default(300),
  /** Watched with all of the traffic on the new version, before it is recorded and the old one only kept warm. */
  finalBakeSeconds: integer(0, 86_400, "seconds").default(0),
  /** How long the old colour stays running, ready for a rollback. */
  keepWarmSeconds: integer(0, 604_800, "seconds").default(3600),
  /** Alarms to watch beside the environment's own. */
  alarms: z.array(text(/^.{1,255}$/, "an alarm name"), { error: "a list of alarm names" }).default([]),
  /** Right answers in a row that prove the new version, and pass each smoke check. */
  consecutiveSuccesses: integer(1, 100, "answers in a row").default(5),
  approval: flag.default(false),
  approvalTimeoutSeconds: integer(1, 604_800, "seconds").default(3600),
});
export type DeployConfig = z.output<typeof deploySettings>;
