import * as z from "zod";
import { integer } from "../validation.ts";

/** What an estimate takes for use that no configuration says; each a month's. */
export const cost = z
  .strictObject({
    /** A month as AWS's own pricing examples count it. */
    hours: integer(1, 744, "hours a month").default(730),
    /** Through each NAT gateway. */
    natGb: integer(0, 1_000_000, "GB through a NAT gateway").default(50),
    /** Capacity units the load balancer uses on average, in hundredths. */
    lcuHundredths: integer(0, 100_000, "hundredths of a capacity unit").default(50),
    /** To the internet. */
    egressGb: integer(0, 1_000_000, "GB to the internet").default(50),
    /** Written to each log group, and kept of it. */
    logGb: integer(0, 100_000, "GB of logs").default(1),
    /** In each bucket. */
    storedGb: integer(0, 1_000_000, "GB in a bucket").default(10),
    /** Of the migration function, all runs together. */
    migrationSeconds: integer(0, 1_000_000, "seconds of migrations").default(600),
    /** Requests that a web application firewall looks at, where there is one. */
    wafMillionRequests: integer(0, 1_000_000, "millions of requests").default(1),
    /** Of each service that is traced. */
    thousandTraces: integer(0, 1_000_000, "thousands of traces").default(100),
    /** To readers of public files, where there is a CDN, and their requests. */
    cdnGb: integer(0, 1_000_000, "GB through a CDN").default(50),
    cdnMillionRequests: integer(0, 1_000_000, "millions of requests").default(1),
    /** On each topic: alarms, or what became of mail; each goes to every subscriber. */
    topicMessages: integer(0, 100_000_000, "messages on a topic").default(100),
    /** Of an environment that sends mail, each recipient of a message counted. */
    thousandMails: integer(0, 1_000_000, "thousands of mails").default(10),
    /** Of each of the runner's machines of builds. */
    buildMinutes: integer(0, 1_000_000, "minutes of builds").default(300),
    /** Of each of the runner's state machines. */
    thousandTransitions: integer(0, 1_000_000, "thousands of transitions").default(1),
    /** Of the runner's notifier, all messages together. */
    notifierSeconds: integer(0, 10_000_000, "seconds of the notifier").default(600),
    /** Above it `switchyard cost` fails; no maximum when absent. */
    maxMonthlyUsd: integer(1, 10_000_000, "US dollars a month").optional(),
  })
  .prefault({});

export type CostConfig = z.output<typeof cost>;
export type Assumptions = Omit<CostConfig, "maxMonthlyUsd">;
